// A multi-line POP3 body on its way to the client (RFC 1939 section 3): finds its end and nothing else.
// Octets pass unchanged, of any kind and in lines of any length. Only CRLF "." CRLF ends it: a "." line
// made with bare LF is mail content, and taking it for the end would let a mail forge the next reply.
// Knows nothing of commands; can tell the number that starts each line, for LIST and UIDL.

import type { Body, Forward } from "./body.ts";
import { CR, DOT, LF, LowFinder, lineDotSeeker, SP } from "./octets.ts";

/** No message number has more digits (protocol rule: compared as text, never as a double). */
const DIGITS = 20;
const ZERO = 0x30;
const NINE = 0x39;

/** From an index within text: the next octet that has to be looked at, or the chunk's length. */
type Pass = (index: number) => number;

/** Stops at every line end: somebody wants to know how lines begin. */
function walker(chunk: Uint8Array): Pass {
  const finder = new LowFinder(chunk);
  return (index) => finder.next(index);
}

export class ListingBody implements Body {
  readonly #onNumber: ((number: string) => void) | null;
  #state: "text" | "cr" | "start" | "dot" | "dot-cr" = "start";
  #digits: string | null = "";
  #ended = false;
  readonly fault = null;

  /** @param onNumber told the decimal number each line begins with */
  constructor(onNumber: ((number: string) => void) | null = null) {
    this.#onNumber = onNumber;
  }

  get ended(): boolean {
    return this.#ended;
  }

  scan(chunk: Uint8Array, at: number, forward: Forward): number {
    const pass = this.#onNumber === null ? lineDotSeeker(chunk) : walker(chunk);
    let index = at;
    while (index < chunk.length && !this.#ended) {
      if (this.#state === "text") {
        index = pass(index);
        if (index === chunk.length) break;
      }
      this.#take(chunk[index]!);
      index++;
    }
    forward(chunk.subarray(at, index));
    return index;
  }

  /** One octet, in any state. */
  #take(octet: number): void {
    const state = this.#state;
    if (octet === CR) this.#state = state === "dot" ? "dot-cr" : "cr";
    else if (octet === LF && state === "dot-cr") this.#ended = true;
    else if (octet === LF && state === "cr") {
      this.#state = "start";
      this.#digits = "";
    } else if (octet === DOT && state === "start" && this.#digits === "") this.#state = "dot";
    else if (state === "start" && this.#onNumber !== null) this.#digit(octet);
    else this.#state = "text";
  }

  /** Stays at the start of a line as long as digits come. */
  #digit(octet: number): void {
    if (octet >= ZERO && octet <= NINE && this.#digits !== null && this.#digits.length < DIGITS) {
      this.#digits += String.fromCharCode(octet);
      return;
    }
    // RFC 1939 section 5: a number and a blank; twenty-one digits or "12abc" are none.
    if (this.#digits && octet === SP) this.#onNumber?.(this.#digits);
    this.#digits = null;
    this.#state = "text";
  }
}
