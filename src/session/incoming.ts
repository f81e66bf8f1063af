// What one side has said and nobody has read yet: one chunk at most, and the start of a line or of a literal. Reads
// of it what is asked for, at any split. It is the same for both sides, and knows not which it is.

import type { Body, Forward } from "../wire/body.ts";
import { decode } from "../wire/latin1.ts";
import { type Line, LineReader } from "../wire/lines.ts";

const NOTHING = new Uint8Array(0);

export class Incoming {
  readonly #lines = new LineReader();
  /** What has come of a literal. */
  #literal = "";
  #chunk: Uint8Array = NOTHING;
  #at = 0;

  /** Octets that have come and are not read. */
  get left(): number {
    return this.#chunk.length - this.#at;
  }

  /** Octets of the line that has begun. */
  get pending(): number {
    return this.#lines.pending;
  }

  /** What is held of the line that has begun. */
  get rest(): string {
    return this.#lines.rest;
  }

  /** Only when nothing is left; the chunk is ours until then. */
  give(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** What is left will not be read. */
  drop(): void {
    this.give(NOTHING);
  }

  /** @param limit octets, line end included; 0 for none but the hard one @returns null when more must come */
  line(limit: number): Line | null {
    const { line, next } = this.#lines.read(this.#chunk, this.#at, limit);
    this.#moveTo(next);
    return line;
  }

  /** @returns the literal once it is whole; null when more must come */
  literal(octets: number): string | null {
    const end = Math.min(this.#chunk.length, this.#at + octets - this.#literal.length);
    this.#literal += decode(this.#chunk, this.#at, end);
    this.#moveTo(end);
    if (this.#literal.length < octets) return null;
    const whole = this.#literal;
    this.#literal = "";
    return whole;
  }

  /** @returns the octets that were read, valid as long as the chunk is */
  body(body: Body, forward: Forward): Uint8Array {
    const from = this.#at;
    const chunk = this.#chunk;
    const to = body.scan(chunk, from, forward);
    this.#moveTo(to);
    return chunk.subarray(from, to);
  }

  /** All that is left. */
  all(): Uint8Array {
    const rest = this.#chunk.subarray(this.#at);
    this.drop();
    return rest;
  }

  /** A chunk that was read is let go: it may be large. */
  #moveTo(at: number): void {
    if (at < this.#chunk.length) this.#at = at;
    else this.drop();
  }
}
