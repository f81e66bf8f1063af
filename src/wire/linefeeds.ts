// Another body as a server says it that ends its lines with LF: made regular, CRLF, on its way to that body,
// which finds the end and knows what the lines mean. A CR that stands before an LF belongs to the line end
// already and is not doubled; any other CR is text. So whatever is looked for is looked for in the octets the
// client gets: nobody can see an end in them that was not seen here.
// Knows octets; not why the server is taken for such a one.

import type { Rule } from "../record/rules.ts";
import type { Body, Forward } from "./body.ts";
import { CR, LF } from "./octets.ts";

export class LineFeedBody implements Body {
  readonly #inner: Body;
  /** The octet before was a CR: an LF now ends a line that has its CR. */
  #afterCr = false;
  #out = new Uint8Array(0);

  /** @param inner a body of lines that end with CRLF */
  constructor(inner: Body) {
    this.#inner = inner;
  }

  get ended(): boolean {
    return this.#inner.ended;
  }

  get fault(): Rule | null {
    return this.#inner.fault;
  }

  scan(chunk: Uint8Array, at: number, forward: Forward): number {
    // One octet becomes two at the most.
    const room = 2 * (chunk.length - at);
    if (this.#out.length < room) this.#out = new Uint8Array(room);
    const out = this.#out;
    const before = this.#afterCr;
    let afterCr = before;
    let length = 0;
    for (let index = at; index < chunk.length; index++) {
      const octet = chunk[index]!;
      if (octet === LF && !afterCr) out[length++] = CR;
      out[length++] = octet;
      afterCr = octet === CR;
    }
    this.#afterCr = afterCr;
    const taken = this.#inner.scan(out.subarray(0, length), 0, forward);
    return taken === length ? chunk.length : origin(chunk, at, before, taken);
  }
}

/** How far the chunk was read when `taken` octets had been made of it: done once, where the body ends. */
function origin(chunk: Uint8Array, at: number, before: boolean, taken: number): number {
  let index = at;
  let afterCr = before;
  for (let made = 0; made < taken; index++) {
    made += chunk[index] === LF && !afterCr ? 2 : 1;
    afterCr = chunk[index] === CR;
  }
  return index;
}
