// Names of scripts, and texts for people, octet for octet.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isName, readable } from "../../../src/protocols/managesieve/text.ts";
import { textOf } from "../../../src/wire/utf8.ts";

describe("a name", () => {
  test.each(["a", " ", 'a"\\b', "{5+}", "\xc3\xbc", "\xe2\x80\xa7", "\xf0\x9f\x93\xa7", "x".repeat(512)])(
    "may be %j",
    (octets) => expect(isName(octets)).toBe(true),
  );

  test.each([
    ...[
      "",
      "\0",
      "a\x1f",
      "\x7f",
      "a\tb",
      "\r",
      "\n",
      "\xc2\x80",
      "\xc2\x9f",
      "\xe2\x80\xa8",
      "\xe2\x80\xa9",
    ],
    ...["\xff", "\xc3", "\xed\xa0\x80", "\xc0\x80", "\xef\xbf\xbd", "x".repeat(513)],
  ])("may not be %j", (octets) => expect(isName(octets)).toBe(false));
});

describe("a text for people", () => {
  test.each([
    ["a\tb\r\nc", "a\tb\r\nc"],
    ["\x1b[2J\0\x07\x0b\x0c\x7f", "?[2J?????"],
    ["\xc3\xbc \xf0\x9f\x93\xa7", "\xc3\xbc \xf0\x9f\x93\xa7"],
    ["\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "???\xc2\xa0"],
    ["\xc3\xbc\xff", "???"],
    ["\xc3", "?"],
    ["", ""],
  ])("%j is %j", (octets, text) => expect(readable(octets)).toBe(text));

  test("has no control but those of lines, is UTF-8, and stays as it is", () => {
    const octets = fc
      .array(fc.oneof(fc.constantFrom("\xc2\x9b", "\xc3\xbc", "\x1b", "a\r\n"), fc.string()), {
        maxLength: 9,
      })
      .map((all) => all.join("").replace(/[^\0-\xff]/g, "\xe9"));
    fc.assert(
      fc.property(octets, (said) => {
        const text = readable(said);
        expect(textOf(text)).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]/);
        expect(readable(text)).toBe(text);
      }),
    );
  });
});
