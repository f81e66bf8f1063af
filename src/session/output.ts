// What a session is made from, what it does to the world, and the limits it is given: types only. Knows octets and
// entries of the log; no socket, no process.

import type { Decision, Penalty } from "../policy/throttle.ts";
import type { AnyProtocol, Conversation, Guess } from "../protocols/protocol.ts";
import type { Entry } from "../record/entry.ts";

/** What of a protocol a session is made from. */
export interface Speech {
  readonly dialogue: AnyProtocol["dialogue"];
  readonly greets?: AnyProtocol["greets"];
  readonly greetsSecured?: AnyProtocol["greetsSecured"];
  /** The client speaks TLS from its first octet on, or the session ends: there is one conversation only. */
  readonly isSecure?: boolean;
  /** Called again when the client speaks TLS: so nothing that was said before need be forgotten. */
  converse(tls: boolean): Conversation<string>;
}

/** Whoever counts the guesses of all sessions, as one session has it. */
export interface Throttle {
  /** `judged` of the session tells whether it may be tried. */
  ask(guess: Guess): void;
  /** How the login ended that was asked about last. */
  settle(decision: Decision): void;
  /** The client has left in this way. */
  blame(penalty: Exclude<Penalty, "guess">): void;
}

/** What is said of a login that was asked about. */
export type Judgement =
  | { readonly isAllowed: true /** Seconds. */; readonly delay: number; readonly isRepeat: boolean }
  | { readonly isAllowed: false };

/** Calls return at once; the octets given are valid only during them. */
export interface Output {
  toClient(octets: Uint8Array): void;
  toServer(octets: Uint8Array): void;
  /** Ends the server before its input closes: the process group is killed, a TCP connection reset. */
  abortServer(): void;
  /** Starts a fresh server in place of the one aborted. */
  restartServer(): void;
  /** Ends the server's input; its output still passes. */
  endServerInput(): void;
  /** Whether the client has said something that the session was not given yet, as far as anybody here can see. */
  hasUnread(): boolean;
  /** What the client says from now on is a handshake; `secured` or `clientLost` of the session tells how it went. */
  secureClient(): void;
  /** Nothing more will be read or written: what was written is delivered, then both sides are closed. */
  close(): void;
  log(entry: Entry): void;
  /** Null, or left out, where nobody counts. */
  readonly throttle?: Throttle | null;
}

/** Limits of the session itself; 0 is "none" everywhere. */
export interface SessionLimits {
  /** Errors without an accepted message between them, before the session is ended. */
  readonly maxErrors: number;
  /** Seconds in which a client's next line must be complete, or the next octets of a body must come. */
  readonly idleTimeout: number;
  /** Seconds a session may last. */
  readonly sessionTimeout: number;
  /** Seconds a server may take for a reply. */
  readonly serverTimeout: number;
  /** Octets a second of a message. */
  readonly minRate: number;
  /** The highest level the log is read at; by default 4, which has everything but the text of messages. */
  readonly logLevel?: number;
}
