// The text of a list: one entry a line, blanks and comments apart (pure). Knows lines; not what an entry is.

/**
 * What a file of entries says: one line end in front of the first line, and one behind each. Lines are found in it by
 * searches of the runtime's own, at gigabytes a second; to cut 100,000 of them apart costs more than a greeting.
 */
export type ListText = string;

export interface EntryLine {
  /** Counted from 1. */
  readonly number: number;
  readonly entry: string;
}

/** `#` begins a comment at the beginning of a line, and behind a blank where no entry can have that in it. */
export type Comments = "behind" | "lines";

/** Units of an entry: no address, no network and no sensible expression has more. */
const MOST = 4096;

/** A line that is no entry. */
export class EntryError extends Error {
  /** As it may be shown. */
  readonly entry: string;

  constructor(
    readonly line: number,
    entry: string,
  ) {
    super(`line ${line} is no entry: ${shown(entry)}`);
    this.entry = shown(entry);
  }
}

/** As it may be shown to somebody. */
export function shown(entry: string): string {
  return JSON.stringify(entry.length > 60 ? `${entry.slice(0, 60)}…` : entry);
}

/** What a line says without its blanks and its comment; "" for nothing. */
export function entryIn(line: string, comments: Comments): string {
  const said = line.replace(/^[ \t]+/, "");
  if (said.startsWith("#")) return "";
  // What is too long is none, and is not searched for what stands behind it.
  const cut = said.length > MOST ? said.slice(0, MOST + 1) : said;
  const entry = comments === "behind" ? cut.replace(/[ \t]#.*$/s, "") : cut;
  return entry.replace(/[ \t\r]+$/, "");
}

export function isTooLong(entry: string): boolean {
  return entry.length > MOST;
}

/** All entries, in their order. */
export function entriesOf(text: ListText, comments: Comments): EntryLine[] {
  const lines: EntryLine[] = [];
  let number = 0;
  for (let at = 1; at < text.length; number++) {
    const end = text.indexOf("\n", at);
    const entry = entryIn(text.slice(at, end), comments);
    if (entry !== "") lines.push({ number: number + 1, entry });
    at = end + 1;
  }
  return lines;
}

/** What an option says itself, as the text of a list; null where an entry would not be the same there. */
export function textOf(entries: readonly string[]): ListText | null {
  return entries.some((entry) => entry === "" || /[#\s]/.test(entry)) ? null : `\n${entries.join("\n")}\n`;
}

/** The line that the unit at this place is in, its end in front of it. */
export function lineAt(text: ListText, at: number, comments: Comments): EntryLine {
  const start = text.lastIndexOf("\n", at) + 1;
  let number = 0;
  for (let place = text.indexOf("\n"); place >= 0 && place < start; place = text.indexOf("\n", place + 1))
    number++;
  return { number, entry: entryIn(text.slice(start, text.indexOf("\n", start)), comments) };
}
