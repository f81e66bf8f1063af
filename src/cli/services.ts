// The services of a configuration file: the commands that are about them, which there are, of what protocol, and what
// is said of each. Knows files and protocols; what is done with a service is for whoever asks.

import { type Configuration, configurationsIn, type Service, servicesIn } from "../options/file.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import { type Settings, settingsFrom } from "../options/settings.ts";
import type { Table } from "../options/table.ts";
import { readToml } from "../options/toml.ts";
import { expected, UsageError } from "../options/usage.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { PROTOCOLS } from "../protocols/registry.ts";
import { COMMAND_OPTIONS } from "./command-options.ts";
import { protocolOf, settingsIn, tablesWith } from "./protocol.ts";
import type { Subcommand } from "./subcommand.ts";

const FILE: Subcommand["options"] = {
  config: { value: "a TOML file", help: "with a [service.NAME] for each (protowrap.toml(5))" },
};

export const SERVE: Subcommand = {
  name: "serve",
  about: "Accepts the clients of every service in a configuration file.",
  positionals: [],
  options: FILE,
};

export const CHECK_SERVE: Subcommand = {
  name: "check serve",
  about: "What is wrong with the services of a file, and what follows from each.",
  positionals: [],
  options: {
    ...FILE,
    strict: { value: null, help: COMMAND_OPTIONS.check.strict.help },
    offline: { value: null, help: COMMAND_OPTIONS.check.offline.help },
  },
};

export const CONFIG_SERVE: Subcommand = {
  name: "config serve",
  about: "Every value in effect for every service of a file, and where it came from.",
  positionals: [],
  options: { ...FILE, json: { value: null, help: COMMAND_OPTIONS.config.json.help } },
};

/** A service, and what is said of it. */
export interface Told extends Service {
  readonly protocol: AnyProtocol;
  readonly settings: Settings;
}

export interface ServiceFile {
  readonly services: readonly Told[];
  /** What is said at the top of the file: of all services, and of what is none's own. */
  readonly common: Settings;
}

/** Reads a file once: what is said of one service and of another is of the same moment. @throws UsageError */
export async function servicesOf(path: string): Promise<ServiceFile> {
  const toml = readToml(path);
  const services = servicesIn(toml);
  if (services.length === 0)
    throw new UsageError(`${path}: expected services, each as [service.NAME], got none`);
  const protocols = new Map<string, AnyProtocol>();
  for (const { command, where } of services) protocols.set(command, await load(command, where));
  const tables = await tablesWith(protocols);
  const configurationOf = configurationsIn(toml, tables);
  const told = services.map(async (service) => {
    const protocol = protocols.get(service.command)!;
    const settings = await settingsIn(protocol, ["--config", path], {}, async () => configurationOf(service));
    return { ...service, protocol, settings };
  });
  return { services: await Promise.all(told), common: await commonOf(configurationOf(null)) };
}

async function load(command: string, where: string): Promise<AnyProtocol> {
  const what = `protocol = ${Object.keys(PROTOCOLS).join(", ")} or the absolute path of a module`;
  if (!Object.hasOwn(PROTOCOLS, command) && !command.startsWith("/")) throw expected(where, what, command);
  return protocolOf(command);
}

function commonOf(configuration: Configuration): Promise<Settings> {
  const options = Object.fromEntries(
    Object.entries(configuration.options).filter(([name]) => Object.hasOwn(RUN_OPTIONS, name)),
  );
  const table: Table = RUN_OPTIONS;
  return settingsFrom(["--config", configuration.path], {
    table,
    owners: async () => [],
    readFile: async () => ({ ...configuration, options }),
  });
}
