// `protowrap config <protocol> [options]`: the configuration in effect, each value with where it came from. Nothing
// is started, and nothing is judged but that it can be read. Knows options by their tables.

import { EXIT, type ExitCode } from "../exit.ts";
import { NOT_IN_FILES, PROTOCOL_KEY, SERVICES } from "../options/file.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import { DEFAULT, type Settings } from "../options/settings.ts";
import { camelCase, type Table } from "../options/table.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { COMMAND_OPTIONS } from "./command-options.ts";
import { attend, namedProtocol, print } from "./person.ts";
import { settingsFor } from "./protocol.ts";
import { CONFIG_SERVE, SERVE, servicesOf } from "./services.ts";
import { argumentsOf, needed } from "./subcommand.ts";

export interface Row {
  readonly name: string;
  readonly value: unknown;
  /** An option of the command line, a file and its line, or that it is the default. */
  readonly from: string;
}

/** Runs `protowrap config …`. */
export function config(argv: readonly string[]): Promise<ExitCode> {
  return attend("config", argv, () => work(argv));
}

async function work([command = "", ...argv]: readonly string[]): Promise<ExitCode> {
  if (command === SERVE.name) return workOnServices(argv);
  const protocol = await namedProtocol("config", command);
  const settings = await settingsFor(protocol, argv, COMMAND_OPTIONS.config);
  const { json } = settings.read(COMMAND_OPTIONS.config);
  const rows = inEffect(protocol, settings);
  await print(json ? [writeJson(byName(rows))] : aligned(rows));
  return EXIT.ok;
}

async function workOnServices(argv: readonly string[]): Promise<ExitCode> {
  const args = argumentsOf(CONFIG_SERVE, argv);
  const { services } = await servicesOf(needed(CONFIG_SERVE, args, "config"));
  const all = services.map(({ protocol, settings, ...service }) => ({
    ...service,
    rows: [
      { name: PROTOCOL_KEY, value: service.command, from: placeOf(service.where) },
      ...inEffect(protocol, settings),
    ],
  }));
  if (args.values.has("json"))
    await print([writeJson(Object.fromEntries(all.map(({ name, rows }) => [name, byName(rows)])))]);
  else
    await print(
      all.flatMap(({ name, rows }) => [`[${SERVICES}.${name}]`, ...aligned(rows), ""]).slice(0, -1),
    );
  return EXIT.ok;
}

/** Every option there is, in the order of the tables, and the server. */
export function inEffect(protocol: AnyProtocol, settings: Settings): Row[] {
  const server = serverRow(protocol, settings);
  return [...rowsOf(RUN_OPTIONS, settings), ...rowsOf(protocol.options, settings), server];
}

function rowsOf(table: Table, settings: Settings): Row[] {
  const values: Readonly<Record<string, unknown>> = settings.read(table);
  return Object.keys(table).map((name) => ({
    name,
    value: values[camelCase(name)],
    from: placeOf(settings.origin(name)),
  }));
}

/** Without the name, which stands in front already. */
function placeOf(origin: string): string {
  return origin.replace(/: [^ :]+$/, "");
}

/** What stands behind "--" on a command line. A server over TCP is in the row of --connect. */
function serverRow(protocol: AnyProtocol, { server, serverWhere, read }: Settings): Row {
  const name = "server";
  if (server.length > 0) return { name, value: server, from: placeOf(serverWhere) };
  const isOverTcp = read(RUN_OPTIONS).connect.length > 0;
  return { name, value: isOverTcp ? null : (protocol.server ?? null), from: DEFAULT };
}

function byName(rows: readonly Row[]) {
  return Object.fromEntries(rows.map(({ name, value, from }) => [name, { value, from }]));
}

function writeJson(value: object): string {
  return JSON.stringify(value, null, 2);
}

/** As a TOML file has it, with where it came from behind. What is not set, or no key there, is a comment. */
function aligned(rows: readonly Row[]): string[] {
  const said = rows.map((row) => ({
    ...row,
    text: `${row.value === null || row.name === NOT_IN_FILES ? "# " : ""}${row.name} = ${shown(row.value)}`,
  }));
  const width = Math.min(40, Math.max(...said.map(({ text }) => text.length)));
  return said.map(({ text, from }) => `${text.padEnd(width)}  # ${from}`);
}

function shown(value: unknown): string {
  return value === null ? "(not set)" : JSON.stringify(value);
}
