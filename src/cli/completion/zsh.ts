// A grammar as a script for zsh. Knows which variables protowrap.zsh reads, and how _arguments is told of an option;
// all else is there.

import type { Completed, Grammar, Place } from "./grammar.ts";
import { cases, quoted } from "./posix.ts";
import engine from "./protowrap.zsh" with { type: "text" };

export function zsh({ groups, places }: Grammar): string {
  const options = [...groups].flatMap(([group, all]) =>
    all.map((option): [string, string] => [`${group} --${option.name}`, ofValue(option)]),
  );
  return [
    cases(
      "_protowrap_place",
      "follow=() module= server= groups=()",
      places.map((place) => [place.name, ofPlace(place)]),
    ),
    cases(
      "_protowrap_group",
      ":",
      [...groups].map(([name, all]) => [
        name,
        `specs+=(${all.map((option) => spec(name, option)).join("")}\n    )`,
      ]),
    ),
    cases(
      "_protowrap_value",
      "values=() beginnings=() paths=() names=",
      options.filter(([, assignments]) => assignments !== ""),
    ),
    engine,
  ].join("");
}

function ofPlace({ words, takesModule, groups, takesServer }: Place): string {
  return [
    ...array(
      "follow",
      words.map(({ word, about }) => `${word}:${about}`),
    ),
    ...(takesModule ? ["module=1"] : []),
    ...(takesServer ? ["server=1"] : []),
    ...array("groups", groups),
  ].join(" ");
}

/** As _arguments has it: once or repeated, what it is, and what offers its values. */
function spec(group: string, { name, help, isList, value }: Completed): string {
  const about = `[${help.replace(/[\\[\]:]/g, "\\$&")}]`;
  const text =
    value === null
      ? `--${name}${about}`
      : `--${name}=${about}:${name}: _protowrap_offer_value ${group} --${name}`;
  return `\n      ${quoted(isList ? `*${text}` : text)}`;
}

function ofValue({ value }: Completed): string {
  if (value === null) return "";
  const { words, beginnings, paths, names } = value;
  return [
    ...array("values", words),
    ...array("beginnings", beginnings),
    ...array("paths", paths),
    ...(names === null ? [] : [`names=${names}`]),
  ].join(" ");
}

/** Nothing for an empty one. */
function array(name: string, words: readonly string[]): string[] {
  return words.length === 0 ? [] : [`${name}=(${words.map(quoted).join(" ")})`];
}
