// The octets that structure every line protocol here, and the one loop that finds them fast.
// Knows nothing of protocols.

export const NUL = 0x00;
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const DOT = 0x2e;

/**
 * Finds the next octet below 16 (CR, LF, NUL and the other low controls) in a chunk.
 * Text is passed four octets a step: a message is scanned at memory speed though nothing is copied.
 */
export class LowFinder {
  readonly #octets: Uint8Array;
  readonly #words: Int32Array;
  /** Index in the chunk of the first octet that is aligned to a word. */
  readonly #base: number;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
    const skip = -octets.byteOffset & 3;
    this.#base = Math.min(skip, octets.length);
    // A short chunk may hold no aligned octet at all.
    this.#words =
      skip > octets.length
        ? new Int32Array(0)
        : new Int32Array(octets.buffer, octets.byteOffset + skip, (octets.length - skip) >> 2);
  }

  /** Index of the first octet below 16 at or after `at`; the chunk's length if there is none. */
  next(at: number): number {
    const octets = this.#octets;
    const words = this.#words;
    const base = this.#base;
    let index = at;
    for (; index < octets.length && (index < base || ((index - base) & 3) !== 0); index++)
      if (octets[index]! < 16) return index;
    let word = (index - base) >> 2;
    for (; word < words.length; word++) {
      // An octet below 16 has an empty upper half: the "has a zero byte" test on the upper halves.
      const halves = words[word]! & 0xf0f0f0f0;
      if ((((halves - 0x01010101) | 0) & ~halves & 0x80808080) !== 0) break;
    }
    index = Math.max(index, base + (word << 2));
    for (; index < octets.length; index++) if (octets[index]! < 16) return index;
    return index;
  }

  /**
   * Passes whole lines that need no second thought: text and CRLF, no other octet below 16, at most `longest`
   * octets with CRLF (0 for any). A dot in front is stuffing if text follows, and no part of the line. One
   * loop over all of them: honest mail is nearly nothing else.
   * @param at the start of a line
   * @returns the start of the first line that is not such a one, and how many stuffing dots are before it
   */
  lines(at: number, longest: number): { next: number; dots: number } {
    const octets = this.#octets;
    const words = this.#words;
    const base = this.#base;
    const end = octets.length;
    let dots = 0;
    let start = at;
    while (start < end) {
      const stuffed = octets[start] === DOT;
      const text = stuffed ? start + 1 : start;
      if (stuffed && !(octets[text]! >= 16)) break; // "." alone, or the chunk's last octet
      let index = text;
      while (index < end && (index < base || ((index - base) & 3) !== 0) && octets[index]! >= 16) index++;
      if (index >= base && ((index - base) & 3) === 0) {
        let word = (index - base) >> 2;
        for (; word < words.length; word++) {
          const halves = words[word]! & 0xf0f0f0f0;
          if ((((halves - 0x01010101) | 0) & ~halves & 0x80808080) !== 0) break;
        }
        index = base + (word << 2);
        while (index < end && octets[index]! >= 16) index++;
      }
      if (octets[index] !== CR || octets[index + 1] !== LF) break;
      if (longest > 0 && index + 2 - text > longest) break;
      if (stuffed) dots++;
      start = index + 2;
    }
    return { next: start, dots };
  }
}

/**
 * Looks for line starts that hold a dot, at the speed of the engine's own search: all that can end a body.
 * @returns from an index within text, the next CRLF that a dot follows, or one that the chunk cuts; else the
 *   chunk's length
 */
export function lineDotSeeker(chunk: Uint8Array): (index: number) => number {
  const search = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  return (index) => {
    const found = search.indexOf("\r\n.", index, "latin1");
    if (found >= 0) return found;
    if (chunk[chunk.length - 1] === CR) return chunk.length - 1;
    const cut = chunk.length - 2;
    return cut >= index && chunk[cut] === CR && chunk[cut + 1] === LF ? cut : chunk.length;
  };
}
