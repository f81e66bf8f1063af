// One server of a session, from its start to its end: another one may take its place. Knows whether it was ended,
// whether it still reads, and whether it is in a message; not what it is told.

import { Outbox } from "./outbox.ts";
import type { Server } from "./peer.ts";

export class Served {
  readonly peer: Server;
  readonly outbox: Outbox;
  /** It is ended by force; kept when it is gone. */
  aborting: Promise<void> | null = null;
  /** It reads no more: nothing is written to it, and only its output can tell what became of it. */
  isDeaf = false;
  /** It is in a message, as far as it was told. */
  #isGuarded = false;

  constructor(peer: Server) {
    this.peer = peer;
    this.outbox = new Outbox(peer);
  }

  get isAborted(): boolean {
    return this.aborting !== null;
  }

  write(octets: Uint8Array): void {
    if (!this.isDeaf) this.peer.write(octets);
  }

  abort(): void {
    this.outbox.forget();
    this.aborting ??= this.peer.abort();
  }

  /** Writes what was made ready, and has it guarded as long as a message is under way. */
  flush(holdsMessage: boolean): void {
    if (holdsMessage) this.#guard(true);
    if (!this.isAborted && !this.isDeaf) this.outbox.flush();
    // Its terminator has been written, or the next flush looks again.
    if (!holdsMessage && !this.outbox.isBusy) this.#guard(false);
  }

  #guard(message: boolean): void {
    if (message === this.#isGuarded || this.isAborted) return;
    this.#isGuarded = message;
    this.peer.guard?.(message);
  }
}
