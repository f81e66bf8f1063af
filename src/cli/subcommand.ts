// The small options of the subcommands that carry no protocol: strict, with errors that name the option,
// what was expected and what was given. Uses yargs' parser alone: all of yargs costs a server that starts
// for every client about 8 ms, and looks for package.json above the working directory.

import parser from "yargs-parser/browser";
import { expected, UsageError } from "../options/usage.ts";

export interface Option {
  /** What its value is, as an error and the help text tell it; null for one that takes none. */
  readonly value: string | null;
  readonly help: string;
}

export interface Subcommand {
  /** As typed, such as "sink smtp". */
  readonly name: string;
  readonly about: string;
  /** What its positional arguments are, such as "NAME" or "one|other"; every one is needed. */
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
}

export interface Arguments {
  readonly positionals: readonly string[];
  readonly values: ReadonlyMap<string, string>;
}

/**
 * @returns the arguments, or the help text when that was asked for
 * @throws UsageError
 */
export function parse(command: Subcommand, argv: string[]): Arguments | string {
  const names = Object.keys(command.options);
  const flags = names.filter((name) => command.options[name]!.value === null);
  const parsed = parser(argv, {
    boolean: ["help", ...flags],
    string: names.filter((name) => !flags.includes(name)),
    configuration: {
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-positional-numbers": false,
      "short-option-groups": false,
    },
  });
  if (parsed.help) return help(command);
  const known = new Set(["_", "help", ...names]);
  const unknown = Object.keys(parsed).find((key) => !known.has(key));
  if (unknown !== undefined) throw new UsageError(`--${unknown}: unknown option; expected ${choices(names)}`);
  const positionals = parsed._.map(String);
  if (positionals.length !== command.positionals.length)
    throw expected(command.name, command.positionals.join(" ") || "options only", positionals.join(" "));
  const values = new Map<string, string>();
  for (const name of names) {
    const given: unknown = parsed[name];
    const { value } = command.options[name]!;
    if (Array.isArray(given)) throw expected(`--${name}`, "once", given);
    if (value !== null && given === "") throw expected(`--${name}`, value, given);
    if (given !== undefined && given !== false) values.set(name, String(given));
  }
  return { positionals, values };
}

/** The same where nobody can ask for help: whoever reads the first words has seen to that. @throws UsageError */
export function argumentsOf(command: Subcommand, argv: readonly string[]): Arguments {
  const parsed = parse(command, [...argv]);
  if (typeof parsed === "string") throw new UsageError(`${command.name}: expected --help before "--"`);
  return parsed;
}

/** The value of an option that has to be there. */
export function needed(command: Subcommand, { values }: Arguments, name: string): string {
  const value = values.get(name);
  if (value === undefined)
    throw new UsageError(`--${name}: expected ${command.options[name]!.value}, got none`);
  return value;
}

function choices(names: readonly string[]): string {
  return `one of ${[...names, "help"].map((name) => `--${name}`).join(" ")}`;
}

/** What stands for the value in a line of help: "DIRECTORY" for "a directory". */
export function placeholder(value: string): string {
  return value.split(" ").at(-1)!.toUpperCase();
}

/** What --help prints. */
export function help({ name, about, positionals, options }: Subcommand): string {
  const rows = Object.entries(options).map(([option, { value, help }]) => [
    `  --${option}${value === null ? "" : ` ${placeholder(value)}`}`,
    help,
  ]);
  const width = Math.max(...rows.map(([left]) => left!.length), 0) + 2;
  const usage = [`protowrap ${name}`, rows.length > 0 ? "[options]" : "", ...positionals];
  return [
    usage.filter((word) => word !== "").join(" "),
    "",
    about,
    ...(rows.length > 0 ? ["", ...rows.map(([left, right]) => left!.padEnd(width) + right)] : []),
    "",
  ].join("\n");
}
