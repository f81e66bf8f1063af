// argv to what was said of each option, in whatever form yargs-parser knows. Every mistake is a UsageError that
// names the option, what was expected and what was given. Knows tables; not what an option is good for.

import parser from "yargs-parser/browser";
import type { Arguments, Owners } from "./argv.ts";
import { camelCase, isList, kebabCase, type Table } from "./table.ts";
import { expected, nearest, UsageError } from "./usage.ts";

const CONFIGURATION = {
  "boolean-negation": false,
  "camel-case-expansion": false,
  "dot-notation": false,
  "greedy-arrays": false,
  "parse-numbers": false,
  "parse-positional-numbers": false,
  "populate--": true,
  "short-option-groups": false,
};

/** @throws UsageError */
export async function readAnyForm(argv: readonly string[], table: Table, owners: Owners): Promise<Arguments> {
  const named = mentioned(argv, table);
  const flags = named.filter((name) => table[name]!.takes.kind === "flag");
  refuseValuesOf(flags, argv);
  const lists = named.filter((name) => isList(table[name]!));
  const {
    _: rest,
    "--": server,
    ...given
  } = parser([...argv], {
    boolean: flags,
    string: named.filter((name) => !lists.includes(name) && !flags.includes(name)),
    array: lists.map((key) => ({ key, string: true })),
    alias: Object.fromEntries(named.map((name) => [name, camelCase(name)])),
    configuration: CONFIGURATION,
  });
  if (rest.length > 0)
    throw new UsageError(`expected options and then -- SERVER, got ${JSON.stringify(String(rest[0]))}`);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(table, kebabCase(name)));
  if (unknown !== undefined) throw await unknownOption(unknown, table, owners);
  return { given, server: (server ?? []).map(String) };
}

/** The options the parser needs to know for this command line: every one it knows costs time. */
function mentioned(argv: readonly string[], table: Table): readonly string[] {
  const words = new Set(
    argv.filter((word) => word.startsWith("-")).map((word) => kebabCase(word.replace(/^-+|=.*$/gs, ""))),
  );
  return Object.keys(table).filter((name) => words.has(name));
}

/** The parser takes any value of a flag but "true" for a no. */
function refuseValuesOf(flags: readonly string[], argv: readonly string[]): void {
  const end = argv.indexOf("--");
  for (const word of end < 0 ? argv : argv.slice(0, end)) {
    const [, name, value] = /^-+([^=]*)=(.*)$/s.exec(word) ?? [];
    if (name !== undefined && flags.includes(kebabCase(name)) && !/^(?:true|false)$/.test(value!))
      throw expected(`--${kebabCase(name)}`, "no value, or true or false", value!);
  }
}

async function unknownOption(name: string, table: Table, owners: Owners): Promise<UsageError> {
  const elsewhere = await owners(kebabCase(name));
  if (elsewhere.length > 0)
    return new UsageError(`--${name}: this option is for ${elsewhere.join(", ")} only`);
  if (name.length === 1) return new UsageError(`-${name}: unknown option; there are no short ones`);
  const near = nearest(name, Object.keys(table));
  return new UsageError(`--${name}: unknown option${near === null ? "" : `; expected perhaps --${near}`}`);
}
