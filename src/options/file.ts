// --config FILE: what a TOML file says of the options. The same names and values as on the command line, at
// the top for every protocol that has the option, in a table for the protocol it is named after. The file is
// judged as a whole, whatever protocol asks: a mistake in it is found by every service that reads it. Knows
// tables of options; not what an option is good for.

import { ownersOf } from "./owners.ts";
import { type Given, settle } from "./settle.ts";
import { camelCase, isList, type Option, type Table } from "./table.ts";
import { readToml, type Toml, type TomlTable, type TomlValue } from "./toml.ts";
import { nearest, UsageError } from "./usage.ts";

export interface Configuration {
  readonly path: string;
  /** By option name; only those in the file. */
  readonly options: Readonly<Record<string, Given>>;
  /** The server's path and arguments; empty when the file names none. */
  readonly server: readonly string[];
  /** Where that was said, as an error names it. */
  readonly serverWhere: string;
}

/** The one key that is no option: what stands behind "--" on a command line. */
export const SERVER_KEY = "server";

/** No key: a file cannot include another. */
export const NOT_IN_FILES = "config";

interface Level {
  readonly options: Record<string, Given>;
  server: { readonly argv: readonly string[]; readonly where: string } | null;
}

/**
 * @param protocol whose options are asked for
 * @param tables the options of every protocol there is, by its name, those of every run among them
 * @throws UsageError with the file and the line
 */
export function readConfiguration(
  path: string,
  protocol: string,
  tables: ReadonlyMap<string, Table>,
): Configuration {
  const toml = readToml(path);
  const top: [string, TomlValue][] = [];
  let own: Level = { options: {}, server: null };
  for (const [name, value] of Object.entries(toml.tables)) {
    if (!isTable(value)) {
      top.push([name, value]);
      continue;
    }
    if (!tables.has(name)) throw unknown(toml.place(name), `[${name}]`, "table", [...tables.keys()], name);
    const level = readLevel(toml, Object.entries(value), name, tables);
    if (name === protocol) own = level;
  }
  const common = readLevel(toml, top, null, tables);
  // Where the server is, is one thing to say: a table that says it replaces the top's `connect` and `server`.
  const reached = own.server !== null || own.options.connect !== undefined ? own : common;
  const { connect: _, ...others } = { ...common.options, ...own.options };
  const { connect } = reached.options;
  const options = connect === undefined ? others : { ...others, connect };
  return {
    path,
    options,
    server: reached.server?.argv ?? [],
    get serverWhere() {
      return reached.server?.where ?? path;
    },
  };
}

/** @param named the protocol's name, or null at the top */
function readLevel(
  toml: Toml,
  entries: readonly [string, TomlValue][],
  named: string | null,
  tables: ReadonlyMap<string, Table>,
): Level {
  const level: Level = { options: {}, server: null };
  const all = merged([...tables.values()]);
  const keys = [...Object.keys(all).filter((name) => name !== NOT_IN_FILES), SERVER_KEY];
  for (const [key, value] of entries) {
    const place = () => toml.place(...(named === null ? [] : [named]), key);
    const name = keys.find((candidate) => candidate === key || camelCase(candidate) === key);
    if (name === undefined) throw unknown(place(), key, "key", keys, key);
    if (name === SERVER_KEY) {
      level.server = {
        argv: serverFrom(value, place),
        get where() {
          return `${place()}: ${SERVER_KEY}`;
        },
      };
      continue;
    }
    const option = named === null ? all[name]! : tables.get(named)![name];
    if (option === undefined)
      throw new UsageError(
        `${place()}: ${key}: this option is for ${ownersOf(name, tables).join(", ")} only`,
      );
    if (Object.hasOwn(level.options, name)) throw new UsageError(`${place()}: ${key}: expected once`);
    const given: Given = {
      value: asArgument(option, value, place, key),
      get where() {
        return `${place()}: ${key}`;
      },
    };
    // Here and not when it is asked for: a mistake is one for every protocol that reads the file.
    if (named !== null || isTheSameFor(name, tables)) settle(name, option, given);
    level.options[name] = given;
  }
  const { connect } = level.options;
  if (level.server !== null && connect !== undefined && (connect.value as readonly string[]).length > 0)
    throw new UsageError(`${connect.where}: expected connect or server, not both`);
  return level;
}

/** What a value at the top may be is not decided there when protocols take different ones. */
function isTheSameFor(name: string, tables: ReadonlyMap<string, Table>): boolean {
  const kinds = ownersOf(name, tables).map((owner) => JSON.stringify(tables.get(owner)![name]!.takes));
  return new Set(kinds).size === 1;
}

function merged(tables: readonly Table[]): Table {
  return Object.assign({}, ...tables) as Table;
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
  if (isList(option)) {
    if (isStrings(value)) return value;
    throw wrong(`${place()}: ${key}`, "an array of strings", value);
  }
  const { mayBeText, mayBeNumber } = typesOf(option);
  if (typeof value === "string" && mayBeText) return value;
  if (typeof value === "bigint" && mayBeNumber) return String(value);
  const types = [...(mayBeNumber ? ["a whole number"] : []), ...(mayBeText ? ["a string"] : [])];
  throw wrong(`${place()}: ${key}`, types.join(" or "), value);
}

/** Which types of TOML an option that is no list may have. */
export function typesOf({ takes }: Option): { readonly mayBeText: boolean; readonly mayBeNumber: boolean } {
  // A choice of numbers, such as reply codes, need not be quoted.
  const isNumeric = takes.kind === "choice" && takes.of.every((one) => /^[0-9]+$/.test(one));
  return {
    mayBeText: takes.kind !== "number",
    mayBeNumber: takes.kind === "number" || takes.kind === "size" || isNumeric,
  };
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
