// The kinds of options that need the world to become a value: networks, expressions, DNS lists. By kind, whichever
// protocol declares them. What costs start-up time is loaded only when an entry asks for it.

import type { Pattern } from "../policy/pattern.ts";
import type { Read } from "../protocols/protocol.ts";
import type { Entry } from "../record/entry.ts";
import type { Inspector } from "../wire/message.ts";
import type { Settings } from "./settings.ts";
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
const NO_BLACKHOLES: Blackholes = { listedBy: () => null };

/**
 * @param table whose options are resolved @param client the client's address, or null
 * @throws UsageError for a network or an expression that is none
 */
export async function resolve(settings: Settings, table: Table, client: string | null): Promise<Resolved> {
  const resolved = new Map<string, unknown>();
  const preparations: Preparation[] = [];
  for (const [name, { takes }] of Object.entries(table)) {
    const entries = settings.entries(name);
    if (entries === null) continue;
    const where = settings.where(name);
    switch (takes.kind) {
      case "networks":
        resolved.set(name, await networks(entries, where));
        break;
      case "patterns":
        resolved.set(name, await patterns(entries, where));
        break;
      case "content":
        resolved.set(name, await content(entries, where));
        break;
      case "blackholes": {
        const { value, prepare } = await blackholes(settings, takes, entries, where, client);
        resolved.set(name, value);
        if (prepare !== null) preparations.push(prepare);
        break;
      }
      default: // a list of text, which is what it is
    }
  }
  const read = <T extends Table>(asked: T): ValuesOf<T> => {
    const given: Record<string, unknown> = { ...settings.read(asked) };
    for (const [name, value] of resolved) if (Object.hasOwn(asked, name)) given[camelCase(name)] = value;
    // Each value was made from the very option that gives it its type.
    return given as ValuesOf<T>;
  };
  const prepare: Preparation = async (log) => {
    await Promise.all(preparations.map((one) => one(log)));
  };
  return { read, prepare: preparations.length === 0 ? null : prepare };
}

async function networks(entries: readonly string[], where: string): Promise<Networks> {
  if (entries.length === 0) return NO_NETWORKS;
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
  const rules = named(where, "a regular expression", () => new Rules(entries));
  return () => new ContentInspector(rules);
}

async function blackholes(
  settings: Settings,
  { resolver }: Kind & { kind: "blackholes" },
  entries: readonly string[],
  where: string,
  client: string | null,
): Promise<{ value: Blackholes; prepare: Preparation | null }> {
  if (entries.length === 0) return { value: NO_BLACKHOLES, prepare: null };
  const { blackholeQuestion } = await import("./blackholes.ts");
  const server = { name: settings.text(resolver), where: settings.where(resolver) };
  const ask = blackholeQuestion(entries, where, server, client);
  let zone: string | null = null;
  return {
    value: { listedBy: () => zone },
    async prepare(log) {
      zone = await ask(log);
    },
  };
}

function named<T>(where: string, what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new UsageError(`${where}: expected ${what}, got ${(error as Error).message}`);
  }
}
