// argv to what was said of each option. The hot path: a command line that says everything in full, as those of
// services do, is read here, in a tenth of a millisecond; any other form, and every mistake, is for the parser that
// knows them all. Knows tables; not what an option is good for.

import { isList, type Table } from "./table.ts";

export interface Arguments {
  /** By option name; only what was said. */
  readonly given: Readonly<Record<string, unknown>>;
  /** What stands behind "--". */
  readonly server: readonly string[];
}

/** Which other protocols an option is for, by whoever knows them: asked only for one that is unknown. */
export type Owners = (option: string) => Promise<readonly string[]>;

/** @throws UsageError */
export async function readArguments(
  argv: readonly string[],
  table: Table,
  owners: Owners,
): Promise<Arguments> {
  return inFull(argv, table) ?? (await import("./any-form.ts")).readAnyForm(argv, table, owners);
}

/**
 * Reads `--name VALUE` and `--name=VALUE`, `--name` of a flag, and what stands behind `--`.
 * @returns null where a word is anything else: an option without its value, in camel case, or said twice that is no
 *   list, a value that may be none (empty, quoted, or beginning as an option does)
 */
export function inFull(argv: readonly string[], table: Table): Arguments | null {
  const given: Record<string, string | string[] | true> = {};
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === "--") return { given, server: argv.slice(at + 1) };
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    if (!word.startsWith("--") || !Object.hasOwn(table, name)) return null;
    const option = table[name]!;
    const before = given[name];
    if (option.takes.kind === "flag") {
      if (equals >= 0 || before !== undefined) return null;
      given[name] = true;
      continue;
    }
    const value = equals < 0 ? argv[++at] : word.slice(equals + 1);
    if (value === undefined || value === "" || "\"'-".includes(value[0]!)) return null;
    if (!isList(option)) {
      if (before !== undefined) return null;
      given[name] = value;
    } else if (Array.isArray(before)) before.push(value);
    else given[name] = [value];
  }
  return { given, server: [] };
}
