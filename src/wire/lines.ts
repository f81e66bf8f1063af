// Octets to lines, at any split, in bounded memory. Knows line ends and a limit; knows nothing of what
// a line means, nor of message bodies (message.ts, listing.ts).

import { decode } from "./latin1.ts";
import { LF } from "./octets.ts";

/** One line as it came. One UTF-16 unit of `text` is one octet. */
export interface Line {
  /** Without the line end: LF, or CRLF. Of a line that is too long, only the start. */
  readonly text: string;
  /** The whole line's octets, line end included. */
  readonly octets: number;
  /** The line passed its limit; what came after the limit is gone. */
  readonly tooLong: boolean;
}

/** Whether LF alone ended the line, no CR before it. Of a line that is too long nobody knows. */
export function endsBare({ text, octets }: Line): boolean {
  return octets === text.length + 1;
}

/**
 * No line is held beyond this, whatever an option allows: memory stays bounded (octets).
 * Precedent: llhttp and nginx keep header lines far below it.
 */
export const HARD_LIMIT = 65536;

export class LineReader {
  #held = "";
  #octets = 0;

  /** Whether a line has begun and not ended. */
  get partial(): boolean {
    return this.#octets > 0;
  }

  /** Octets of the line that has begun. */
  get pending(): number {
    return this.#octets;
  }

  /** What is held of the line that has begun. */
  get rest(): string {
    return this.#held;
  }

  /**
   * Reads `chunk` from `at` to the end of one line.
   * @param limit octets a line may have, line end included; 0 for no limit but HARD_LIMIT
   * @returns the line, or null when the chunk ended before it; `next` is the first octet not read
   */
  read(chunk: Uint8Array, at: number, limit: number): { line: Line | null; next: number } {
    const most = limit === 0 ? HARD_LIMIT : Math.min(limit, HARD_LIMIT);
    const end = chunk.indexOf(LF, at);
    const next = end < 0 ? chunk.length : end + 1;
    this.#octets += next - at;
    const room = most - this.#held.length;
    if (room > 0) this.#held += decode(chunk, at, Math.min(end < 0 ? next : end, at + room));
    if (end < 0) return { line: null, next };

    const tooLong = this.#octets > most;
    const text = !tooLong && this.#held.endsWith("\r") ? this.#held.slice(0, -1) : this.#held;
    const line = { text, octets: this.#octets, tooLong };
    this.#held = "";
    this.#octets = 0;
    return { line, next };
  }
}
