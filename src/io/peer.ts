// What the pump asks of either side of a connection: octets in, octets out, back-pressure both ways.
// Knows nothing of sessions.

import type { Secured } from "./tls.ts";

/** One side. Reading is by demand: what nobody reads stays in the kernel, and the peer is slowed. */
export interface Peer {
  /**
   * The next octets, valid until the next call; null when the peer ended its side. Rejects when the connection
   * is broken.
   */
  read(): Promise<Uint8Array | null>;
  /** Takes octets to be written, in order; they are the caller's again when the call returns. */
  write(octets: Uint8Array): void;
  /** Writes what was taken. @returns null when it is with the kernel, else a promise of that */
  flush(): Promise<unknown> | null;
}

export interface Client extends Peer {
  /** Whether the connection is broken, as far as that shows without reading or writing. */
  isBroken(): boolean;
  /** Whether a read would not wait. */
  isReady(): boolean;
  /** Whether the client has said something that was not read. */
  hasUnread(): boolean;
  /** Waits until a client that speaks TLS from the beginning has begun to. Rejects with TlsFailure. */
  hail?(): Promise<void>;
  /**
   * The client's octets are a TLS handshake from now on. Kept when it is done; all that is read and written is inside,
   * and waits for that. Rejects with TlsFailure, and then there is no going on. None: it cannot be had.
   */
  secure?(): Promise<Secured>;
  /** Kept when that is done, for whoever else wants to know. */
  readonly spoken?: Promise<Secured>;
  /** Nothing more will be written: the client reads its end of input. */
  end(): void;
}

export interface Server extends Peer {
  /** Told when a message begins and ends: in it, our own death must not look like its end. */
  guard?(message: boolean): void;
  /** Nothing more will be written: the server reads its end of input. Its output can still be read. */
  end(): void;
  /** Asked when its output has ended: whether it went by itself, or something else ended it. */
  howLost(): Promise<"hung-up" | "failed">;
  /**
   * Ends the server before its input closes, so that it takes no end of input for an end of message:
   * signals and a short wait, or a TCP reset. Reading ends.
   */
  abort(): Promise<void>;
  /** Ends the server's input, discards what it still says, and sees it gone; after those seconds by force. */
  leave(patience: number): Promise<Departure>;
}

/** How a server went, for the log. */
export interface Departure {
  /** Its exit status; null when it was killed, or is no process of ours. */
  readonly status: number | null;
  readonly signal: string | null;
}
