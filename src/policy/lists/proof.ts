// Whether every line of a list is an entry (pure): the runtime's own expressions pass by what surely is one, and only
// where they stop is a line looked at. Knows lines; what is an entry comes in.

import { EntryError, isTooLong, type ListText, lineAt } from "./entries.ts";

/**
 * @param stops of lines in lower case, global: they miss no line that is no entry, and may stop at what is one
 * @returns the first line, by the order of the expressions, that is none; null for no such line
 */
export function wrongLine(
  text: ListText,
  stops: readonly RegExp[],
  isEntry: (entry: string) => boolean,
): EntryError | null {
  for (const expression of stops) {
    expression.lastIndex = 0;
    for (let stop = expression.exec(text); stop !== null; stop = expression.exec(text)) {
      const start = text[stop.index] === "\n" ? stop.index + 1 : text.lastIndexOf("\n", stop.index) + 1;
      if (start >= text.length || isComment(text, start)) continue;
      const { number, entry } = near(text, start);
      if (entry !== "" && (isTooLong(entry) || !isEntry(entry))) return new EntryError(number(), entry);
    }
  }
  return null;
}

function isComment(text: ListText, start: number): boolean {
  return text[start] === "#";
}

/** The line that begins there; its number, which takes longer, when it is asked for. */
function near(text: ListText, start: number) {
  const end = text.indexOf("\n", start);
  const { entry } = lineAt(text.slice(start - 1, end + 1), 0, "behind");
  return { entry, number: () => lineAt(text, start, "behind").number };
}
