// An entry as one line, text or JSON (pure). Whatever a client, a server or a file name put into a value, the
// line stays one line of printable ASCII and its keys stay ours: values are quoted, and every unit that is
// not plain is escaped. Knows no target, and no time but the one it is given.

import type { Entry } from "./entry.ts";

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

/** One object with the same names; numbers are numbers, and the level is told. */
export function formatJson(entry: Entry, context: Context): string {
  const fields = { ...fieldsOf(entry, context), level: entry.level };
  const text = JSON.stringify(fields, (_, value: unknown) =>
    typeof value === "string" ? cut(value) : value,
  );
  // JSON lets DEL, the C1 controls and all of Unicode stand as they are: a terminal would obey some of them.
  return text.replace(/[^ -~]/g, (unit) => `\\u${hex(unit, 4)}`);
}

function fieldsOf(entry: Entry, context: Context): Record<string, string | number> {
  return { ...context, event: entry.event, ...entry.fields };
}

function formatValue(value: string | number): string {
  const text = cut(String(value));
  if (/^[\w.:@<>[\]/+-]+$/.test(text)) return text;
  return `"${text.replace(/[^ !#-[\]-~]/g, escapeUnit)}"`;
}

function cut(text: string): string {
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}...` : text;
}

function escapeUnit(unit: string): string {
  if (unit === '"' || unit === "\\") return `\\${unit}`;
  return unit.charCodeAt(0) < 256 ? `\\x${hex(unit, 2)}` : `\\u${hex(unit, 4)}`;
}

function hex(unit: string, digits: number): string {
  return unit.charCodeAt(0).toString(16).padStart(digits, "0");
}
