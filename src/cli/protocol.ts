// The protocol a command line names: a registered one, or a module outside. Loads that one and no other; the options
// of the others only for whoever reads a file of all, or asks whose an option is.

import type { Configuration, Tables } from "../options/file.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import { type Settings, settingsFrom } from "../options/settings.ts";
import type { Table } from "../options/table.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { PROTOCOLS } from "../protocols/registry.ts";

/** Whether it names a protocol at all, and is no other command. */
export function isProtocol(command: string): boolean {
  return Object.hasOwn(PROTOCOLS, command) || command.includes("/");
}

/** @throws UsageError for a module that is no protocol */
export async function protocolOf(command: string): Promise<AnyProtocol> {
  const registered = PROTOCOLS[command];
  if (registered !== undefined) return registered.load();
  const { outside } = await import("./outside.ts");
  return outside(command);
}

/**
 * @param argv what follows the protocol's name @param own options of the command that asks
 * @param directory where paths begin that do not begin at the root, if that is not where we are
 * @throws UsageError
 */
export function settingsFor(
  protocol: AnyProtocol,
  argv: readonly string[],
  own: Table = {},
  directory?: string,
): Promise<Settings> {
  return settingsIn(protocol, argv, own, async (path) => {
    const { resolve } = await import("node:path");
    const { readToml } = await import("../options/toml.ts");
    const { expected } = await import("../options/usage.ts");
    const { configurationsIn } = await import("../options/file.ts");
    const { isEndless } = await import("../os/files.ts"); // not by whoever cannot call the system
    const place = directory === undefined ? path : resolve(directory, path);
    // Somewhere else we are while others are served: it is read again then.
    if (directory !== undefined && isEndless(place)) throw expected("--config", "a regular file", path);
    const toml = readToml(place);
    const configurationOf = configurationsIn(toml, await tablesWith([[protocol.name, protocol]]));
    return configurationOf({ protocol: protocol.name });
  });
}

/** @param readFile reads a file that --config names @throws UsageError */
export function settingsIn(
  { options, defaults }: AnyProtocol,
  argv: readonly string[],
  own: Table,
  readFile: (path: string) => Promise<Configuration>,
): Promise<Settings> {
  return settingsFrom(argv, {
    table: { ...RUN_OPTIONS, ...options, ...own },
    ...(defaults === undefined ? {} : { defaults }),
    async owners(option) {
      const { ownersOf } = await import("../options/owners.ts");
      return ownersOf(option, await protocolTables());
    },
    readFile,
  });
}

/** The options of every registered protocol and of these, by what a service calls each. */
export async function tablesWith(loaded: Iterable<readonly [string, AnyProtocol]>): Promise<Tables> {
  const all = [...loaded];
  const own = all.map(([, { name, options }]): [string, Table] => [name, options]);
  const whole = [...(await protocolTables()), ...own].map(([of, table]): [string, Table] => [
    of,
    { ...RUN_OPTIONS, ...table },
  ]);
  const names = new Map(all.map(([command, { name }]) => [command, name]));
  return {
    byName: new Map(whole),
    nameOf: (command) => names.get(command) ?? (Object.hasOwn(PROTOCOLS, command) ? command : null),
  };
}

/** The own options of every registered protocol, by its name. */
export async function protocolTables(): Promise<ReadonlyMap<string, Table>> {
  const all = Object.entries(PROTOCOLS).map(
    async ([name, { options }]): Promise<[string, Table]> => [name, await options()],
  );
  return new Map(await Promise.all(all));
}
