// What may stand where on a command line of ours: all that the scripts for shells are made of. Made from the tables of
// options and of commands; knows no shell, and no option by name.

import { RUN_OPTIONS } from "../../options/run.ts";
import { isList, isListKind, type Kind, SYSTEM, type Table } from "../../options/table.ts";
import { COMMAND_OPTIONS, HELP_OPTION, VERSION_OPTION } from "../command-options.ts";
import { COMMANDS } from "../commands.ts";
import { placeholder, type Subcommand } from "../subcommand.ts";

export interface Grammar {
  /** Options that come together, by the name of the group. */
  readonly groups: ReadonlyMap<string, readonly Completed[]>;
  readonly places: readonly Place[];
}

/** A point that words lead to, such as "check smtp"; the first is "". */
export interface Place {
  readonly name: string;
  /** What may stand there next. */
  readonly words: readonly Word[];
  /** The path of a module may stand there, too; it leads to the place named MODULE behind this one. */
  readonly takesModule: boolean;
  /** Groups of options that may follow. */
  readonly groups: readonly string[];
  /** A server's command line may follow behind "--". */
  readonly takesServer: boolean;
}

export interface Word {
  readonly word: string;
  readonly about: string;
}

export interface Completed {
  readonly name: string;
  readonly help: string;
  readonly isList: boolean;
  /** Null for an option that takes none. */
  readonly value: Value | null;
}

/** As far as anybody can know a value beforehand. */
export interface Value {
  readonly words: readonly string[];
  /** Words that have to be gone on with. */
  readonly beginnings: readonly string[];
  /** Beginnings behind which a file's path stands. */
  readonly paths: readonly string[];
  /** What it names as a whole. */
  readonly names: Named | null;
}

/** What shells can list. */
export type Named = (typeof NAMED)[keyof typeof NAMED];

const NAMED = { FILE: "file", PATH: "file", DIRECTORY: "directory", USER: "user", GROUP: "group" } as const;

/** Stands for the path of a module in the name of a place: no word has a slash. */
export const MODULE = "/";

const GROUPS = { run: "run", help: "help", version: "version" } as const;

/**
 * @param protocols the own options of each, by its name
 * @param subcommands the commands that look at no protocol's configuration
 */
export function grammar(protocols: ReadonlyMap<string, Table>, subcommands: readonly Subcommand[]): Grammar {
  const { run, help, version } = GROUPS;
  const ofTables = [
    [run, RUN_OPTIONS],
    [help, HELP_OPTION],
    [version, VERSION_OPTION],
    ...[...protocols].map(([name, table]) => [ofProtocol(name), table] as const),
    ...Object.entries(COMMAND_OPTIONS).map(([name, table]) => [ofCommand(name), table] as const),
  ] as const;
  return {
    groups: new Map([
      ...ofTables.map(([name, table]) => [name, ofTable(table)] as const),
      ...subcommands.map((command) => [ofCommand(command.name), ofSubcommand(command)] as const),
    ]),
    places: [
      {
        name: "",
        words: [
          ...words(Object.entries(COMMANDS)),
          ...words([...protocols.keys()].map((name) => [name, "a protocol, whose server is wrapped"])),
        ],
        takesModule: true,
        groups: [help, version],
        takesServer: false,
      },
      ...withProtocols("", [...protocols.keys()], []),
      ...Object.keys(COMMAND_OPTIONS).flatMap((command) => [
        {
          name: command,
          words: [
            ...words([...protocols.keys()].map((name) => [name, "a protocol"])),
            ...wordsOf(command, subcommands),
          ],
          takesModule: true,
          groups: [help],
          takesServer: false,
        },
        ...withProtocols(`${command} `, [...protocols.keys()], [ofCommand(command)]),
      ]),
      ...families(subcommands),
      ...subcommands.map(({ name, positionals }) => ({
        name,
        words: words(alternatives(positionals).map((word) => [word, ""])),
        takesModule: false,
        groups: [ofCommand(name), help],
        takesServer: false,
      })),
    ],
  };
}

