// What a command line and a configuration file come to: every option settled, and where its value came from. Knows
// tables, and who says what; no protocol by name, and nothing of the world.

import { type Owners, readArguments } from "./argv.ts";
import type { Configuration } from "./file.ts";
import type { RunDefaults } from "./run.ts";
import { type Given, settle, type Value } from "./settle.ts";
import { camelCase, type GivenOf, type Table } from "./table.ts";

/** Where a value came from that nobody gave. */
export const DEFAULT = "default";

export interface Settings {
  /** What was said of a table's options, or their defaults. */
  read<T extends Table>(table: T): GivenOf<T>;
  /** The entries of a list option; null when it is none. */
  entries(name: string): readonly string[] | null;
  /** The text of an option that may be absent. */
  text(name: string): string | null;
  /** Where a value was said, as an error names it: the option, or the file's line. */
  where(name: string): string;
  /** Where a value came from, for whoever asks: as `where`, or that it is the default. */
  origin(name: string): string;
  /** The server's command line; empty when nobody gave one. */
  readonly server: readonly string[];
  /** Where that was said, as `where` tells it of an option. */
  readonly serverWhere: string;
  readonly file: Configuration | null;
  /** Every value by the option's name, for another process of ours (`settingsOf`). */
  readonly values: Readonly<Record<string, Value>>;
}

/** Settings as they are passed to another process: without what only errors tell, and nothing can be wrong any more. */
export type PassedSettings = Pick<Settings, "read" | "entries" | "text" | "where">;

export interface Asked {
  /** Every option that may be said here. */
  readonly table: Table;
  /** Defaults that replace those of the table. */
  readonly defaults?: RunDefaults;
  readonly owners: Owners;
  /** Reads the --config file at this path. */
  readonly readFile: (path: string) => Promise<Configuration>;
}

/** @param argv what follows the protocol's name @throws UsageError */
export async function settingsFrom(argv: readonly string[], asked: Asked): Promise<Settings> {
  const { table, defaults = {} } = asked;
  const { given, server } = await readArguments(argv, table, asked.owners);
  const said = (name: string): Given | null =>
    given[name] === undefined ? null : { value: given[name], where: `--${name}` };
  const config = table.config === undefined ? null : settle("config", table.config, said("config"));
  const file = typeof config === "string" ? await asked.readFile(config) : null;
  // Where the server is comes from one place as a whole: a --connect replaces a file's `server`, too.
  const elsewhere = server.length > 0 || given.connect !== undefined;
  const values = new Map<string, Value>();
  const places = new Map<string, Given>();
  for (const [name, option] of Object.entries(table)) {
    const filed = name === "connect" && elsewhere ? undefined : file?.options[name];
    const place = said(name) ?? filed ?? null;
    if (place !== null) places.set(name, place);
    values.set(name, settle(name, option, place, defaults[name as keyof RunDefaults] ?? option.default));
  }
  const filedServer = elsewhere ? undefined : file?.server;
  return {
    ...reading(values),
    values: Object.fromEntries(values),
    where: (name) => places.get(name)?.where ?? `--${name}`,
    origin: (name) => places.get(name)?.where ?? DEFAULT,
    server: filedServer ?? server,
    get serverWhere() {
      return filedServer === undefined || filedServer.length === 0 ? "-- SERVER" : file!.serverWhere;
    },
    file,
  };
}

/** @param values as another process has settled them */
export function settingsOf(values: Readonly<Record<string, Value>>): PassedSettings {
  return { ...reading(new Map(Object.entries(values))), where: (name) => `--${name}` };
}

function reading(values: ReadonlyMap<string, Value>): Pick<Settings, "read" | "entries" | "text"> {
  const read = new Map<Table, unknown>(); // several ask for the same table
  return {
    read<T extends Table>(wanted: T): GivenOf<T> {
      if (!read.has(wanted)) read.set(wanted, readFrom(values, wanted));
      return read.get(wanted) as GivenOf<T>;
    },
    entries: (name) => listOrNull(values.get(name)),
    text: (name) => (values.get(name) ?? null) as string | null,
  };
}

function readFrom<T extends Table>(values: ReadonlyMap<string, Value>, table: T): GivenOf<T> {
  const read: Record<string, unknown> = {};
  for (const name of Object.keys(table)) {
    if (!values.has(name)) throw new Error(`--${name} was not asked for`);
    read[camelCase(name)] = values.get(name);
  }
  // Each value was settled by the very option that gives it its type.
  return read as GivenOf<T>;
}

function listOrNull(value: Value | undefined): readonly string[] | null {
  return Array.isArray(value) ? (value as readonly string[]) : null;
}
