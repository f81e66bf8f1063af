// What an expression costs on text that it is slow on, measured: RE2 is linear, and some expressions are a thousand times
// slower than others all the same. Knows sorts of text; knows no clock of its own, and not what is too slow.

import { RE2JS, RE2Set } from "re2js";
import type { Clock } from "./cost.ts";
import { ENGINE_MEMORY } from "./rules.ts";

/** Characters of each text, which may be octets: about a line of a message; and how many there are of a sort. */
const LENGTH = 990;
const TIMES = 7;

const PHRASES = [
  "the quick brown fox jumps over the lazy dog and some more of the usual words, ",
  "aaaaaaaaaa",
  "0123456789",
  "ab ab a b aab abb ",
  '<a href="http://www.example.org/x?y=z&w=1">a-b_c.d@example.org</a>; ',
  "SGVsbG8gV29ybGQhIFRoaXMgaXMgYmFzZTY0/+",
];

/** Text without a pattern leaves an engine nothing to remember. */
const ALPHABETS = ["abcdefghijklmnopqrstuvwxyz ", "ab ", "0123456789abcdefABCDEF", "éüжщαω漢字 "];

/** The parts of an expression that is valid: a character by its number, a character, and what stands for none itself. */
const PART = new RegExp(
  [
    /\\x(?:\{([0-9a-f]+)\}|([0-9a-f]{2}))/,
    /\\p(?:\{[^}]*\}|.)|\[:\^?[a-z]+:\]|\(\?(?:P?<[^>]*>|[a-z-]*:?)|\{\d+(?:,\d*)?\}/,
    /\\[a-z0-9]|[-.*+?()[\]|^$]/,
    /\\?(.)/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "gisu",
);

/** @param source a valid RE2 expression @returns the characters that it names, those of its classes as well */
export function literals(source: string): string {
  return [...source.matchAll(PART)]
    .map(([, braced, two, character]) => {
      const number = braced ?? two;
      return number === undefined ? (character ?? "") : String.fromCodePoint(Number.parseInt(number, 16));
    })
    .join("");
}

/** @param source a valid RE2 expression @returns seconds of processor time for a megabyte */
export function secondsPerMegabyte(source: string, clock: Clock): number {
  const set = new RE2Set(RE2Set.UNANCHORED, RE2JS.CASE_INSENSITIVE, ENGINE_MEMORY);
  set.add(source);
  set.compile();
  const own = `${literals(source)} `;
  const sorts = [...[...PHRASES, own].map(repeated), ...[own, ...ALPHABETS].map(scrambled)];
  return Math.max(...sorts.map((line) => usual((at) => set.match(line(at)), clock) / 1000 / (LENGTH / 1e6)));
}

/** A line, of many that there are. */
type Sort = (at: number) => string;

function repeated(phrase: string): Sort {
  return (at) => phrase.repeat(Math.ceil((LENGTH + at) / phrase.length)).slice(at, at + LENGTH);
}

/** The same in every run, and never twice in one. */
function scrambled(alphabet: string): Sort {
  const letters = Array.from(alphabet);
  let state = 1;
  const letter = () => {
    state = (state * 48271) % 0x7fffffff;
    return letters[state % letters.length];
  };
  return () => Array.from({ length: LENGTH }, letter).join("");
}

/** The median of some times: neither what is done once only, nor what else is done meanwhile. */
function usual(work: (at: number) => void, clock: Clock): number {
  const times = Array.from({ length: TIMES }, (_, at) => {
    const began = clock();
    work(at);
    return clock() - began;
  });
  return times.sort((one, other) => one - other)[TIMES >> 1]!;
}
