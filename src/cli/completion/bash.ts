// A grammar as a script for bash. Knows which variables protowrap.bash reads; all else is there.

import type { Completed, Grammar, Place } from "./grammar.ts";
import { cases, quoted } from "./posix.ts";
import engine from "./protowrap.bash" with { type: "text" };

export function bash({ groups, places }: Grammar): string {
  const options = [...groups].flatMap(([group, all]) =>
    all.map((option): [string, string] => [`${group} --${option.name}`, ofValue(option)]),
  );
  return [
    cases(
      "_protowrap_place",
      "words= module= server= groups=",
      places.map((place) => [place.name, ofPlace(place)]),
    ),
    cases(
      "_protowrap_group",
      "flags= once= many=",
      [...groups].map(([name, all]) => [name, ofGroup(all)]),
    ),
    cases(
      "_protowrap_value",
      "values= beginnings= paths= names=",
      options.filter(([, assignments]) => assignments !== ""),
    ),
    engine,
  ].join("");
}

function ofPlace({ words, takesModule, groups, takesServer }: Place): string {
  return assignments({
    words: words.map(({ word }) => word),
    module: takesModule ? ["1"] : [],
    server: takesServer ? ["1"] : [],
    groups,
  });
}

function ofGroup(options: readonly Completed[]): string {
  const named = (which: (option: Completed) => boolean) =>
    options.filter(which).map(({ name }) => `--${name}`);
  return assignments({
    flags: named(({ value }) => value === null),
    once: named(({ value, isList }) => value !== null && !isList),
    many: named(({ value, isList }) => value !== null && isList),
  });
}

function ofValue({ value }: Completed): string {
  if (value === null) return "";
  const { words, beginnings, paths, names } = value;
  return assignments({ values: words, beginnings, paths, names: names === null ? [] : [names] });
}

/** Only of what is not empty. */
function assignments(lists: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(lists)
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name}=${quoted(list.join(" "))}`)
    .join(" ");
}
