// The protocol a command line names: a registered one, or a module outside. Loads that one and no other; the options
// of the others only for whoever reads a file of all, or asks whose an option is.

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
 * @throws UsageError
 */
export function settingsFor(
  protocol: AnyProtocol,
  argv: readonly string[],
  own: Table = {},
): Promise<Settings> {
  const { name, options, defaults } = protocol;
  return settingsFrom(argv, {
    table: { ...RUN_OPTIONS, ...options, ...own },
    ...(defaults === undefined ? {} : { defaults }),
    async owners(option) {
      const { ownersOf } = await import("../options/owners.ts");
      return ownersOf(option, await protocolTables());
    },
    async readFile(path) {
      const { readConfiguration } = await import("../options/file.ts");
      const tables = new Map(await protocolTables()).set(name, options);
      const whole = [...tables].map(([of, table]): [string, Table] => [of, { ...RUN_OPTIONS, ...table }]);
      return readConfiguration(path, name, new Map(whole));
    },
  });
}

/** The own options of every registered protocol, by its name. */
export async function protocolTables(): Promise<ReadonlyMap<string, Table>> {
  const all = Object.entries(PROTOCOLS).map(
    async ([name, { options }]): Promise<[string, Table]> => [name, await options()],
  );
  return new Map(await Promise.all(all));
}
