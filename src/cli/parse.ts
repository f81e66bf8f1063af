// argv to values: the hot path, with yargs-parser alone. Every mistake is a UsageError that names the option,
// what was expected and what was given. Knows the option table; not what an option is good for.

import parser from "yargs-parser";
import type { ServerPlan } from "../run.ts";
import { parseDestination } from "./destination.ts";
import { DEFAULT_SERVERS, OPTIONS, type Option } from "./options.ts";
import { expected, nearest, UsageError } from "./usage.ts";

export type Value = string | number | readonly string[] | null;

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

/** @param argv what follows the protocol's name @throws UsageError */
export function parse(protocol: string, argv: readonly string[]): Parsed {
  const options = OPTIONS.filter((option) => option.for === undefined || option.for.includes(protocol));
  const {
    _: rest,
    "--": server,
    ...given
  } = parser([...argv], {
    string: options.filter((option) => !option.list).map((option) => option.name),
    array: options.filter((option) => option.list).map((option) => ({ key: option.name, string: true })),
    alias: Object.fromEntries(options.map(({ name }) => [name, camelCase(name)])),
    configuration: CONFIGURATION,
  });
  if (rest.length > 0)
    throw new UsageError(`expected options and then -- SERVER, got ${JSON.stringify(String(rest[0]))}`);
  rejectUnknown(given, options);
  const values: Record<string, Value> = {};
  for (const option of options) values[option.name] = settle(option, given[option.name], protocol);
  return { values, server: serverOf(protocol, values, (server ?? []).map(String)) };
}

function rejectUnknown(given: Readonly<Record<string, unknown>>, options: readonly Option[]): void {
  const names = options.map((option) => option.name);
  const known = new Set(names.flatMap((name) => [name, camelCase(name)]));
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown === undefined) return;
  const elsewhere = OPTIONS.find((option) => option.name === unknown || camelCase(option.name) === unknown);
  if (elsewhere !== undefined)
    throw new UsageError(`--${unknown}: this option is for ${elsewhere.for!.join(", ")} only`);
  const near = nearest(unknown, names);
  throw new UsageError(`--${unknown}: unknown option${near === null ? "" : `; expected perhaps --${near}`}`);
}

function settle(option: Option, given: unknown, protocol: string): Value {
  const name = `--${option.name}`;
  if (option.list) {
    const list = given === undefined ? [] : (given as unknown[]).map(String);
    if (list.some((entry) => entry === "")) throw expected(name, "a value", "");
    return list;
  }
  if (Array.isArray(given)) throw new UsageError(`${name}: expected once, got ${JSON.stringify(given)}`);
  const text = given === undefined ? defaultOf(option, protocol) : String(given);
  return text === null ? null : convert(name, option, text);
}

function defaultOf(option: Option, protocol: string): string | null {
  if (option.default === undefined) return null;
  return typeof option.default === "string"
    ? option.default
    : (option.default[protocol] ?? option.default.other ?? null);
}

function convert(name: string, option: Option, text: string): Value {
  const kind = option.takes;
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

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
