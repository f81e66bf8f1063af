// The table of options of a module from outside: one that none of its readers could read is an error of the start.
// Knows kinds; no option by name.

import { RUN_OPTIONS } from "../../options/run.ts";
import { settle } from "../../options/settle.ts";
import type { Kind, Option, Table } from "../../options/table.ts";
import { UsageError } from "../../options/usage.ts";

/** Of each kind what it needs besides; a new kind that is missing here is an error of the compiler. */
const KINDS: Readonly<Record<Kind["kind"], (takes: Loose, table: Table) => string | null>> = {
  number: ({ unit, range }) => {
    if (![undefined, "octets", "seconds"].includes(unit as string)) return 'a unit "octets" or "seconds"';
    return range === undefined || isRange(range) ? null : "a range [least, most] of whole numbers";
  },
  size: () => null,
  flag: () => null,
  text: () => null,
  choice: ({ of }) => (isTexts(of) && of.length > 0 ? null : "of, a list of texts"),
  networks: () => null,
  domains: () => null,
  recipients: () => null,
  patterns: () => null,
  content: () => null,
  blackholes: ({ resolver }, table) =>
    typeof resolver === "string" && table[resolver]?.takes?.kind === "text"
      ? null
      : "resolver, the name of an option that takes text",
};

const KEYS = ["takes", "list", "default", "group", "help", "keepsOut", "isTrusted", "doubt"];

type Loose = Readonly<Record<string, unknown>>;

/** @param path of the module @throws UsageError */
export function checkTable(path: string, table: Table): void {
  if (typeof table !== "object" || table === null)
    throw new UsageError(`${path}: options: expected a table of options`);
  for (const [name, option] of Object.entries<unknown>(table)) {
    const where = `${path}: option ${name}`;
    const fault = faultOf(name, Object(option) as Loose, table);
    if (fault !== null) throw new UsageError(`${where}: expected ${fault}`);
    const checked = option as Option;
    settle(name, checked, checked.default === undefined ? null : { value: checked.default, where });
  }
}

function faultOf(name: string, option: Loose, table: Table): string | null {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name)) return 'a name of small letters, digits and "-"';
  if (Object.hasOwn(RUN_OPTIONS, name)) return "another name: every run has an option of this one";
  const strange = Object.keys(option).find((key) => !KEYS.includes(key));
  if (strange !== undefined) return `no key but ${KEYS.join(", ")}; got ${strange}`;
  const takes = Object(option.takes) as Loose;
  const kind = String(takes.kind);
  if (!Object.hasOwn(KINDS, kind)) return `takes of kind ${Object.keys(KINDS).join(", ")}`;
  if (typeof option.group !== "string" || typeof option.help !== "string") return "a group and a help text";
  if (option.default !== undefined && typeof option.default !== "string")
    return "a default as it would be written, as text";
  return KINDS[kind as keyof typeof KINDS](takes, table);
}

function isRange(range: unknown): boolean {
  return Array.isArray(range) && range.length === 2 && range.every((end) => Number.isInteger(end));
}

function isTexts(list: unknown): list is readonly string[] {
  return Array.isArray(list) && list.every((text) => typeof text === "string");
}
