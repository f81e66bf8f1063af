// `protowrap config <protocol> [options]`: the configuration in effect, each value with where it came from. Nothing
// is started, and nothing is judged but that it can be read. Knows options by their tables.

import { EXIT, type ExitCode } from "../exit.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import { serverOf } from "../options/server.ts";
import type { Settings } from "../options/settings.ts";
import { camelCase, type Table } from "../options/table.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { COMMAND_OPTIONS } from "./command-options.ts";
import { attend, namedProtocol, print } from "./person.ts";
import { settingsFor } from "./protocol.ts";

interface Row {
  readonly name: string;
  readonly value: unknown;
  readonly from: string;
}

/** Runs `protowrap config …`. */
export function config(argv: readonly string[]): Promise<ExitCode> {
  return attend("config", argv, () => work(argv));
}

async function work([command = "", ...argv]: readonly string[]): Promise<ExitCode> {
  const protocol = await namedProtocol("config", command);
  const settings = await settingsFor(protocol, argv, COMMAND_OPTIONS.config);
  const rows = [
    ...rowsOf(RUN_OPTIONS, settings),
    ...rowsOf(protocol.options, settings),
    serverRow(protocol, settings),
  ];
  const { json } = settings.read(COMMAND_OPTIONS.config);
  await print(json ? [jsonOf(rows)] : aligned(rows));
  return EXIT.ok;
}

function rowsOf(table: Table, settings: Settings): Row[] {
  const values: Readonly<Record<string, unknown>> = settings.read(table);
  return Object.keys(table).map((name) => ({
    name,
    value: values[camelCase(name)],
    from: settings.origin(name),
  }));
}

/** What stands behind "--" on a command line. A server over TCP is in the row of --connect. */
function serverRow(protocol: AnyProtocol, settings: Settings): Row {
  const from =
    settings.server.length === 0 ? "default" : settings.serverIsFromFile ? settings.file!.path : "-- SERVER";
  const plan = serverOf(protocol, settings);
  return "argv" in plan
    ? { name: "server", value: plan.argv, from }
    : { name: "server", value: null, from: settings.origin("connect") };
}

function jsonOf(rows: readonly Row[]): string {
  return JSON.stringify(
    Object.fromEntries(rows.map(({ name, value, from }) => [name, { value, from }])),
    null,
    2,
  );
}

/** As a TOML file would have it, with where it came from behind. What is not set is told as a comment. */
function aligned(rows: readonly Row[]): string[] {
  const said = rows.map((row) => ({
    ...row,
    text: `${row.value === null ? "# " : ""}${row.name} = ${shown(row.value)}`,
  }));
  const width = Math.min(40, Math.max(...said.map(({ text }) => text.length)));
  return said.map(({ text, from }) => `${text.padEnd(width)}  # ${from}`);
}

function shown(value: unknown): string {
  return value === null ? "(not set)" : JSON.stringify(value);
}
