// An entry as one line, text or JSON (pure). Whatever a client, a server or a file name put into a value, the
// line stays one line of characters that show, and its keys stay ours: values are quoted, and all that is not
// plain is escaped. The line is text, to be written as UTF-8. Knows no target, and no time but the one it is given.

import { charactersOf, isShown, octetOf, unmarked } from "./characters.ts";
import type { Entry, Value } from "./entry.ts";

export type Format = "text" | "json";

/** What every line of a session tells first. */
export type Context = Readonly<Record<string, string | number>>;

/** Units of one value in the log. */
const MAX_VALUE = 200;

/** `session=… client=192.0.2.7:51422 event=refused rule=relay reply="550 5.7.1 …"` */
export function formatText(entry: Entry, context: Context): string {
  return Object.entries(fieldsOf(entry, context))
    .map(([key, value]) => `${key}=${formatValue(value)}`)
    .join(" ");
}

/** One object with the same names; numbers are numbers, lists are lists, and the level is told. */
export function formatJson(entry: Entry, context: Context): string {
  const fields = { ...fieldsOf(entry, context), level: entry.level };
  const text = JSON.stringify(fields, (_, value: unknown) =>
    typeof value === "string" ? unmarked(cut(value)) : value,
  );
  // JSON lets DEL, the C1 controls and all of Unicode stand as they are: a terminal would obey some of them.
  return text.replace(/[^ -~]/gu, (character) => (isShown(character) ? character : escaped(character)));
}

function fieldsOf(entry: Entry, context: Context): Readonly<Record<string, Value>> {
  return { ...context, event: entry.event, ...entry.fields };
}

/** Safe to be shown; quoted where it is more than a word. @param value text is octets, one UTF-16 unit each */
export function formatValue(value: Value): string {
  const text = typeof value === "object" ? value.map(cut).join(",") : cut(String(value));
  if (/^[\w.:@<>[\]/+-]+$/.test(text)) return text;
  return `"${text.replace(/[^ !#-[\]-~]/gu, textOf)}"`;
}

/** Never between the two halves of a character. */
function cut(octets: string): string {
  const text = charactersOf(octets);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE).replace(/[\ud800-\udbff]$/, "")}...` : text;
}

function textOf(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  if (isShown(character)) return character;
  const octet = octetOf(character) ?? character.charCodeAt(0);
  return octet < 256 && character.length === 1 ? `\\x${hex(octet, 2)}` : escaped(character);
}

/** Each unit of it. */
function escaped(character: string): string {
  return [...Array(character.length).keys()].map((at) => `\\u${hex(character.charCodeAt(at), 4)}`).join("");
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
}
