import { expect, test } from "bun:test";
import { decodeWords } from "../../../src/policy/content/encoded-words.ts";

test.each([
  ["Subject: hi", []],
  ["Subject: =?UTF-8?B?SUxPVkVZT1U=?=", ["Subject: ILOVEYOU"]],
  ["=?us-ascii?q?I_LOVE=59OU?= there", ["I LOVEYOU there"]],
  ["=?a?Q?I?= \t =?b?B?TE9WRQ==?==?c?q?YOU?=", ["ILOVEYOU"]],
  ["=?a?Q?I?=\v\x1c=?a?Q?you?=", ["Iyou"]],
  ["=?a?Q?I?= and =?a?Q?you?=", ["I and you"]],
  ["  =?a?Q?I?=", ["  I"]],
  ["=?utf-8*en?Q?x?=", ["x"]],
  ["=?utf-8?Q?two words?=", ["two words"]],
  ["=?utf-8?Q?=C3=A9=ZZ?=", ["\xc3\xa9=ZZ"]],
  ["=?x?Q?open", []],
  ["=?x?X?no?= =?=?=?Q?x?=", ["=?x?X?no?= =?x"]],
  ["=?x y?Q?too?=", ["too"]],
])("%p is %p", (text, decoded) => {
  expect(decodeWords(text)).toEqual(decoded);
});

test("a broken word does not hide the next, and may be none", () => {
  expect(decodeWords("=?x?Q? =?utf-8?B?SUxP?=")).toEqual(["=?x?Q? ILO", " =?utf-8?B?SUxP"]);
});

test.each([
  ["=?utf-7?Q?a+AGIAYw-d?=", ["a+AGIAYw-d", "abcd"]],
  ["=?koi8-r?B?0w==?=", ["\xd3", "\xd1\x81"]],
  // Half a character in each word.
  ["=?utf-16be?B?AA==?= =?utf-16be?B?YQ==?=", ["\0a", "", "a"]],
  ["=?utf-16?B?YQA=?=", ["a\0", "\xe6\x84\x80", "a"]],
])("of %p the charset is decoded, too", (text, decoded) => {
  expect(decodeWords(text)).toEqual(decoded);
});

test("a word over a question mark that is not closed is none", () => {
  expect(decodeWords("=?x?Q?a?b")).toEqual([]);
  expect(decodeWords("=?x?Q?a?b?= =?x?Q?c?d")).toEqual(["a?b =?x?Q?c?d"]);
});

test("padding within is an end, or nothing", () => {
  expect(decodeWords("=?x?B?SU=xPVkVZT1U=?=")).toEqual(["I\xc4\xf5dU\x94\xf5", "ILOVEYOU"]);
});

test("words are looked for in words, and not without end", () => {
  const within = (text: string) => `=?x?B?${btoa(text)}?=`;
  expect(decodeWords(within(within("deep")))).toEqual([within("deep"), "deep"]);
  expect(decodeWords(within(within(within(within("deep")))))).toHaveLength(3);
});

test("more readings than anybody could mean are none", () => {
  const word = (text: string) => `=?utf-16?B?S=${btoa(text)}?=?=?utf-7?Q?+AGE?x?=`;
  expect(decodeWords(word(word(word("x"))))).toBeNull();
});
