// What an option is, and the type of its value (pure): a protocol declares its options as a table of these, and
// argv, TOML, --help, check, the man page and the types of what reads them are made from the table. Knows kinds;
// no option by name, and no value of a run.

import type { Pattern } from "../policy/pattern.ts";
import type { Standing } from "../policy/recipients.ts";
import type { Address, Domains } from "../policy/relay.ts";
import type { Inspector } from "../wire/message.ts";

/** What an option takes. Numbers are whole, 0 to 999,999,999 where no range is given. */
export type Kind =
  | {
      readonly kind: "number";
      readonly unit?: "octets" | "seconds";
      readonly range?: readonly [least: number, most: number];
    }
  /** Octets, also with K, M or G. */
  | { readonly kind: "size" }
  /**
   * `what` it is, as an error says what was expected; `forms`, how it may be written, where that is a closed list: a
   * word in capitals stands for something, such as FILE.
   */
  | { readonly kind: "text"; readonly what?: string; readonly forms?: readonly string[] }
  | { readonly kind: "choice"; readonly of: readonly string[] }
  /** Given or not. */
  | { readonly kind: "flag" }
  /** Lists that need the world to become a value: addresses are compared, expressions compiled, names asked for. */
  | {
      readonly kind: "networks";
      /** Words that stand for no client at all, and for every one: each alone. */
      readonly words?: { readonly nobody: string; readonly anybody: string };
    }
  | { readonly kind: "domains" }
  | { readonly kind: "patterns" }
  | { readonly kind: "content" }
  /** Addresses, "@" and a domain for all of it, or the word for the users and aliases of this host. */
  | { readonly kind: "recipients" }
  /** `resolver` is the option that names the name server. */
  | { readonly kind: "blackholes"; readonly resolver: string };

export interface Option {
  readonly takes: Kind;
  /** May be repeated; its value is a list. The kinds that are lists by themselves need not say so. */
  readonly list?: true;
  /** As it would be written. Without it a value may be absent: null, or an empty list. */
  readonly default?: string;
  /** The heading it stands under in --help. */
  readonly group: string;
  readonly help: string;
  /** Of networks: a listener lets nobody of them in, and starts nothing for them. */
  readonly keepsOut?: true;
  /** Of networks: nobody counts what they guess. */
  readonly isTrusted?: true;
  /** What `check` says to whoever switches it off with 0, or gives a rule that is for everybody. */
  readonly doubt?: string;
}

/** By option name, in kebab case. */
export type Table = Readonly<Record<string, Option>>;

/** Whether an address is in one of the networks; an unknown client (null) is in none. */
export interface Networks {
  has(address: string | null): boolean;
}

export type { Domains };

/** Which recipients there are. */
export interface Recipients {
  standing(address: Address): Standing;
}

/** The list that has the client in it, or null: known once the client is to be greeted. */
export interface Blackholes {
  listedBy(): string | null;
}

/** What a reader of the option gets. */
export type ValueOf<O extends Option> = O["takes"] extends { readonly kind: infer K }
  ? K extends "number" | "size"
    ? number | Absent<O>
    : K extends "choice"
      ? Choice<O["takes"]> | Absent<O>
      : K extends "text"
        ? O extends { readonly list: true }
          ? readonly string[]
          : string | Absent<O>
        : K extends "flag"
          ? boolean
          : K extends "networks"
            ? O["takes"] extends { readonly words: object }
              ? Networks | null
              : Networks
            : K extends "patterns"
              ? readonly Pattern[]
              : K extends "content"
                ? (() => Inspector) | null
                : K extends "domains"
                  ? Domains
                  : K extends "recipients"
                    ? Recipients | null
                    : Blackholes
  : never;

type Absent<O extends Option> = O extends { readonly default: string } ? never : null;
type Choice<K> = K extends { readonly of: readonly (infer C)[] } ? C : never;

/** What a reader of a table gets: its values by name, in camel case. */
export type ValuesOf<T extends Table> = {
  readonly [Name in keyof T & string as CamelCase<Name>]: ValueOf<T[Name]>;
};

/** What was said of the options, before the world had a part in it: lists of what the kind resolves stay text. */
export type GivenOf<T extends Table> = {
  readonly [Name in keyof T & string as CamelCase<Name>]: T[Name]["takes"]["kind"] extends ListKind
    ? readonly string[]
    : ValueOf<T[Name]>;
};

/** Each takes file:PATH, too, for what stands in a file, one entry a line. */
export const LIST_KINDS = ["networks", "domains", "patterns", "content", "recipients", "blackholes"] as const;
export type ListKind = (typeof LIST_KINDS)[number];

export type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** Whether its entries may stand in files. */
export function isListKind({ takes }: Pick<Option, "takes">): boolean {
  return (LIST_KINDS as readonly string[]).includes(takes.kind);
}

const FILE = "file:";

/** The word of a list of recipients for the users and aliases of this host. */
export const SYSTEM = "system";

/** @returns the path of the file that an entry of a list stands for; null for an entry that is none */
export function pathIn(entry: string): string | null {
  return entry.startsWith(FILE) ? entry.slice(FILE.length) : null;
}

export function isList(option: Option): boolean {
  return option.list === true || isListKind(option);
}

export function camelCase<Name extends string>(name: Name): CamelCase<Name> {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as CamelCase<Name>;
}

export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export const NUMBER = { kind: "number" } as const satisfies Kind;
export const OCTETS = { kind: "number", unit: "octets" } as const satisfies Kind;
export const SECONDS = { kind: "number", unit: "seconds" } as const satisfies Kind;
export const SIZE = { kind: "size" } as const satisfies Kind;
export const TEXT = { kind: "text" } as const satisfies Kind;
export const FLAG = { kind: "flag" } as const satisfies Kind;
export const NETWORKS = { kind: "networks" } as const satisfies Kind;
export const DOMAINS = { kind: "domains" } as const satisfies Kind;
export const RECIPIENTS = { kind: "recipients" } as const satisfies Kind;
export const PATTERNS = { kind: "patterns" } as const satisfies Kind;
export const CONTENT = { kind: "content" } as const satisfies Kind;

export function choice<const Of extends readonly string[]>(...of: Of): { kind: "choice"; of: Of } {
  return { kind: "choice", of };
}
