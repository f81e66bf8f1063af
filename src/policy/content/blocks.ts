// Text gathered into blocks that end where a line ends, so that it is looked at in bulk and at the same
// places however it was split on its way. Knows octets and LF; knows nothing of rules or messages.

import { LF } from "../../wire/octets.ts";

/** Octets of a block; a longer line is looked at in pieces. */
export const BLOCK = 65536;
const FIRST = 1024;
/** What the next piece of such a line repeats of the one before, lest a match be lost between the two. */
export const OVERLAP = 4096;

/**
 * @param octets whole lines, each with its end; or a piece of a line that is longer than a block; or the
 *   last line. A view, valid during the call
 * @param seen how many octets at the start were in the piece before
 */
export type Look = (octets: Uint8Array, seen: number) => void;

export class Blocks {
  readonly #look: Look;
  #buffer = new Uint8Array(FIRST); // most texts are short
  #length = 0;
  #seen = 0;

  constructor(look: Look) {
    this.#look = look;
  }

  /** One that holds the same. */
  clone(look: Look): Blocks {
    const other = new Blocks(look);
    other.#buffer = this.#buffer.slice();
    other.#length = this.#length;
    other.#seen = this.#seen;
    return other;
  }

  octet(octet: number): void {
    if (this.#length === this.#buffer.length) this.#grow(this.#length + 1);
    this.#buffer[this.#length++] = octet;
    if (this.#length === BLOCK) this.#full();
  }

  octets(view: Uint8Array): void {
    let at = 0;
    while (at < view.length) {
      const next = Math.min(view.length, at + BLOCK - this.#length);
      if (this.#length + next - at > this.#buffer.length) this.#grow(this.#length + next - at);
      this.#buffer.set(view.subarray(at, next), this.#length);
      this.#length += next - at;
      at = next;
      if (this.#length === BLOCK) this.#full();
    }
  }

  /** Has the whole lines looked at, without waiting for a full block. */
  lines(): boolean {
    const end = this.#buffer.subarray(0, this.#length).lastIndexOf(LF) + 1;
    if (end > 0) this.#hand(end, end);
    return end > 0;
  }

  end(): void {
    if (this.#length > this.#seen) this.#hand(this.#length, this.#length);
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.min(BLOCK, Math.max(length, this.#buffer.length * 4)));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }

  #full(): void {
    if (this.lines()) return;
    this.#hand(BLOCK, BLOCK - OVERLAP);
    this.#seen = OVERLAP;
  }

  #hand(to: number, keptFrom: number): void {
    this.#look(this.#buffer.subarray(0, to), this.#seen);
    this.#buffer.copyWithin(0, keptFrom, this.#length);
    this.#length -= keptFrom;
    this.#seen = 0;
  }
}
