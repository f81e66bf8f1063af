// From option values to what a protocol is given: the same names in camel case, and for SMTP the rules that
// need the client's address or a compiler. What costs start-up time is loaded only when a rule asks for it.

import type { Entry } from "../log/entry.ts";
import type { Pattern } from "../policy/pattern.ts";
import type { SmtpOptions } from "../protocols/smtp/options.ts";
import { camelCase, type Value } from "./parse.ts";
import { expected, UsageError } from "./usage.ts";

export type Values = Readonly<Record<string, Value>>;

/** What a protocol is given, and what must be found out before the client is greeted. */
export interface Settings {
  readonly settings: object;
  /** Begun once the server has been started; the greeting waits for it. */
  readonly prepare: ((log: (entry: Entry) => void) => Promise<void>) | null;
}

/** Protocols in which a line that is cut or dropped would leave a client without its reply. */
const REPLIES = new Set(["pop3", "smtp"]);

/** @throws UsageError for a network or an expression that is none */
export async function settingsFor(
  protocol: string,
  values: Values,
  clientAddress: string | null,
): Promise<Settings> {
  const onLongLine = values["on-long-line"];
  if (REPLIES.has(protocol) && onLongLine !== "refuse" && onLongLine !== "close")
    throw expected(
      "--on-long-line",
      `refuse or close with ${protocol}, where every line has its reply`,
      onLongLine,
    );
  const plain = Object.fromEntries(Object.entries(values).map(([name, value]) => [camelCase(name), value]));
  if (protocol !== "smtp") return { settings: plain, prepare: null };
  const { listedBy, prepare } = await blackholes(values, clientAddress);
  return { settings: { ...plain, ...(await smtpRules(values, clientAddress)), listedBy }, prepare };
}

async function blackholes(
  values: Values,
  client: string | null,
): Promise<Pick<SmtpOptions, "listedBy"> & Pick<Settings, "prepare">> {
  const lists = list(values, "dnsbl");
  if (lists.length === 0) return { listedBy: () => null, prepare: null };
  const { blackholeQuestion } = await import("./dnsbl.ts");
  const ask = blackholeQuestion(lists, values.resolver as string | null, client);
  let zone: string | null = null;
  return {
    listedBy: () => zone,
    async prepare(log) {
      zone = await ask(log);
    },
  };
}

async function smtpRules(
  values: Values,
  client: string | null,
): Promise<Pick<SmtpOptions, "relay" | "clientBlocked" | "blockAddress" | "inspect">> {
  return {
    relay: {
      domains: list(values, "relay-domain"),
      senderDomains: list(values, "relay-sender-domain"),
      clientAllowed: await isMember(values, "relay-ip", client),
    },
    clientBlocked: await isMember(values, "block-ip", client),
    blockAddress: await patterns(values, "block-address"),
    inspect: await inspection(values, "block-body"),
  };
}

async function isMember(values: Values, option: string, client: string | null): Promise<boolean> {
  const entries = list(values, option);
  if (entries.length === 0) return false;
  const { compileNetworks } = await import("../policy/networks.ts");
  return named(option, "an address, a network or a prefix", () => compileNetworks(entries))(client);
}

async function patterns(values: Values, option: string): Promise<readonly Pattern[]> {
  const sources = list(values, option);
  if (sources.length === 0) return [];
  const { compilePattern } = await import("../policy/expressions.ts");
  return sources.map((source) => named(option, "a regular expression", () => compilePattern(source)));
}

async function inspection(values: Values, option: string): Promise<SmtpOptions["inspect"]> {
  const sources = list(values, option);
  if (sources.length === 0) return null;
  const { ContentInspector } = await import("../policy/content/inspector.ts");
  const { Rules } = await import("../policy/content/rules.ts");
  const rules = named(option, "a regular expression", () => new Rules(sources));
  return () => new ContentInspector(rules);
}

function named<T>(option: string, what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new UsageError(`--${option}: expected ${what}, got ${(error as Error).message}`);
  }
}

function list(values: Values, option: string): readonly string[] {
  return (values[option] ?? []) as readonly string[];
}
