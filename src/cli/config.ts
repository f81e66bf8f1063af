// --config FILE: what a TOML file says of the options. The same names and values as on the command line, at
// the top for every protocol that has the option, in a table for the protocol it is named after. The file is
// judged as a whole, whatever protocol asks: a mistake in it is found by every service that reads it. Knows
// the option table; not what an option is good for.

import { PROTOCOLS } from "../protocols/registry.ts";
import { OPTIONS, type Option } from "./options.ts";
import { camelCase } from "./parse.ts";
import { readToml, type Toml, type TomlTable, type TomlValue } from "./toml.ts";
import { nearest, UsageError } from "./usage.ts";

/** What was said of an option, and where, as an error names it. */
export interface Given {
  /** As the command line's parser gives it: a string, or strings for a list. */
  readonly value: unknown;
  readonly where: string;
}

export interface Configuration {
  readonly path: string;
  /** By option name; only those in the file. */
  readonly options: Readonly<Record<string, Given>>;
  /** The server's path and arguments; empty when the file names none. */
  readonly server: readonly string[];
}

/** The one key that is no option: what stands behind "--" on a command line. */
export const SERVER_KEY = "server";

/** Options a file may have: all, but for the one that names the file. */
export const FILE_OPTIONS: readonly Option[] = OPTIONS.filter(({ name }) => name !== "config");

const KEYS = [...FILE_OPTIONS.map(({ name }) => name), SERVER_KEY];

type Level = { readonly options: Record<string, Given>; readonly server: readonly string[] | null };

/** @param protocol whose options are asked for @throws UsageError with the file and the line */
export function readConfiguration(path: string, protocol: string): Configuration {
  const toml = readToml(path);
  const known = [...new Set([...Object.keys(PROTOCOLS), protocol])];
  const top: [string, TomlValue][] = [];
  let own: Level = { options: {}, server: null };
  for (const [name, value] of Object.entries(toml.tables)) {
    if (!isTable(value)) {
      top.push([name, value]);
      continue;
    }
    if (!known.includes(name)) throw unknown(toml.place(name), `[${name}]`, "table", known, name);
    const level = readLevel(toml, Object.entries(value), name);
    if (name === protocol) own = level;
  }
  const common = readLevel(toml, top, null);
  // Where the server is, is one thing to say: a table that says it replaces the top's `connect` and `server`.
  const reached = own.server !== null || own.options.connect !== undefined ? own : common;
  const { connect: _, ...others } = { ...common.options, ...own.options };
  const { connect } = reached.options;
  const options = connect === undefined ? others : { ...others, connect };
  return { path, options, server: reached.server ?? [] };
}

/** @param table the protocol's name, or null at the top */
function readLevel(toml: Toml, entries: readonly [string, TomlValue][], table: string | null): Level {
  const level = { options: {} as Record<string, Given>, server: null as readonly string[] | null };
  for (const [key, value] of entries) {
    const place = () => toml.place(...(table === null ? [] : [table]), key);
    const name = KEYS.find((candidate) => candidate === key || camelCase(candidate) === key);
    if (name === undefined) throw unknown(place(), key, "key", KEYS, key);
    if (name === SERVER_KEY) {
      level.server = serverFrom(value, place);
      continue;
    }
    const option = FILE_OPTIONS.find((candidate) => candidate.name === name)!;
    if (table !== null && option.for !== undefined && !option.for.includes(table))
      throw new UsageError(`${place()}: ${key}: this option is for ${option.for.join(", ")} only`);
    if (Object.hasOwn(level.options, name)) throw new UsageError(`${place()}: ${key}: expected once`);
    const text = asArgument(option, value, place, key);
    level.options[name] = {
      value: text,
      get where() {
        return `${place()}: ${key}`;
      },
    };
  }
  if (level.server !== null && level.options.connect !== undefined)
    throw new UsageError(`${level.options.connect.where}: expected connect or server, not both`);
  return level;
}

function serverFrom(value: TomlValue, place: () => string): readonly string[] {
  if (isStrings(value) && value.length > 0) return value;
  throw wrong(`${place()}: ${SERVER_KEY}`, "an array of a path and its arguments, all strings", value);
}

/** The value as the command line would have it, once it has the type the option takes. */
function asArgument(
  option: Option,
  value: TomlValue,
  place: () => string,
  key: string,
): string | readonly string[] {
  if (option.list) {
    if (isStrings(value)) return value;
    throw wrong(`${place()}: ${key}`, "an array of strings", value);
  }
  const { takes } = option;
  const mayBeText = takes.kind !== "number";
  const mayBeNumber = takes.kind === "number" || takes.kind === "size" || isNumeric(option);
  if (typeof value === "string" && mayBeText) return value;
  if (typeof value === "bigint" && mayBeNumber) return String(value);
  const types = [...(mayBeNumber ? ["a whole number"] : []), ...(mayBeText ? ["a string"] : [])];
  throw wrong(`${place()}: ${key}`, types.join(" or "), value);
}

/** A choice of numbers, such as reply codes, need not be quoted. */
function isNumeric({ takes }: Option): boolean {
  return takes.kind === "choice" && takes.of.every((choice) => /^[0-9]+$/.test(choice));
}

function isStrings(value: TomlValue): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}

function unknown(place: string, shown: string, what: string, known: readonly string[], name: string) {
  const near = nearest(name, known);
  const hint = near === null ? "" : `; expected perhaps ${what === "table" ? `[${near}]` : near}`;
  return new UsageError(`${place}: ${shown}: unknown ${what}${hint}`);
}

function wrong(where: string, what: string, value: TomlValue): UsageError {
  const given = JSON.stringify(value, (_, part) => (typeof part === "bigint" ? Number(part) : part));
  return new UsageError(`${where}: expected ${what}, got ${given}`);
}
