// The multiparts a message is inside of, by their boundaries (RFC 2046 section 5.1.1). Knows what a
// delimiter line looks like; knows nothing of headers or of what is in a part.

interface Multipart {
  readonly boundary: string;
  /** As much of it as is compared by who compares only beginnings. */
  readonly start: string;
  readonly digest: boolean;
}

export interface Delimiter {
  /** Begins a part; otherwise it is the last of its multipart. */
  readonly opens: boolean;
  /** Of its multipart's parts. */
  readonly digest: boolean;
}

/** No honest message comes near (Postfix refuses at 100 as well: mime_nesting_limit). */
export const MAX_DEPTH = 100;

export class Boundaries {
  readonly #open: Multipart[] = [];
  /** Where in `open` the innermost multipart of each boundary is. */
  readonly #levels = new Map<string, number>();
  #longest = 0;

  get none(): boolean {
    return this.#open.length === 0;
  }

  /** @returns false when the message is nested too deep */
  open(multipart: Multipart): boolean {
    const { boundary } = multipart;
    if (this.#open.length === MAX_DEPTH) return false;
    this.#levels.set(boundary, this.#open.length);
    this.#open.push({ ...multipart }); // one of its own
    this.#longest = Math.max(this.#longest, boundary.length);
    return true;
  }

  /** The same object only for those in which the same are open: clones of each other. */
  get innermost(): object | undefined {
    return this.#open.at(-1);
  }

  clone(): Boundaries {
    const other = new Boundaries();
    other.#open.push(...this.#open);
    for (const [boundary, level] of this.#levels) other.#levels.set(boundary, level);
    other.#longest = this.#longest;
    return other;
  }

  /**
   * The delimiter that a line beginning with "--" is, if it is one. The multiparts within its own end; its
   * own does not, even after its last delimiter: another one begins a part again, as for some readers.
   * @param line the line, from `from` (after "--") to `to` (before its LF)
   */
  delimiter(text: string, from: number, to: number): Delimiter | null {
    let end = to;
    while (end > from && isBlank(text.charCodeAt(end - 1))) end--;
    if (end - from > this.#longest + 2) return null;
    const name = text.slice(from, end);
    let level = this.#levels.get(name);
    const opens = level !== undefined;
    if (level === undefined && name.endsWith("--")) level = this.#levels.get(name.slice(0, -2));
    if (level === undefined) return null;
    this.#closeAbove(level);
    return { opens, digest: this.#open[level]!.digest };
  }

  /**
   * Of a line that is no delimiter for everybody, which multipart's it is for who compares only its beginning with a
   * boundary (RFC 2046 section 5.1.1), the longest that fits; -1 for none.
   */
  levelOf(text: string, from: number): number {
    let level = -1;
    for (const [at, { start }] of this.#open.entries())
      if (text.startsWith(start, from) && start.length >= (this.#open[level]?.start.length ?? 0)) level = at;
    return level;
  }

  /** That delimiter. */
  beginning(level: number, text: string, from: number): Delimiter {
    const { start, digest } = this.#open[level]!;
    this.#closeAbove(level);
    return { opens: !text.startsWith("--", from + start.length), digest };
  }

  #closeAbove(level: number): void {
    while (this.#open.length > level + 1) {
      const { boundary } = this.#open.pop()!;
      const outer = this.#open.findLastIndex((multipart) => multipart.boundary === boundary);
      if (outer < 0) this.#levels.delete(boundary);
      else this.#levels.set(boundary, outer);
    }
  }
}

/** SP, TAB, and the CR of the line's end. */
function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === 0x0d;
}
