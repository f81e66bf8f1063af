// What was written to one peer and is not with the kernel yet: back-pressure, as a promise. Knows that a peer can be
// slow or gone; not what is written to it.

import type { Peer } from "./peer.ts";
import { settled } from "./within.ts";

export class Outbox {
  readonly #peer: Peer;
  #busy: Promise<unknown> | null = null;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  /** The peer has not taken all of it: nothing more should be written. */
  get isBusy(): boolean {
    return this.#busy !== null;
  }

  /** One write for all that was made ready since the last. */
  flush(): void {
    this.#busy = both(this.#busy, this.#peer.flush());
  }

  /** Nobody waits for it any more. */
  forget(): void {
    this.#busy = null;
  }

  /** @returns whether all of it was taken within the time (seconds, 0 for no limit); null when it cannot be */
  async taken(seconds: number): Promise<boolean | null> {
    const busy = this.#busy;
    if (busy === null) return true;
    const taken = await settled(busy, seconds);
    if (this.#busy === busy) this.#busy = null;
    return taken;
  }
}

/** Both writes; each promise's rejection is looked at where it is awaited, and nowhere else. */
function both(a: Promise<unknown> | null, b: Promise<unknown> | null): Promise<unknown> | null {
  b?.catch(() => {});
  if (a === null || b === null) return a ?? b;
  const all = Promise.all([a, b]);
  all.catch(() => {});
  return all;
}
