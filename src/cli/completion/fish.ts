// A grammar as a script for fish. Knows which conditions protowrap.fish has, and how an option is told to `complete`;
// all else is there.

import type { Completed, Grammar, Named, Place, Value } from "./grammar.ts";
import engine from "./protowrap.fish" with { type: "text" };

/** What lists the things a value names. Files are those that fish offers by itself. */
const LISTING: Readonly<Record<Exclude<Named, "file">, string>> = {
  directory: "(__fish_complete_directories)",
  user: "(__fish_complete_users)",
  group: "(__fish_complete_groups)",
};

export function fish({ groups, places }: Grammar): string {
  return [
    "\nfunction __protowrap_place --no-scope-shadowing\n",
    "    set follow\n    set groups\n    set module\n    set server\n",
    "    switch $place\n",
    ...places.map(ofPlace),
    "    end\nend\n",
    engine,
    ...places.map(ofWords),
    ...[...groups].flatMap(([group, all]) => all.map((option) => ofOption(group, option))),
  ].join("");
}

function ofPlace({ name, words, takesModule, groups, takesServer }: Place): string {
  const lines = [
    ...(words.length > 0 ? [`set follow ${words.map(({ word }) => word).join(" ")}`] : []),
    ...(takesModule ? ["set module yes"] : []),
    ...(takesServer ? ["set server yes"] : []),
    `set groups ${groups.join(" ")}`,
  ];
  return `        case ${quoted(name)}\n${lines.map((line) => `            ${line}\n`).join("")}`;
}

function ofWords({ name, words }: Place): string {
  const condition = quoted(`__protowrap_at ${quoted(name)}`);
  return words
    .map(({ word, about }) => `complete -c protowrap -n ${condition} -a ${word}${described(about)}\n`)
    .join("");
}

function ofOption(group: string, { name, help, value }: Completed): string {
  const condition = quoted(`__protowrap_has ${group}`);
  return `complete -c protowrap -n ${condition} -l ${name}${taking(value)}${described(help)}\n`;
}

function taking(value: Value | null): string {
  if (value === null) return "";
  const { words, beginnings, paths, names } = value;
  if (names === "file") return " -rF";
  const offered = [
    ...(names === null ? [] : [LISTING[names]]),
    ...words,
    ...beginnings,
    ...(paths.length === 0 ? [] : [`(__protowrap_paths ${paths.join(" ")})`]),
  ];
  return offered.length === 0 ? " -x" : ` -xa ${quoted(offered.join(" "))}`;
}

function described(about: string): string {
  return about === "" ? "" : ` -d ${quoted(about)}`;
}

/** Text as one word: between single quotes a backslash counts before another and before a quote. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
