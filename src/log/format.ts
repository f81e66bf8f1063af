// An entry as one line of text (pure). Whatever a client, a server or a file name put into a value, the line
// stays one line and its keys stay ours: values are quoted, and every octet that is not plain is escaped.

import type { Entry } from "./entry.ts";

/** Octets of one value in the log. */
const MAX_VALUE = 200;

/** `event=refused rule=relay line="RCPT TO:<v@evil.test>" reply="550 5.7.1 …"` */
export function formatText(entry: Entry, context: Readonly<Record<string, string | number>>): string {
  const fields = { ...context, event: entry.event, ...entry.fields };
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${formatValue(value)}`)
    .join(" ");
}

function formatValue(value: string | number): string {
  const text = String(value);
  const cut = text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}...` : text;
  if (/^[\w.:@<>/+-]+$/.test(cut)) return cut;
  return `"${cut.replace(/[^ !#-[\]-~]/g, escapeUnit)}"`;
}

function escapeUnit(unit: string): string {
  if (unit === '"' || unit === "\\") return `\\${unit}`;
  const code = unit.charCodeAt(0);
  return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
