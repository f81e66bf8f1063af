// Octets that are UTF-8, and octets that are none.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { isBeyondAscii, textOf } from "../../src/wire/utf8.ts";

test("the text is what was written, and what no encoder writes is none", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const octets = String.fromCharCode(...new TextEncoder().encode(text));
      expect(textOf(octets)).toBe(text);
      expect(isBeyondAscii(octets)).toBe(octets !== text);
    }),
  );
  for (const octets of ["\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"])
    expect(textOf(octets)).toContain("\ufffd");
  expect(textOf("\xef\xbb\xbfa")).toBe("\ufeffa");
});
