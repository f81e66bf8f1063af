// Dot-stuffing of CRLF text, both ways and at any split (RFC 5321 section 4.5.2, RFC 1939 section 3).
// Knows dots at the start of lines; knows nothing of where a message ends (wire/message.ts does).
// A chunk without such a dot, which is nearly every one, is passed as it is; any other is copied once.

import { DOT, LF } from "../wire/octets.ts";

const LF_DOT = Buffer.from("\n.");

/** Takes the first dot off every line that starts with one: text as it came over the wire. */
export class Unstuffer {
  #start = true;

  push(chunk: Uint8Array): Uint8Array {
    const dots = leadingDots(chunk, this.#start);
    if (chunk.length > 0) this.#start = chunk[chunk.length - 1] === LF;
    if (dots.length === 0) return chunk;
    const text = new Uint8Array(chunk.length - dots.length);
    let from = 0;
    let to = 0;
    for (const dot of dots) {
      text.set(chunk.subarray(from, dot), to);
      to += dot - from;
      from = dot + 1;
    }
    text.set(chunk.subarray(from), to);
    return text;
  }
}

/** Puts a dot before every line that starts with one: text as it goes over the wire. */
export class Stuffer {
  #start = true;

  push(chunk: Uint8Array): Uint8Array {
    const dots = leadingDots(chunk, this.#start);
    if (chunk.length > 0) this.#start = chunk[chunk.length - 1] === LF;
    if (dots.length === 0) return chunk;
    const text = new Uint8Array(chunk.length + dots.length);
    let from = 0;
    let to = 0;
    for (const dot of dots) {
      text.set(chunk.subarray(from, dot + 1), to);
      to += dot + 1 - from;
      from = dot; // the dot itself goes out a second time
    }
    text.set(chunk.subarray(from), to);
    return text;
  }
}

/** Where the lines of `chunk` start with a dot; `start`: its first octet starts a line. */
function leadingDots(chunk: Uint8Array, start: boolean): number[] {
  const dots = start && chunk[0] === DOT ? [0] : [];
  const octets = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  for (let at = octets.indexOf(LF_DOT); at >= 0; at = octets.indexOf(LF_DOT, at + 1)) dots.push(at + 1);
  return dots;
}
