// What is a status, what it says, and what of that a client hears.

import { describe, expect, test } from "bun:test";
import { statusIn, writeStatus } from "../../../src/protocols/managesieve/status.ts";
import { wordsOf } from "../../../src/protocols/managesieve/strings.ts";

function read(line: string) {
  return statusIn(wordsOf(line)!.words);
}

const NOTHING = { code: null, data: null, text: null };

describe("a status", () => {
  test.each([
    ["OK", { ...NOTHING, word: "OK" }],
    ["no", { ...NOTHING, word: "NO" }],
    ['Bye "x"', { ...NOTHING, word: "BYE", text: "x" }],
    ['NO ""', { ...NOTHING, word: "NO", text: "" }],
    ["NO (quota/maxsize)", { ...NOTHING, word: "NO", code: "QUOTA/MAXSIZE" }],
    ['OK (SASL "a") "b"', { word: "OK", code: "SASL", data: "a", text: "b" }],
    ["OK (SASL a)", { ...NOTHING, word: "OK", code: "SASL" }],
    ["NO (X-A (1 (b) ()) c)", { ...NOTHING, word: "NO", code: "X-A" }],
    ['NO (X-A (1)) "b"', { ...NOTHING, word: "NO", code: "X-A", text: "b" }],
  ] as const)("%s", (line, status) => expect(read(line)).toEqual(status));

  test.each([
    ...[
      "",
      "OKAY",
      '"OK"',
      "(OK)",
      "a",
      "OK x",
      'OK "a" "b"',
      "OK ()",
      "OK (",
      "OK (A",
      "OK (A (b)",
      'OK ("A")',
    ],
    ...["OK (A) (B)", "OK ((A))", "OK)", 'OK "a" (B)'],
  ])("%j is none", (line) => expect(read(line)).toBeNull());
});

describe("of a status the client hears", () => {
  test.each([
    ["OK", "OK"],
    ['no "text"', 'NO "text"'],
    ['OK (WARNINGS) "a"', 'OK (WARNINGS) "a"'],
    ['OK (warnings (1)) "a"', 'OK (WARNINGS) "a"'],
    ['OK (TAG "a")', "OK"],
    ['OK (SASL "a")', "OK"],
    ['BYE (REFERRAL "sieve://other.test") "a"', 'BYE "a"'],
    ["NO (TRANSITION-NEEDED)", "NO"],
    ["NO (AUTH-TOO-WEAK)", "NO"],
    ["NO (ENCRYPT-NEEDED)", "NO"],
    ['NO "a\x1b"', 'NO "a?"'],
    ...[
      "QUOTA",
      "QUOTA/MAXSCRIPTS",
      "QUOTA/MAXSIZE",
      "TRYLATER",
      "ACTIVE",
      "NONEXISTENT",
      "ALREADYEXISTS",
    ].map((code) => [`NO (${code})`, `NO (${code})`] as const),
  ])("of %s: %s", (line, heard) => expect(writeStatus(read(line)!)).toBe(`${heard}\r\n`));

  test("a text of several lines as a string that is announced", () => {
    const status = { word: "NO", code: "QUOTA", text: "a\r\nOK" } as const;
    expect(writeStatus(status)).toBe("NO (QUOTA) {5}\r\na\r\nOK\r\n");
  });
});
