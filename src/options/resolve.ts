// The kinds of options that need the world to become a value: networks, expressions, DNS lists. By kind, whichever
// protocol declares them. What costs start-up time is loaded only when an entry asks for it.

import type { Read } from "../protocols/protocol.ts";
import type { Entry } from "../record/entry.ts";
import { content, domains, type Made, networks, patterns, recipients, type Said } from "./kinds.ts";
import { type Files, filesIn, hasFiles } from "./lists.ts";
import type { PassedSettings } from "./settings.ts";
import { type Blackholes, camelCase, type Kind, type Table, type ValuesOf } from "./table.ts";

export interface Resolved {
  /** The values of a table: those of the world, and those that need none. */
  readonly read: Read;
  /** What must be found out before the client is greeted; begun once the server has been started. */
  readonly prepare: ((log: (entry: Entry) => void) => Promise<void>) | null;
}

type Preparation = NonNullable<Resolved["prepare"]>;

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

/** Where values come from besides the settings. */
export interface World {
  /** Asks blackhole lists where we may not. */
  readonly elsewhere?: Elsewhere | null;
  /** What files of entries say; by default they are read now. */
  readonly files?: Files;
  /** All of it is proven now: others are to be served by it for long. */
  readonly isForMany?: boolean;
}

/**
 * What is the same for all clients is made once.
 * @param table whose options are resolved
 * @throws UsageError for a network or an expression that is none, and for a file that cannot be read
 */
export async function resolve(settings: PassedSettings, table: Table, world: World = {}): Promise<Resolver> {
  const { elsewhere = null, isForMany = false } = world;
  const files = world.files ?? (await readingFiles(settings, table));
  const resolved = new Map<string, unknown>();
  const questions = new Map<string, Question>();
  for (const [name, { takes }] of Object.entries(table)) {
    const entries = settings.entries(name);
    if (entries === null) continue;
    const said = { entries, where: settings.where(name), files };
    if (takes.kind === "blackholes") {
      if (entries.length === 0) resolved.set(name, NO_BLACKHOLES);
      else questions.set(name, await blackholes(settings, name, takes, files, elsewhere));
      continue;
    }
    const made = await madeOf(takes, said);
    if (made === null) continue; // a list of text, which is what it is
    if (isForMany) made.prove();
    resolved.set(name, made.value);
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

async function madeOf(takes: Kind, said: Said): Promise<Made<unknown> | null> {
  switch (takes.kind) {
    case "networks":
      return networks(said, takes.words);
    case "domains":
      return domains(said);
    case "patterns":
      return patterns(said);
    case "content":
      return content(said);
    case "recipients":
      return recipients(said);
    default:
      return null;
  }
}

export const NO_FILES: Files = (path) => {
  throw new Error(`${path} was not asked for`);
};

/** Each is read once, now: later we may not be somebody who can. */
async function readingFiles(settings: PassedSettings, table: Table): Promise<Files> {
  const paths = filesIn(settings, table);
  if (paths.length === 0) return NO_FILES;
  const { readNow } = await import("./read-lists.ts");
  const read = new Map(paths.map((path) => [path, readNow(path)]));
  return (path) => read.get(path)!;
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

async function blackholes(
  settings: PassedSettings,
  name: string,
  takes: BlackholeKind,
  files: Files,
  elsewhere: Elsewhere | null,
): Promise<Question> {
  const entries = await zonesOf(settings, name, files);
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

/** The lists that an option names, in itself and in its files. @throws UsageError */
export async function zonesOf(
  settings: PassedSettings,
  name: string,
  files: Files,
): Promise<readonly string[]> {
  const entries = settings.entries(name) ?? [];
  if (!hasFiles(entries)) return entries;
  const { allEntries, provenEntry } = await import("./list-texts.ts");
  const { parseBlackhole, ZONE } = await import("../policy/blackhole.ts");
  const where = settings.where(name);
  const isZone = (entry: string) => parseBlackhole(entry) !== null;
  return allEntries("blackholes", entries, where, files).map((one) => provenEntry(one, isZone, ZONE, where));
}

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
