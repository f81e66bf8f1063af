// The entries of lists, one by one, those in files with their lines: what is no entry, what stands there twice, what
// other entries make useless, and networks that one list lets in and another keeps out. Reads the files; changes nothing.

import { allEntries, type Placed } from "../../options/list-texts.ts";
import { filesIn, filesOf, UNENDED } from "../../options/lists.ts";
import { readNow } from "../../options/read-lists.ts";
import { RUN_OPTIONS } from "../../options/run.ts";
import type { Settings } from "../../options/settings.ts";
import { isListKind, type Kind, type Option, SYSTEM, type Table } from "../../options/table.ts";
import { UsageError } from "../../options/usage.ts";
import { isTooLong, shown } from "../../policy/lists/entries.ts";
import { type Canonical, canonicalOf, coversOf } from "./entries.ts";
import { error, type Finding, warning } from "./finding.ts";
import type { People } from "./people.ts";
import { changers } from "./rights.ts";

/** Findings of one sort that are told of one option. */
const TOLD = 20;

type Said = Pick<Settings, "entries" | "where">;

/** An entry, the option that has it, and what it comes to. */
interface Known extends Placed {
  readonly name: string;
  readonly canonical: Canonical;
}

export async function checkLists(settings: Said, table: Table, people: People): Promise<Finding[]> {
  const all = Object.entries({ ...RUN_OPTIONS, ...table } as Table).filter(([, option]) =>
    isListKind(option),
  );
  const needed = new Set(
    all.flatMap(([name, { takes }]) =>
      takes.kind === "recipients" ? [] : filesOf(takes.kind, settings.entries(name) ?? []),
    ),
  );
  const files = filesIn(settings, table, RUN_OPTIONS).flatMap((path) =>
    checkListFile(path, people, needed.has(path)),
  );
  const known = new Map<string, readonly Known[]>();
  const findings: Finding[] = [...files];
  for (const [name, option] of all) {
    const entries = entriesOfOption(settings, name, option);
    if (entries.length === 0) continue;
    const { good, wrong } = await understood(settings, name, option.takes, entries);
    known.set(name, good);
    findings.push(...capped(wrong), ...checkAgainstItself(settings, option.takes, good));
  }
  return once([...findings, ...checkAgainstBlocked(settings, table, known)]);
}

/** Two options may have the same file. */
function once(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.about}: ${finding.text}`, finding])).values()];
}

/** All entries of an option whose files can be read. */
export function entriesOfOption(
  settings: Said,
  name: string,
  { takes }: Pick<Option, "takes">,
): readonly Placed[] {
  return (settings.entries(name) ?? []).flatMap((entry) => {
    try {
      return allEntries(takes.kind, [entry], settings.where(name), readNow);
    } catch (reason) {
      if (reason instanceof UsageError) return [];
      throw reason;
    }
  });
}

/** @param isNeeded nothing begins without it: of recipients only somebody is told to come again */
function checkListFile(path: string, people: People, isNeeded: boolean): Finding[] {
  const { text, doubt } = readNow(path);
  if (text === null)
    return [isNeeded ? error(path, doubt!) : warning(path, `${doubt}: who is in no list gets 451`)];
  const writers = changers(path, people.wrapper !== null).map((who) =>
    warning(path, `what is in the list may be changed: ${who}`),
  );
  if (doubt === UNENDED) {
    const follows = isNeeded ? "half of an entry may be another" : "who is in no list gets 451";
    writers.push(warning(path, `${doubt}: ${follows}`));
  }
  return /\n[ \t]*[^#\s]/.test(text) ? writers : [...writers, warning(path, "it has no entry")];
}

async function understood(settings: Said, name: string, takes: Kind, entries: readonly Placed[]) {
  const good: Known[] = [];
  const wrong: Finding[] = [];
  const canonical = await canonicalOf(takes);
  for (const placed of entries) {
    const isWord = placed.place !== null && placed.entry === SYSTEM; // a file has no words
    const found = isWord || isTooLong(placed.entry) ? null : canonical(placed.entry);
    if (found !== null) good.push({ ...placed, name, canonical: found });
    // What the option itself says is told by whoever reads that.
    else if (placed.place !== null)
      wrong.push(error(placeOf(settings, { ...placed, name }), `${shown(placed.entry)} is no entry`));
  }
  return { good, wrong };
}

function checkAgainstItself(settings: Said, takes: Kind, entries: readonly Known[]): Finding[] {
  const first = new Map<string, Known>();
  const twice: Finding[] = [];
  for (const entry of entries) {
    const before = first.get(entry.canonical.key);
    if (before === undefined) first.set(entry.canonical.key, entry);
    else
      twice.push(
        warning(
          placeOf(settings, entry),
          `${shown(entry.entry)} stands in ${placeOf(settings, before)} already`,
        ),
      );
  }
  const useless: Finding[] = [];
  for (const entry of first.values()) {
    const cover = coversOf(takes, entry.canonical)
      .map((key) => first.get(key))
      .find((one) => one !== undefined);
    if (cover === undefined) continue;
    const text = `${shown(entry.entry)} changes nothing: it is in ${shown(cover.entry)} of ${placeOf(settings, cover)}`;
    useless.push(warning(placeOf(settings, entry), text));
  }
  return [...capped(twice), ...capped(useless)];
}

/** Whoever is kept out has nothing of what he may do. Where the options say both themselves the protocol tells of it. */
function checkAgainstBlocked(
  settings: Said,
  table: Table,
  known: ReadonlyMap<string, readonly Known[]>,
): Finding[] {
  const networks = Object.entries(table).filter(([, { takes }]) => takes.kind === "networks");
  const blocking = new Map(
    networks
      .filter(([, { keepsOut }]) => keepsOut === true)
      .flatMap(([name]) => (known.get(name) ?? []).map((entry) => [entry.canonical.key, entry] as const)),
  );
  return networks
    .filter(([, { keepsOut }]) => keepsOut !== true)
    .flatMap(([name, { takes }]) =>
      capped(
        (known.get(name) ?? []).flatMap((entry) => {
          const cover = [entry.canonical.key, ...coversOf(takes, entry.canonical)]
            .map((key) => blocking.get(key))
            .find((one) => one !== undefined);
          if (cover === undefined || (entry.place === null && cover.place === null)) return [];
          const where = `${shown(cover.entry)} of --${cover.name} (${placeOf(settings, cover)})`;
          const text = `${shown(entry.entry)} of --${name} is in ${where}, which comes first: its clients are refused`;
          return [warning(placeOf(settings, entry), text)];
        }),
      ),
    );
}

function placeOf(settings: Said, { place, name }: Pick<Known, "place" | "name">): string {
  return place === null ? settings.where(name) : `${place.path}, line ${place.number}`;
}

/** A list of many mistakes has most likely one that explains them all. */
function capped(findings: readonly Finding[]): Finding[] {
  const more = findings.length - TOLD;
  if (more <= 0) return [...findings];
  const last = findings[TOLD]!;
  return [...findings.slice(0, TOLD), { ...last, text: `${last.text}; and ${more - 1} more like that` }];
}
