// Bare newlines made regular before anybody else looks (Postfix's smtpd_forbid_bare_newline = normalize): a
// bare LF becomes CRLF, a bare CR a blank. No message may end there: a "." alone on a line that is not
// bounded by real CRLF on both sides becomes "..". Knows octets, nothing of limits, faults or commands.

import { CR, DOT, LF, LowFinder } from "./octets.ts";

/** What has been read and not written between two octets; soft starts are those a bare LF made. */
const TEXT = 0;
const START = 1;
const SOFT = 2;
const HELD_CR = 3;
const HELD_DOT = 4;
const HELD_DOT_CR = 5;
const HELD_SOFT_DOT = 6;
// HELD_SOFT_DOT_CR, 7, is what is left.

/** Octets from which on a view and one call are cheaper than a loop. */
const LONG = 24;

export class NewlineNormalizer {
  #state = START;
  #out = new Uint8Array(0);
  #length = 0;

  /**
   * Converts `chunk` from `at` to the message's own end at most.
   * @returns regular octets, valid until the next call, and the first octet of the chunk not read
   */
  convert(chunk: Uint8Array, at: number): { octets: Uint8Array; next: number } {
    // One octet becomes two at the most, and what was held becomes four.
    const room = 2 * (chunk.length - at) + 4;
    if (this.#out.length < room) this.#out = new Uint8Array(room);
    this.#length = 0;
    const next = this.#convert(chunk, at);
    return { octets: this.#out.subarray(0, this.#length), next };
  }

  #convert(chunk: Uint8Array, at: number): number {
    const finder = new LowFinder(chunk);
    let index = at;
    while (index < chunk.length) {
      const octet = chunk[index]!;
      switch (this.#state) {
        case TEXT:
        case START:
        case SOFT:
          index = this.#fresh(octet, chunk, index, finder);
          break;
        case HELD_CR:
          // Anything but LF is looked at again, as text behind the blank.
          if (octet === LF) {
            this.#write("\r\n", START);
            index++;
          } else this.#write(" ", TEXT);
          break;
        case HELD_DOT:
        case HELD_SOFT_DOT:
          if (octet === CR) this.#state += 1;
          else if (octet === LF) this.#write("..\r\n", SOFT);
          if (octet === CR || octet === LF) index++;
          else this.#write(".", TEXT);
          break;
        case HELD_DOT_CR:
          if (octet === LF) {
            this.#write(".\r\n", START);
            return index + 1;
          }
          this.#write(". ", TEXT);
          break;
        default:
          if (octet === LF) {
            this.#write("..\r\n", START);
            index++;
          } else this.#write(". ", TEXT);
      }
    }
    return index;
  }

  /** Nothing is held. @returns the next octet to look at */
  #fresh(octet: number, chunk: Uint8Array, index: number, finder: LowFinder): number {
    if (octet === CR) this.#state = HELD_CR;
    else if (octet === LF) {
      this.#out[this.#length++] = CR;
      this.#out[this.#length++] = LF;
      this.#state = SOFT;
    } else if (octet === DOT && this.#state !== TEXT)
      this.#state = this.#state === START ? HELD_DOT : HELD_SOFT_DOT;
    else {
      // Very short lines are what a hostile message has: they need no search.
      const lone = index + 1 < chunk.length && chunk[index + 1]! < 16;
      const end = lone ? index + 1 : Math.max(finder.next(index), index + 1);
      this.#copy(chunk, index, end);
      this.#state = TEXT;
      return end;
    }
    return index + 1;
  }

  #copy(chunk: Uint8Array, from: number, to: number): void {
    const out = this.#out;
    const length = this.#length;
    if (to - from >= LONG) out.set(chunk.subarray(from, to), length);
    else for (let at = from; at < to; at++) out[length + at - from] = chunk[at]!;
    this.#length = length + to - from;
  }

  #write(text: string, state: number): void {
    const out = this.#out;
    const length = this.#length;
    for (let at = 0; at < text.length; at++) out[length + at] = text.charCodeAt(at);
    this.#length = length + text.length;
    this.#state = state;
  }
}
