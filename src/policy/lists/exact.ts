// Whether a line stands in a list as it is (pure): searched for in the text, and once many were searched for, in a set of
// all lines. Knows text in lower case; not what is looked for.

import { entryIn, type ListText } from "./entries.ts";

/** Searches after which all lines are cut apart: that costs as much as some fifty of them, and then nothing. */
const FEW = 64;

export class ExactLines {
  readonly #text: ListText;
  #searches = 0;
  #lines: ReadonlySet<string> | null = null;

  /** @param text in lower case, no line of which begins with a blank */
  constructor(text: ListText) {
    this.#text = text;
  }

  /** @param line in lower case, without blanks and line ends */
  has(line: string): boolean {
    if (line.startsWith("#")) return false; // that is a comment
    if (this.#lines === null && ++this.#searches > FEW) this.#lines = cutApart(this.#text);
    return this.#lines === null ? this.#search(line) : this.#lines.has(line);
  }

  #search(line: string): boolean {
    const wanted = `\n${line}`;
    for (let at = this.#text.indexOf(wanted); at >= 0; at = this.#text.indexOf(wanted, at + 1))
      if (END.includes(this.#text[at + wanted.length]!)) return true;
    return false;
  }
}

/** What may stand behind an entry. */
const END = "\n\r \t";

function cutApart(text: ListText): ReadonlySet<string> {
  const plain = /[ \t\r]/.test(text) ? text.replace(/[ \t\r][^\n]*/g, "") : text;
  return new Set(plain.split("\n"));
}

/**
 * As `ExactLines` wants it.
 * @param respelled an entry that may be written in several ways, by the one that is searched for
 */
export function folded(text: ListText, respelled: (entry: string) => string): ListText {
  const known = SEVERAL_WAYS.test(text)
    ? text.replace(LINES_OF_SEVERAL, (_, line: string) => `\n${respelled(entryIn(line, "behind"))}`)
    : text;
  const lower = /[A-Z]|[^\0-\x7f]/.test(known) ? known.toLowerCase() : known;
  return /\n[ \t]/.test(lower) ? lower.replace(/\n[ \t]+/g, "\n") : lower;
}

/** Letters beyond ASCII, and address literals. */
const SEVERAL_WAYS = /[^\0-\x7f]|\[/;
const LINES_OF_SEVERAL = /\n([^\n]*(?:[^\0-\x7f]|\[)[^\n]*)/g;
