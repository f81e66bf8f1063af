// What was said of an option, to its value: by kind, with one wording for every mistake. Knows kinds and defaults;
// not where a text came from but its name, nor what an option is good for.

import { isList, type Kind, type Option } from "./table.ts";
import { expected, UsageError } from "./usage.ts";

/** What was said of an option, and where, as an error names it. */
export interface Given {
  /** As the command line's parser gives it: a string, or strings for a list. */
  readonly value: unknown;
  readonly where: string;
}

export type Value = string | number | boolean | readonly string[] | null;

/** The most a number may be: nine digits, which no unit of ours needs more of. */
const MOST = 999_999_999;

/** @param given null where nobody said anything @param preset in place of the option's own default */
export function settle(name: string, option: Option, given: Given | null, preset = option.default): Value {
  const { takes } = option;
  if (isList(option)) return settleList(name, given);
  if (given !== null && Array.isArray(given.value))
    throw new UsageError(`${given.where}: expected once, got ${JSON.stringify(given.value)}`);
  if (takes.kind === "flag") return given?.value === true;
  const text = given === null ? preset : String(given.value);
  return text === undefined ? null : convert(given?.where ?? `--${name}`, takes, text);
}

function settleList(name: string, given: Given | null): readonly string[] {
  if (given === null) return [];
  const list = (given.value as unknown[]).map(String);
  const bare = list.length === 0 && given.where === `--${name}`;
  if (bare || list.includes("")) throw expected(given.where, "a value", "");
  return list;
}

function convert(where: string, kind: Kind, text: string): Value {
  switch (kind.kind) {
    case "number": {
      const [least, most] = kind.range ?? [0, MOST];
      const number = /^[0-9]{1,9}$/.test(text) ? Number(text) : -1;
      if (number < least || number > most) throw expected(where, numberIn(kind), text);
      return number;
    }
    case "size": {
      const parts = /^([0-9]{1,12})([KMG]?)$/i.exec(text);
      if (parts === null) throw expected(where, "a number of octets, or one with K, M or G", text);
      return Number(parts[1]) * 1024 ** ["", "K", "M", "G"].indexOf(parts[2]!.toUpperCase());
    }
    case "choice":
      if (!kind.of.includes(text)) throw expected(where, kind.of.join(" or "), text);
      return text;
    default: // text: what is a list is settled as one
      if (text === "") throw expected(where, (kind.kind === "text" && kind.what) || "a value", text);
      return text;
  }
}

function numberIn({ unit, range }: Kind & { kind: "number" }): string {
  const of = unit === undefined ? "" : ` of ${unit}`;
  const [least, most] = range ?? [0, MOST];
  return `a whole number${of}, ${least} to ${most}`;
}
