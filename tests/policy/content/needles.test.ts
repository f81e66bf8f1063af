import { expect, test } from "bun:test";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { needles } from "../../../src/policy/content/needles.ts";
import { expressions, texts } from "./arbitraries.ts";

/** The expression readably: single letters as they are. */
function readable(source: string): string | null {
  const found = needles([source], "octets")?.source ?? null;
  return found === null ? null : found.replace(/\[((?:\\x..)+)\]/g, (_, escapes: string) => letters(escapes));
}

function letters(escapes: string): string {
  const text = Buffer.from(escapes.replaceAll("\\x", ""), "hex").toString("latin1");
  return text.length === 1 ? text : `[${text}]`;
}

/** More than are joined with what stands beside them. */
const WORDS = Array.from("abcdefghijklmnopq", (letter) => `${letter}word`);

test.each([
  ["ILOVEYOU", "iloveyou"],
  ["^Subject: .*viagra", "subject: "],
  ["spam.*viagra", "viagra"],
  ['\\.(exe|scr|pif)"', '.exe"|.scr"|.pif"'],
  ["(?:buy|order)\\s+now", "buy[\t\f ]|order[\t\f ]"],
  ["v[i1]agra", "v[i1]agra"],
  ["v[I-K]agra", "v[ijk]agra"],
  ["[Z-a]bcd", "[z[\\]^_`a]bcd"],
  ["[]a]bcd", "[]a]bcd"],
  ["[a-]bcd", "[a-]bcd"],
  ["[\\d.]bcd", "[0123456789.]bcd"],
  ["[^a]bcd", "bcd"],
  ["[é]bcd", "bcd"],
  ["colou?r", "colour|color"],
  ["a*bcd", "bcd"],
  ["xa+bcd", "abcd"],
  ["x(abc)+y", "xabc"],
  ["abc{0,2}def?g", "defg|deg"],
  ["ab{2,}c{0}defg", "defg"],
  ["abc*?def", "def"],
  ["a{,3}b", "a{,3}b"],
  ["(?i)a(?P<n>b)(?<m>c)(?s:d)", "abcd"],
  ["\\bfoo\\b", "foo"],
  ["\\Aabc\\z", "abc"],
  ["abc\\tdef\\a", "abc\tdef\x07"],
  ["é+abc", "abc"],
  ["abc|d.*efg", "abc|efg"],
  ["0123456789abcdefghijkl", "0123456789abcdef"],
  ["\\D\\S\\Wabc", "abc"],
  ["(a|b|c|d|e)(f|g|h|i|j)xyz", "fxyz|gxyz|hxyz|ixyz|jxyz"],
  [`x*(${WORDS.join("|")})`, WORDS.join("|")],
])("%p requires %p", (source, found) => {
  expect(readable(source)).toBe(found);
});

test("some require nothing worth a search, or nothing that is understood", () => {
  const common = ["", ".", "a", "a*", "\\d+", "[a-z]{5}", "abc|", "abc|d", "(abc)?", "\\w\\w\\w"];
  const unknown = [
    "\\x41bc",
    "\\Qabc",
    "\\pLabc",
    "[[:alpha:]]abc",
    "\\nabc",
    "abc\\r",
    "[\\x41]abc",
    "\\101bc",
    "a(?i)?bcd",
    "(?)abc",
    "abc\ndef",
    "abc\\\ndef",
  ];
  for (const source of [...common, ...unknown]) expect([source, readable(source)]).toEqual([source, null]);
});

test("a mistake of ours is not taken for an expression that is not understood", () => {
  expect(() => needles([null as never], "octets")).toThrow(TypeError);
});

test("no needle holds a line end", () => {
  const needle = needles(["[\\t-/]bcd"], "octets")!;
  expect(["\tbcd", "\nbcd", "\rbcd"].map((text) => text.search(needle))).toEqual([0, -1, -1]);
});

test("all together have a limit, and all must require something", () => {
  expect(needles(["abc", "."], "octets")).toBeNull();
  const words = Array.from(
    { length: 65 },
    (_, at) => `word${String.fromCharCode(33 + at).replace(/\W/, "x")}`,
  );
  expect(needles(words.slice(1), "octets")).not.toBeNull();
  expect(needles(words, "octets")).toBeNull();
});

test("what RE2 matches holds a needle", () => {
  fc.assert(
    fc.property(expressions, texts, (source, text) => {
      const line = text.replace(/[\r\n]/g, "");
      const needle = needles([source], "text");
      if (needle !== null && RE2JS.compile(source, RE2JS.CASE_INSENSITIVE).test(line))
        expect([source, line, needle.test(line)]).toEqual([source, line, true]);
    }),
    { numRuns: 3000 },
  );
});
