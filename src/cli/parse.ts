// argv to values: the hot path, with yargs-parser alone. Every mistake is a UsageError that names the option,
// what was expected and what was given. Knows the option table; not what an option is good for.

import parser from "yargs-parser/browser";
import type { ServerPlan } from "../run.ts";
import type { Configuration, Given } from "./config.ts";
import { parseDestination } from "./destination.ts";
import { DEFAULT_SERVERS, type Kind, OPTIONS, type Option } from "./options.ts";
import { expected, nearest, UsageError } from "./usage.ts";

export type Value = string | number | boolean | readonly string[] | null;

export interface Parsed {
  /** By option name, every option of the protocol, defaults filled in. */
  readonly values: Readonly<Record<string, Value>>;
  readonly server: ServerPlan;
}

const CONFIGURATION = {
  "boolean-negation": false,
  "camel-case-expansion": false,
  "dot-notation": false,
  "greedy-arrays": false,
  "parse-numbers": false,
  "parse-positional-numbers": false,
  "populate--": true,
  "short-option-groups": false,
};

const RELAY = ["relay-domain", "relay-ip", "relay-sender-domain"];

/** What a command line may mean besides a session. */
export interface Purpose {
  /** The --config file, already read. */
  readonly file?: Configuration | null;
  /** Options of the command's own. */
  readonly own?: readonly Option[];
  /** No server is ever started: none need be named. */
  readonly serverless?: boolean;
}

/** @param argv what follows the protocol's name @throws UsageError */
export function parse(protocol: string, argv: readonly string[], purpose: Purpose = {}): Parsed {
  const { file = null, own = [], serverless = false } = purpose;
  const options = optionsOf(protocol, own);
  const { given, server } = readArguments(argv, options);
  // Where the server is comes from one place as a whole: a --connect replaces a file's `server`, too.
  const elsewhere = server.length > 0 || given.connect !== undefined;
  const values: Record<string, Value> = {};
  for (const option of options) {
    const { name } = option;
    const said = given[name] === undefined ? null : { value: given[name], where: `--${name}` };
    const filed = name === "connect" && elsewhere ? undefined : file?.options[name];
    values[name] = settle(option, said ?? filed ?? null, protocol);
  }
  const fromFile = elsewhere || file === null ? [] : file.server;
  const command = server.length > 0 ? server : fromFile;
  return { values, server: serverless ? { destinations: [] } : serverOf(protocol, values, command) };
}

/** The file --config names; none of what reads it is loaded without. @throws UsageError */
export async function configurationFor(
  protocol: string,
  argv: readonly string[],
  own: readonly Option[] = [],
): Promise<Configuration | null> {
  if (!argv.some((word) => word.startsWith("--config"))) return null;
  const options = optionsOf(protocol, own);
  const { config } = readArguments(argv, options).given;
  if (config === undefined) return null;
  const option = options.find(({ name }) => name === "config")!;
  const path = settle(option, { value: config, where: "--config" }, protocol) as string;
  const { readConfiguration } = await import("./config.ts");
  return readConfiguration(path, protocol);
}

function optionsOf(protocol: string, own: readonly Option[]): readonly Option[] {
  return [...OPTIONS.filter((option) => option.for === undefined || option.for.includes(protocol)), ...own];
}

function readArguments(
  argv: readonly string[],
  options: readonly Option[],
): { given: Readonly<Record<string, unknown>>; server: readonly string[] } {
  const named = mentioned(argv, options);
  const flags = named.filter((option) => option.takes.kind === "flag");
  const {
    _: rest,
    "--": server,
    ...given
  } = parser([...argv], {
    boolean: flags.map((option) => option.name),
    string: named.filter((option) => !option.list && !flags.includes(option)).map((option) => option.name),
    array: named.filter((option) => option.list).map((option) => ({ key: option.name, string: true })),
    alias: Object.fromEntries(named.map(({ name }) => [name, camelCase(name)])),
    configuration: CONFIGURATION,
  });
  if (rest.length > 0)
    throw new UsageError(`expected options and then -- SERVER, got ${JSON.stringify(String(rest[0]))}`);
  rejectUnknown(given, options);
  return { given, server: (server ?? []).map(String) };
}

