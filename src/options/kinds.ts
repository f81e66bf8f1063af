// Values of the kinds of options that are lists, from what they say themselves and from what their files say. What takes
// long is made when somebody first asks; whoever has the time has all of it proven before. Knows kinds; no option by its
// name, and opens no file.

import type { Pattern } from "../policy/pattern.ts";
import type { Inspector } from "../wire/message.ts";
import { type Files, filesOf, hasFiles, inline, SYSTEM_FILES } from "./lists.ts";
import { type Domains, type Kind, type Networks, pathIn, type Recipients, SYSTEM } from "./table.ts";
import { expected, UsageError } from "./usage.ts";

/** What an option says, where, and what its files say. */
export interface Said {
  readonly entries: readonly string[];
  readonly where: string;
  readonly files: Files;
}

export interface Made<T> {
  readonly value: T;
  /** Finds what is wrong now, and not when somebody asks. @throws UsageError */
  readonly prove: () => void;
}

/** More expressions are compiled when there is something to be matched: that takes longer than a greeting. */
const FEW = 16;

const NOTHING = () => {};
const NO_NETWORKS: Networks = { has: () => false };
const EVERYBODY: Networks = { has: () => true };
const NO_DOMAINS: Domains = { has: () => false, some: () => [] };

const NETWORK = "an address, a network or a prefix";
const DOMAIN = "a domain";
const RECIPIENT = `an address, @domain, file:PATH or ${SYSTEM}`;
const EXPRESSION = "a regular expression";

type Words = (Kind & { kind: "networks" })["words"];

/** @returns null as the value where there are words for it, and nobody said one */
export async function networks(said: Said, words: Words): Promise<Made<Networks | null>> {
  const { entries, where, files } = said;
  if (entries.length === 0) return made(words === undefined ? NO_NETWORKS : null);
  const word =
    words === undefined ? undefined : entries.find((entry) => Object.values(words).includes(entry));
  if (word !== undefined && entries.length > 1)
    throw new UsageError(`${where}: expected ${word} alone, or networks, got ${JSON.stringify(entries)}`);
  if (word !== undefined) return made(word === words!.anybody ? EVERYBODY : NO_NETWORKS);
  const { compileNetworks } = await import("../policy/networks.ts");
  const own = named(where, NETWORK, () => compileNetworks(inline(entries)));
  if (!hasFiles(entries)) return made({ has: own });
  const { textIn, inFile } = await import("./list-texts.ts");
  const { NetworkList } = await import("../policy/lists/networks.ts");
  const lists = filesOf("networks", entries).map((path) => {
    const list = new NetworkList(textIn(path, where, files));
    return <T>(work: (list: InstanceType<typeof NetworkList>) => T) =>
      inFile(where, path, NETWORK, () => work(list));
  });
  return {
    // Each is asked: one that has a line that is no network is found so, whoever comes.
    value: {
      has: (address) => lists.map((ask) => ask((list) => list.has(address))).some(Boolean) || own(address),
    },
    prove: () => lists.forEach((ask) => void ask((list) => list.prove())),
  };
}

export async function domains({ entries, where, files }: Said): Promise<Made<Domains>> {
  if (entries.length === 0) return made(NO_DOMAINS);
  const { domainsOf } = await import("../policy/domains.ts");
  const own = domainsOf(inline(entries));
  if (!hasFiles(entries)) return made(own);
  const { textIn, inFile } = await import("./list-texts.ts");
  const { DomainList } = await import("../policy/lists/domains.ts");
  const lists = filesOf("domains", entries).map((path) => {
    const list = new DomainList(textIn(path, where, files));
    return <T>(work: (list: InstanceType<typeof DomainList>) => T) =>
      inFile(where, path, DOMAIN, () => work(list));
  });
  return {
    value: {
      has: (domain) =>
        own.has(domain) || (domain !== null && lists.some((ask) => ask((list) => list.has(domain)))),
      some: (most) =>
        [...own.some(most), ...lists.flatMap((ask) => ask((list) => list.some(most)))].slice(0, most),
    },
    prove: () => lists.forEach((ask) => void ask((list) => list.prove())),
  };
}

