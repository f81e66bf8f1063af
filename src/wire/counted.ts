// A counted body: so many octets, announced before they come, as literals of IMAP (RFC 9051 section 4.3) and
// ManageSieve (RFC 5804 section 4) are. Octets of any kind pass unchanged: nothing in them can end it. Knows nothing of
// who announced it, nor of the line that goes on behind it.

import type { Body, Forward } from "./body.ts";

export class CountedBody implements Body {
  #left: number;
  readonly fault = null;

  /** @throws RangeError for what is no number of octets: read as fewer, the rest would be commands */
  constructor(octets: number) {
    if (!Number.isSafeInteger(octets) || octets < 0)
      throw new RangeError(`a body of ${octets} octets: expected a whole number`);
    this.#left = octets;
  }

  get ended(): boolean {
    return this.#left === 0;
  }

  scan(chunk: Uint8Array, at: number, forward: Forward): number {
    const end = Math.min(chunk.length, at + this.#left);
    if (end > at) forward(chunk.subarray(at, end));
    this.#left -= end - at;
    return end;
  }
}
