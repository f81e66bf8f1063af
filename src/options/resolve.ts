// The kinds of options that need the world to become a value: networks, expressions, DNS lists. By kind, whichever
// protocol declares them. What costs start-up time is loaded only when an entry asks for it.

import type { Pattern } from "../policy/pattern.ts";
import type { Read } from "../protocols/protocol.ts";
import type { Entry } from "../record/entry.ts";
import type { Inspector } from "../wire/message.ts";
import type { PassedSettings } from "./settings.ts";
import { type Blackholes, camelCase, type Kind, type Networks, type Table, type ValuesOf } from "./table.ts";
import { UsageError } from "./usage.ts";

export interface Resolved {
  /** The values of a table: those of the world, and those that need none. */
  readonly read: Read;
  /** What must be found out before the client is greeted; begun once the server has been started. */
  readonly prepare: ((log: (entry: Entry) => void) => Promise<void>) | null;
}

type Preparation = NonNullable<Resolved["prepare"]>;

const NO_NETWORKS: Networks = { has: () => false };
const EVERYBODY: Networks = { has: () => true };
const NO_BLACKHOLES: Blackholes = { listedBy: () => null };

/** Asks the lists of an option about an address, as whoever else may. @throws when nobody says */
export type Elsewhere = (
  name: string,
  address: string,
  log: (entry: Entry) => void,
) => Promise<string | null>;

/** The values for one client, by its address, or null. */
export type Resolver = (client: string | null) => Resolved;

/** Asks about one client. */
type Question = (client: string | null) => { value: Blackholes; prepare: Preparation };

/**
 * What is the same for all clients is made once.
 * @param table whose options are resolved
 * @param elsewhere asks blackhole lists where we may not
 * @throws UsageError for a network or an expression that is none
 */
export async function resolve(
  settings: PassedSettings,
  table: Table,
  elsewhere: Elsewhere | null = null,
): Promise<Resolver> {
  const resolved = new Map<string, unknown>();
  const questions = new Map<string, Question>();
  for (const [name, { takes }] of Object.entries(table)) {
    const entries = settings.entries(name);
    if (entries === null) continue;
    const where = settings.where(name);
    switch (takes.kind) {
      case "networks":
        resolved.set(name, await networks(entries, where, takes.words ?? null));
        break;
      case "patterns":
        resolved.set(name, await patterns(entries, where));
        break;
      case "content":
        resolved.set(name, await content(entries, where));
        break;
      case "blackholes":
        if (entries.length === 0) resolved.set(name, NO_BLACKHOLES);
        else questions.set(name, await blackholes(settings, name, takes, entries, elsewhere));
        break;
      default: // a list of text, which is what it is
    }
  }
  // Most listeners ask about nobody: all their clients have the same values, made once.
  const same = remembered(reading(settings, resolved));
  if (questions.size === 0) return () => ({ read: same, prepare: null });
  return (client) => {
    const own = new Map(resolved);
    const preparations = [...questions].map(([name, question]) => {
      const { value, prepare } = question(client);
      own.set(name, value);
      return prepare;
    });
    const prepare: Preparation = async (log) => {
      await Promise.all(preparations.map((one) => one(log)));
    };
    return { read: reading(settings, own), prepare };
  };
}

/** What is read of a table is read once. */
function remembered(read: Read): Read {
  const values = new Map<Table, unknown>();
  return <T extends Table>(asked: T): ValuesOf<T> => {
    if (!values.has(asked)) values.set(asked, read(asked));
    return values.get(asked) as ValuesOf<T>;
  };
}

function reading(settings: PassedSettings, resolved: ReadonlyMap<string, unknown>): Read {
  return <T extends Table>(asked: T): ValuesOf<T> => {
    const given: Record<string, unknown> = { ...settings.read(asked) };
    for (const [name, value] of resolved) if (Object.hasOwn(asked, name)) given[camelCase(name)] = value;
    // Each value was made from the very option that gives it its type.
    return given as ValuesOf<T>;
  };
}

type NetworkWords = { readonly nobody: string; readonly anybody: string } | null;

/** @returns null where there are words for it, and nobody said one */
async function networks(
  entries: readonly string[],
  where: string,
  words: NetworkWords,
): Promise<Networks | null> {
  if (entries.length === 0) return words === null ? NO_NETWORKS : null;
  const word = words === null ? undefined : entries.find((entry) => Object.values(words).includes(entry));
  if (word !== undefined && entries.length > 1)
    throw new UsageError(`${where}: expected ${word} alone, or networks, got ${JSON.stringify(entries)}`);
  if (word !== undefined) return word === words!.anybody ? EVERYBODY : NO_NETWORKS;
  const { compileNetworks } = await import("../policy/networks.ts");
  return { has: named(where, "an address, a network or a prefix", () => compileNetworks(entries)) };
}

async function patterns(entries: readonly string[], where: string): Promise<readonly Pattern[]> {
  if (entries.length === 0) return [];
  const { compilePattern } = await import("../policy/expressions.ts");
  return entries.map((source) => named(where, "a regular expression", () => compilePattern(source)));
}

async function content(entries: readonly string[], where: string): Promise<(() => Inspector) | null> {
  if (entries.length === 0) return null;
  const { ContentInspector } = await import("../policy/content/inspector.ts");
  const { Rules } = await import("../policy/content/rules.ts");
  const { processorTime } = await import("../os/processor.ts");
  const rules = named(where, "a regular expression", () => new Rules(entries));
  return () => new ContentInspector(rules, processorTime);
}

async function blackholes(
  settings: PassedSettings,
  name: string,
  takes: BlackholeKind,
  entries: readonly string[],
  elsewhere: Elsewhere | null,
): Promise<Question> {
  const ask =
    elsewhere === null ? await asked(settings, name, takes, entries) : told(elsewhere, name, entries);
  return (client) => {
    let zone: string | null = null;
    return {
      value: { listedBy: () => zone },
      async prepare(log) {
        if (client !== null) zone = await ask(client, log);
      },
    };
  };
}

type BlackholeKind = Kind & { kind: "blackholes" };
type Ask = (address: string, log: (entry: Entry) => void) => Promise<string | null>;

/** @returns what asks the lists of an option, from here @throws UsageError */
export async function asked(
  settings: PassedSettings,
  name: string,
  { resolver }: BlackholeKind,
  entries: readonly string[],
): Promise<Ask> {
  const { blackholeQuestion } = await import("./blackholes.ts");
  const server = { name: settings.text(resolver), where: settings.where(resolver) };
  return blackholeQuestion(entries, settings.where(name), server);
}

/** A list of which nobody says anything blocks nobody. */
function told(elsewhere: Elsewhere, name: string, entries: readonly string[]): Ask {
  return async (address, log) => {
    try {
      return await elsewhere(name, address, log);
    } catch {
      for (const entry of entries)
        log({ level: 1, event: "dnsbl-silent", fields: { zone: entry.replace(/=.*/s, "") } });
      return null;
    }
  };
}

function named<T>(where: string, what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new UsageError(`${where}: expected ${what}, got ${(error as Error).message}`);
  }
}
