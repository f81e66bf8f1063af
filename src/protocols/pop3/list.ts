// A short multi-line answer read as a whole (CAPA, AUTH without argument), in bounded memory.
// Bodies that may be long are streamed instead: wire/listing.ts. Knows nothing of what the lines mean.

const MOST_LINES = 256;
const MOST_OCTETS = 65536;

export class List {
  readonly lines: string[] = [];
  #octets = 0;

  /** @returns "end" for the terminator, "fault" when no honest server says so much */
  add(text: string): "more" | "end" | "fault" {
    if (text === ".") return "end";
    this.#octets += text.length;
    if (this.lines.length === MOST_LINES || this.#octets > MOST_OCTETS) return "fault";
    this.lines.push(text);
    return "more";
  }
}

/** One reply of several lines, in one piece. */
export function writeList(status: string, lines: readonly string[]): string {
  return [status, ...lines, "."].map((line) => `${line}\r\n`).join("");
}
