// --config FILE: what a TOML file says of the options. The same names and values as on the command line, at
// the top for every protocol that has the option, in a table for the protocol it is named after, and in those of
// services for one of them: the nearest counts. The file is judged as a whole, whoever asks: a mistake in it is found by
// every service that reads it. Knows tables of options; not what an option is good for.

import { ownersOf } from "./owners.ts";
import { type Given, settle } from "./settle.ts";
import { camelCase, isList, type Option, type Table } from "./table.ts";
import type { Toml, TomlTable, TomlValue } from "./toml.ts";
import { expected, nearest, UsageError } from "./usage.ts";

export interface Configuration {
  readonly path: string;
  /** By option name; only those in the file. */
  readonly options: Readonly<Record<string, Given>>;
  /** The server's path and arguments; empty when the file names none. */
  readonly server: readonly string[];
  /** Where that was said, as an error names it. */
  readonly serverWhere: string;
  /** The names of all services in the file, and whether this is what is said of one of them. */
  readonly services: readonly string[];
  readonly isOfService: boolean;
}

/** The table of the services. */
export const SERVICES = "service";

/** What a service has to say: its protocol. */
export const PROTOCOL_KEY = "protocol";

/** The one key that is no option: what stands behind "--" on a command line. */
export const SERVER_KEY = "server";

/** No key: a file cannot include another. */
export const NOT_IN_FILES = "config";

interface Level {
  readonly options: Record<string, Given>;
  server: { readonly argv: readonly string[]; readonly where: string } | null;
}

/** A service that a file tells of, as far as that can be known without its protocol. */
export interface Service {
  readonly name: string;
  /** A registered protocol, or the path of a module, as it was written. */
  readonly command: string;
  /** As an error names it: the file, the line and the table. */
  readonly where: string;
}

/** Whose configuration is asked for: a protocol's, or a service's; null for what is said of all. */
export type Whose = { readonly protocol: string } | Service | null;

/** All the tables of options there are. */
export interface Tables {
  /** By the protocol's name, those of every run among them. */
  readonly byName: ReadonlyMap<string, Table>;
  /** The name of the protocol that a service calls so; null for one that has not been loaded. */
  readonly nameOf: (command: string) => string | null;
}

/** The services of a file, in its order. @throws UsageError with the file and the line */
export function servicesIn({ tables, place }: Toml): Service[] {
  const services = tables[SERVICES];
  if (services === undefined) return [];
  if (!isTable(services)) throw wrong(`${place(SERVICES)}: ${SERVICES}`, "tables [service.NAME]", services);
  return Object.entries(services).map(([name, table]) => {
    const where = `${place(SERVICES, name)}: [${SERVICES}.${name}]`;
    if (!isTable(table)) throw wrong(`${place(SERVICES, name)}: ${SERVICES}.${name}`, "a table", table);
    if (!/^[\w.-]{1,64}$/.test(name)) throw expected(where, "a name of 1 to 64 of A-Z a-z 0-9 . _ -", name);
    const command = table[PROTOCOL_KEY];
    if (command === undefined) throw new UsageError(`${where}: expected ${PROTOCOL_KEY}, got none`);
    if (typeof command === "string") return { name, command, where };
    throw wrong(`${place(SERVICES, name, PROTOCOL_KEY)}: ${PROTOCOL_KEY}`, "a string", command);
  });
}

/**
 * The file is judged as a whole, whoever asks, and once, however many services ask.
 * @returns what it says of each @throws UsageError with the file and the line
 */
export function configurationsIn(toml: Toml, tables: Tables): (whose: Whose) => Configuration {
  const { byName } = tables;
  const top: [string, TomlValue][] = [];
  const ofProtocols = new Map<string, Level>();
  const ofServices = new Map<string, Level>();
  for (const [key, value] of Object.entries(toml.tables)) {
    if (key === SERVICES) continue;
    if (!isTable(value)) {
      top.push([key, value]);
      continue;
    }
    if (!byName.has(key))
      throw unknown(toml.place(key), `[${key}]`, "table", [...byName.keys(), SERVICES], key);
    ofProtocols.set(key, readLevel(toml, [key], Object.entries(value), key, byName));
  }
  const services = servicesIn(toml);
  for (const service of services) {
    const protocol = tables.nameOf(service.command);
    if (protocol === null) continue;
    const { [PROTOCOL_KEY]: _, ...said } = (toml.tables[SERVICES] as TomlTable)[service.name] as TomlTable;
    const level = readLevel(toml, [SERVICES, service.name], Object.entries(said), protocol, byName);
    ofServices.set(service.name, level);
  }
  const common = readLevel(toml, [], top, null, byName);
  const names = services.map(({ name }) => name);
  return (whose) => {
    const isOfService = whose !== null && "name" in whose;
    const protocol = whose === null ? null : isOfService ? tables.nameOf(whose.command) : whose.protocol;
    const ofService = isOfService ? ofServices.get(whose.name) : undefined;
    const levels = [ofService, ofProtocols.get(protocol ?? ""), common].filter(
      (level) => level !== undefined,
    );
    return { ...nearestOf(toml.path, levels), services: names, isOfService: ofService !== undefined };
  };
}

/** @param said the nearest first */
function nearestOf(path: string, said: readonly Level[]): Omit<Configuration, "services" | "isOfService"> {
  // Where the server is, is one thing to say: a table that says it replaces what others say of `connect` and `server`.
  const reached = said.find(({ server, options }) => server !== null || options.connect !== undefined);
  const { connect: _, ...others } = Object.assign({}, ...said.map(({ options }) => options).reverse());
  const connect = reached?.options.connect;
  return {
    path,
    options: connect === undefined ? others : { ...others, connect },
    server: reached?.server?.argv ?? [],
    get serverWhere() {
      return reached?.server?.where ?? path;
    },
  };
}

/** @param table where the level is in the file @param named its protocol; null at the top */
function readLevel(
  toml: Toml,
  table: readonly string[],
  entries: readonly [string, TomlValue][],
  named: string | null,
  tables: ReadonlyMap<string, Table>,
): Level {
  const level: Level = { options: {}, server: null };
  const all = merged([...tables.values()]);
  const keys = [...Object.keys(all).filter((name) => name !== NOT_IN_FILES), SERVER_KEY];
  for (const [key, value] of entries) {
    const place = () => toml.place(...table, key);
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
): string | boolean | readonly string[] {
  if (isList(option)) {
    if (isStrings(value)) return value;
    throw wrong(`${place()}: ${key}`, "an array of strings", value);
  }
  const { mayBeText, mayBeNumber, mayBeBoolean } = typesOf(option);
  if (typeof value === "boolean" && mayBeBoolean) return value;
  if (typeof value === "string" && mayBeText) return value;
  if (typeof value === "bigint" && mayBeNumber) return String(value);
  const types = [
    ...(mayBeBoolean ? ["true or false"] : []),
    ...(mayBeNumber ? ["a whole number"] : []),
    ...(mayBeText ? ["a string"] : []),
  ];
  throw wrong(`${place()}: ${key}`, types.join(" or "), value);
}

/** Which types of TOML an option that is no list may have. */
export function typesOf({ takes }: Option): {
  readonly mayBeText: boolean;
  readonly mayBeNumber: boolean;
  readonly mayBeBoolean: boolean;
} {
  // A choice of numbers, such as reply codes, need not be quoted.
  const isNumeric = takes.kind === "choice" && takes.of.every((one) => /^[0-9]+$/.test(one));
  return {
    mayBeBoolean: takes.kind === "flag",
    mayBeText: takes.kind !== "number" && takes.kind !== "flag",
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