/** A list of recipients that is not to be had is no mistake here: who is not in it is told to come again. */
export async function recipients({ entries, where, files }: Said): Promise<Made<Recipients | null>> {
  if (entries.length === 0) return made(null);
  const { RecipientBook, canonicalAddress, isRecipientEntry } = await import("../policy/recipients.ts");
  const own = inline(entries).filter((entry) => entry !== SYSTEM);
  // In a file it would be a comment.
  const wrong = own.find(
    (entry) => entry.startsWith("#") || !isRecipientEntry(canonicalAddress(entry).toLowerCase()),
  );
  if (wrong !== undefined) throw expected(where, RECIPIENT, wrong);
  const paths = entries.map(pathIn).filter((path) => path !== null);
  const book = new RecipientBook([
    ...(own.length === 0
      ? []
      : [{ name: where, kind: "addresses", text: `\n${own.join("\n")}\n`, doubt: null } as const]),
    ...(entries.includes(SYSTEM)
      ? (["users", "aliases"] as const).map((kind) => ({
          ...{ name: SYSTEM_FILES[kind], kind },
          ...files(SYSTEM_FILES[kind]),
        }))
      : []),
    ...paths.map((path) => ({ name: path, kind: "addresses", ...files(path) }) as const),
  ]);
  return {
    value: book,
    prove() {
      const wrong = book.wrong();
      if (wrong !== null) throw new UsageError(`${where}: ${wrong.list}: ${wrong.error}`);
    },
  };
}

export async function patterns(said: Said): Promise<Made<readonly Pattern[]>> {
  if (said.entries.length === 0) return made([]);
  const { compilePattern } = await import("../policy/expressions.ts");
  const sources = await sourcesOf("patterns", said);
  const compile = ({ source, where }: Source) => named(where, EXPRESSION, () => compilePattern(source));
  if (sources.length <= FEW) return made(sources.map(compile));
  let all: readonly Pattern[] | null = null;
  const compiled = () => (all ??= sources.map(compile));
  const value = sources.map(({ source }, index) => ({
    name: source,
    test: (text: string) => compiled()[index]!.test(text),
  }));
  return { value, prove: () => void compiled() };
}

export async function content(said: Said): Promise<Made<(() => Inspector) | null>> {
  if (said.entries.length === 0) return made(null);
  const { compilePattern } = await import("../policy/expressions.ts");
  const { ContentInspector } = await import("../policy/content/inspector.ts");
  const { Rules } = await import("../policy/content/rules.ts");
  const { processorTime } = await import("../os/processor.ts");
  const sources = await sourcesOf("content", said);
  if (sources.length === 0) return made(null);
  let rules: InstanceType<typeof Rules> | null = null;
  const compiled = () => {
    try {
      rules ??= new Rules(sources.map(({ source }) => source));
      return rules;
    } catch (error) {
      // They are one machine: which of them is none is found one by one.
      for (const { source, where } of sources) named(where, EXPRESSION, () => compilePattern(source));
      throw error;
    }
  };
  if (sources.length <= FEW) compiled();
  const value = () => new ContentInspector(compiled(), processorTime);
  return { value, prove: () => void compiled() };
}

/** An expression, and where it was said. */
interface Source {
  readonly source: string;
  readonly where: string;
}

async function sourcesOf(kind: Kind["kind"], { entries, where, files }: Said): Promise<readonly Source[]> {
  if (!hasFiles(entries)) return entries.map((source) => ({ source, where }));
  const { allEntries, LineError } = await import("./list-texts.ts");
  const { isTooLong } = await import("../policy/lists/entries.ts");
  return allEntries(kind, entries, where, files).map(({ entry, place }) => {
    if (place === null) return { source: entry, where };
    if (isTooLong(entry)) throw new LineError(place.path, place.number, "it is too long", where);
    return { source: entry, where: `${where}: ${place.path}, line ${place.number}` };
  });
}

function made<T>(value: T): Made<T> {
  return { value, prove: NOTHING };
}

function named<T>(where: string, what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new UsageError(`${where}: expected ${what}, got ${(error as Error).message}`);
  }
}