/** The options the parser needs to know for this command line: every one it knows is paid by every client. */
function mentioned(argv: readonly string[], options: readonly Option[]): readonly Option[] {
  const words = new Set(
    argv.filter((word) => word.startsWith("-")).map((word) => kebabCase(word.replace(/^-+|=.*$/gs, ""))),
  );
  return options.filter(({ name }) => words.has(name));
}

function rejectUnknown(given: Readonly<Record<string, unknown>>, options: readonly Option[]): void {
  const known = (name: string) => options.some((option) => option.name === kebabCase(name));
  const unknown = Object.keys(given).find((name) => !known(name));
  if (unknown === undefined) return;
  const elsewhere = OPTIONS.find((option) => option.name === kebabCase(unknown));
  if (elsewhere !== undefined)
    throw new UsageError(`--${unknown}: this option is for ${elsewhere.for!.join(", ")} only`);
  if (unknown.length === 1) throw new UsageError(`-${unknown}: unknown option; there are no short ones`);
  const near = nearest(
    unknown,
    options.map((option) => option.name),
  );
  throw new UsageError(`--${unknown}: unknown option${near === null ? "" : `; expected perhaps --${near}`}`);
}

function settle(option: Option, given: Given | null, protocol: string): Value {
  if (option.takes.kind === "flag") return given?.value === true;
  if (option.list) {
    const list = given === null ? [] : (given.value as unknown[]).map(String);
    const bare = list.length === 0 && given?.where === `--${option.name}`;
    if (bare || list.includes("")) throw expected(given!.where, "a value", "");
    return list;
  }
  if (given !== null && Array.isArray(given.value))
    throw new UsageError(`${given.where}: expected once, got ${JSON.stringify(given.value)}`);
  const text = given === null ? defaultOf(option, protocol) : String(given.value);
  return text === null ? null : convert(given?.where ?? `--${option.name}`, option.takes, text);
}

function defaultOf(option: Option, protocol: string): string | null {
  if (option.default === undefined) return null;
  return typeof option.default === "string"
    ? option.default
    : (option.default[protocol] ?? option.default.other ?? null);
}

function convert(name: string, kind: Exclude<Kind, { kind: "flag" }>, text: string): Value {
  switch (kind.kind) {
    case "number": {
      const what = kind.unit === undefined ? "a whole number" : `a whole number of ${kind.unit}`;
      if (!/^[0-9]{1,9}$/.test(text)) throw expected(name, what, text);
      return Number(text);
    }
    case "size": {
      const parts = /^([0-9]{1,12})([KMG]?)$/i.exec(text);
      if (parts === null) throw expected(name, "a number of octets, or one with K, M or G", text);
      return Number(parts[1]) * 1024 ** ["", "K", "M", "G"].indexOf(parts[2]!.toUpperCase());
    }
    case "text":
      if (text === "") throw expected(name, "a value", text);
      return text;
    case "choice":
      if (!kind.of.includes(text)) throw expected(name, kind.of.join(" or "), text);
      return text;
    default:
      return kind satisfies never;
  }
}

function serverOf(protocol: string, values: Parsed["values"], given: readonly string[]): ServerPlan {
  const connect = values.connect as readonly string[];
  if (connect.length > 0) {
    if (given.length > 0) throw expected("-- SERVER", "--connect or -- SERVER, not both", given[0]);
    // A server over TCP sees our address, which is often one it relays for: nothing would be refused.
    if (protocol === "smtp" && RELAY.every((name) => (values[name] as readonly string[]).length === 0))
      throw new UsageError(
        "--connect: expected --relay-domain, --relay-ip or --relay-sender-domain with it, got none",
      );
    return { destinations: connect.map(parseDestination) };
  }
  const [path, ...args] = given.length > 0 ? given : (DEFAULT_SERVERS[protocol] ?? []);
  if (path === undefined) throw new UsageError(`${protocol}: expected -- SERVER [ARG...], got none`);
  if (!path.startsWith("/")) throw expected("-- SERVER", "an absolute path", path);
  return { argv: [path, ...args] };
}

export function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
