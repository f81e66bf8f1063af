// What files of entries say, for whoever makes values of them. A file that cannot be had, and a line that is no entry,
// are the administrator's mistake: a list of whom to keep out that is not all there keeps nobody out. Loaded only when
// there is a file.

import { EntryError, type EntryLine, entriesOf, type ListText, shown } from "../policy/lists/entries.ts";
import type { Files } from "./lists.ts";
import { type Kind, pathIn } from "./table.ts";
import { UsageError } from "./usage.ts";

/** What is wrong with a file of entries. */
export class ListError extends UsageError {}

/** And with a line of it. */
export class LineError extends ListError {
  constructor(
    readonly path: string,
    readonly line: number,
    readonly text: string,
    where: string,
  ) {
    super(`${where}: ${path}, line ${line}: ${text}`);
  }
}

/** @throws UsageError where it is not to be had */
export function textIn(path: string, where: string, files: Files): ListText {
  const { text, doubt } = files(path);
  if (text === null) throw new ListError(`${where}: ${path}: ${doubt}`);
  return text;
}

/** @param what was expected there @throws LineError */
export function inFile<T>(where: string, path: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    throw new LineError(path, error.line, `expected ${what}, got ${error.entry}`, where);
  }
}

/** @param what was expected there @throws LineError for an entry of a file that is none */
export function provenEntry(
  { entry, place }: Placed,
  isEntry: (entry: string) => boolean,
  what: string,
  where: string,
): string {
  if (place === null || isEntry(entry)) return entry;
  throw new LineError(place.path, place.number, `expected ${what}, got ${shown(entry)}`, where);
}

/** In expressions "#" may stand anywhere. */
export function commentsOf(kind: Kind["kind"]): "behind" | "lines" {
  return kind === "patterns" || kind === "content" ? "lines" : "behind";
}

/** An entry of an option, and the line of the file that it came from. */
export interface Placed {
  readonly entry: string;
  readonly place: (EntryLine & { readonly path: string }) | null;
}

/** All entries of an option, in their order. @throws UsageError */
export function allEntries(
  kind: Kind["kind"],
  entries: readonly string[],
  where: string,
  files: Files,
): readonly Placed[] {
  return entries.flatMap((entry): Placed[] => {
    const path = pathIn(entry);
    if (path === null) return [{ entry, place: null }];
    return entriesOf(textIn(path, where, files), commentsOf(kind)).map((line) => ({
      entry: line.entry,
      place: { ...line, path },
    }));
  });
}