function ofProtocol(name: string): string {
  return `protocol-${name}`;
}

function ofCommand(name: string): string {
  return `command-${name.replaceAll(" ", "-")}`;
}

function words(entries: readonly (readonly [word: string, about: string])[]): Word[] {
  return entries.map(([word, about]) => ({ word, about }));
}

/** The places that a protocol's name leads to, and a module's path. @param own groups of the command before it */
function withProtocols(before: string, protocols: readonly string[], own: readonly string[]): Place[] {
  return [...protocols, MODULE].map((name) => ({
    name: before + name,
    words: [],
    takesModule: false,
    groups: [...own, GROUPS.run, ...(name === MODULE ? [] : [ofProtocol(name)]), GROUPS.help],
    takesServer: true,
  }));
}

/** Commands of two words begin at a place of their own: "sink". */
function families(subcommands: readonly Subcommand[]): Place[] {
  const pairs = subcommands.filter(({ name }) => name.includes(" "));
  const first = [...new Set(pairs.map(({ name }) => name.split(" ")[0]!))];
  const alone = first.filter((family) => !Object.hasOwn(COMMAND_OPTIONS, family));
  return alone.map((family) => ({
    name: family,
    words: wordsOf(family, subcommands),
    takesModule: false,
    groups: [GROUPS.help],
    takesServer: false,
  }));
}

/** The second words of the commands that begin with this one. */
function wordsOf(family: string, subcommands: readonly Subcommand[]): Word[] {
  return subcommands
    .filter(({ name }) => name.startsWith(`${family} `))
    .map(({ name, about }) => ({ word: name.slice(family.length + 1), about }));
}

/** What the first positional argument may be, where that is a closed list. */
function alternatives([first = ""]: readonly string[]): readonly string[] {
  return first.includes("|") ? first.split("|") : [];
}

function ofTable(table: Table): Completed[] {
  return Object.entries(table).map(([name, option]) => {
    const { takes, help } = option;
    return {
      name,
      help,
      isList: isList(option),
      value: takes.kind === "flag" ? null : fromForms(formsOf(takes)),
    };
  });
}

function ofSubcommand({ options }: Subcommand): Completed[] {
  return Object.entries(options).map(([name, { value, help }]) => ({
    ...{ name, help, isList: false },
    value: value === null ? null : fromForms([placeholder(value)]),
  }));
}

function formsOf(takes: Kind): readonly string[] {
  if (takes.kind === "choice") return takes.of;
  if (isListKind({ takes })) return [...wordsIn(takes), "file:PATH"];
  return takes.kind === "text" ? (takes.forms ?? []) : [];
}

/** Words among the entries of a list. */
function wordsIn(takes: Kind): readonly string[] {
  if (takes.kind === "networks") return Object.values(takes.words ?? {});
  return takes.kind === "recipients" ? [SYSTEM] : [];
}

/** @param forms in which a word in capitals stands for something */
function fromForms(forms: readonly string[]): Value {
  const parts = forms.map(
    (form) => /^([^A-Z]*)([A-Z]*)/.exec(form)!.slice(1) as [head: string, stands: string],
  );
  const whole = parts.filter(([head]) => head === "").map(([, stands]) => named(stands));
  const begun = parts.filter(([head, stands]) => head !== "" && stands !== "");
  return {
    words: parts.filter(([, stands]) => stands === "").map(([head]) => head),
    beginnings: begun.map(([head]) => head),
    paths: begun.filter(([, stands]) => named(stands) === "file").map(([head]) => head.replace(/\/$/, "")),
    names: whole.find((name) => name !== null) ?? null,
  };
}

function named(stands: string): Named | null {
  return Object.hasOwn(NAMED, stands) ? NAMED[stands as keyof typeof NAMED] : null;
}
