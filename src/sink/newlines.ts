// Line ends of stored mail made CRLF, at any split. A Maildir file has LF lines on most systems, CRLF lines
// where we stored it; over POP3 every line ends in CRLF, the last one too (RFC 1939 section 3). Knows
// nothing of headers, dots or files. A bare CR is content and stays.

import { CR, LF } from "../wire/octets.ts";

export class CrlfText {
  #last = LF;

  /** The chunk with CR put before every LF that has none; the chunk itself where there is nothing to do. */
  push(chunk: Uint8Array): Uint8Array {
    if (chunk.length === 0) return chunk;
    const bare: number[] = [];
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
      if ((at > 0 ? chunk[at - 1] : this.#last) !== CR) bare.push(at);
    }
    this.#last = chunk[chunk.length - 1]!;
    if (bare.length === 0) return chunk;
    const text = new Uint8Array(chunk.length + bare.length);
    let from = 0;
    let to = 0;
    for (const at of bare) {
      text.set(chunk.subarray(from, at), to);
      to += at - from;
      text[to++] = CR;
      from = at;
    }
    text.set(chunk.subarray(from), to);
    return text;
  }

  /** What the last line needs to be one. */
  end(): Uint8Array {
    if (this.#last === LF) return new Uint8Array(0);
    return this.#last === CR ? Uint8Array.of(LF) : Uint8Array.of(CR, LF);
  }
}
