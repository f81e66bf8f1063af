// Entries of a list option that stand in a file: `file:PATH`. Which files an option names, and how they come to whoever
// makes values of them. Knows kinds of options; opens nothing, and no entry.

import type { ListFile } from "../os/list-file.ts";
import type { PassedSettings } from "./settings.ts";
import { isListKind, type Kind, pathIn, SYSTEM, type Table } from "./table.ts";

/** The files that tell whom this host knows. */
export const SYSTEM_FILES = { users: "/etc/passwd", aliases: "/etc/aliases" } as const;

/** What a file says, as far as anybody knows. */
export interface Listed {
  /** Each line with its end, and one line end in front of the first; null where it is not to be had. */
  readonly text: string | null;
  /** Why more may be in the file, or soon will be; null where that is all of it. */
  readonly doubt: string | null;
}

/** What is there of it may still be an entry, of a much larger network perhaps. */
export const UNENDED = "its last line has no end";

/** By the path as it was written. */
export type Files = (path: string) => Listed;

/** Milliseconds after a change in which a file may not be all there yet: whoever writes it may have stopped for breath. */
export const SETTLING = 2000;

/** @param now milliseconds of the epoch */
export function listed({ text, error, isWhole, changed }: ListFile, now: number): Listed {
  if (text === null) return { text, doubt: error };
  if (!isWhole) return { text, doubt: UNENDED };
  return { text, doubt: Math.abs(now - changed) < SETTLING ? "it has been changed just now" : null };
}

/** What is passed to another process of ours. */
export function writeFiles(known: ReadonlyMap<string, Listed>): string {
  return JSON.stringify([...known]);
}

/** @param text of `writeFiles` */
export function filesFrom(text: string): Files {
  const known = new Map(JSON.parse(text) as [string, Listed][]);
  return (path) => known.get(path) ?? { text: null, doubt: "nobody has read it" };
}

/** What an option says itself. */
export function inline(entries: readonly string[]): readonly string[] {
  return hasFiles(entries) ? entries.filter((entry) => pathIn(entry) === null) : entries;
}

export function hasFiles(entries: readonly string[]): boolean {
  return entries.some((entry) => pathIn(entry) !== null);
}

/** The files of an option. */
export function filesOf(kind: Kind["kind"], entries: readonly string[]): readonly string[] {
  const named = entries.map(pathIn).filter((path) => path !== null);
  return kind === "recipients" && entries.includes(SYSTEM)
    ? [...named, ...Object.values(SYSTEM_FILES)]
    : named;
}

/** The files of all options of the tables, each once. */
export function filesIn(
  settings: Pick<PassedSettings, "entries">,
  ...tables: readonly Table[]
): readonly string[] {
  const all = tables.flatMap((table) =>
    Object.entries(table)
      .filter(([, option]) => isListKind(option))
      .flatMap(([name, { takes }]) => filesOf(takes.kind, settings.entries(name) ?? [])),
  );
  return [...new Set(all)];
}
