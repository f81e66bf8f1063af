import { expect, test } from "bun:test";
import fc from "fast-check";
import { TerminalText } from "../../src/wire/text.ts";

/** @param size octets of each chunk */
function shown(octets: Uint8Array, size = octets.length): string {
  const text = new TerminalText();
  const parts: Uint8Array[] = [];
  for (let at = 0; at < octets.length; at += size) parts.push(text.filter(octets.subarray(at, at + size)));
  return Buffer.concat([...parts, text.rest()]).toString("latin1");
}

const latin1 = (text: string) => Buffer.from(text, "latin1");
const utf8 = (text: string) => Buffer.from(text, "utf8");

test("what is no control passes as it is, in ASCII and in ISO 8859", () => {
  for (let octet = 0; octet < 256; octet++) {
    const isText = octet === 9 || octet === 10 || octet === 13 || (octet >= 32 && octet < 127) || octet > 159;
    expect([octet, shown(Uint8Array.of(octet))]).toEqual([octet, isText ? String.fromCharCode(octet) : "?"]);
    expect(shown(Uint8Array.of(octet, 0x2e))).toBe(isText ? `${String.fromCharCode(octet)}.` : "?.");
  }
});

test("every character of UTF-8 that is no control passes whole, and every control becomes one question mark", () => {
  for (let code = 0x80; code <= 0x10ffff; code += code < 0x3000 ? 1 : 61) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const octets = utf8(String.fromCodePoint(code));
    const isText = code > 0x9f;
    if (shown(octets) !== (isText ? octets.toString("latin1") : "?")) expect(code).toBe(-1);
  }
});

test.each([
  ["a control alone", "\x9b31m", "?31m"],
  ["one behind a character", "\xc3\xa9\x9b31m", "\xc3\xa9?31m"],
  ["one that a character was begun before", "\xe2\x9b31m", "\xe2?31m"],
  ["one behind half a character", "\xe2\x82\x9bm", "\xe2\x82\x9bm"], // U+209B: a whole one
  ["one in a form that is too long", "\xe0\x82\x9bm", "\xe0??m"],
  ["one in two octets that are too long", "\xc1\x9bm", "\xc1?m"],
  ["one in four octets that are too long", "\xf0\x80\x82\x9bm", "\xf0???m"],
  ["half a pair of UTF-16", "\xed\xa0\x80", "\xed\xa0?"],
  ["the last character before those pairs", "\xed\x9f\xbf", "\xed\x9f\xbf"],
  ["more than there is", "\xf4\x90\x80\x80", "\xf4???"],
  ["the last there is", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"],
  ["what begins no character", "\xf5\x80\xff\xfe", "\xf5?\xff\xfe"],
  ["beginnings that are none", "\xf5\x80\x80\x80\x80\x80\x80\x80", "\xf5???????"],
  ["two beginnings", "\xc3\xc3\xa9", "\xc3\xc3\xa9"],
  ["an end in the middle", "\xe2\x82", "\xe2?"],
  ["CSI in two octets", "\xc2\x9b31m", "?31m"],
])("%s", (_, octets, text) => {
  expect(shown(latin1(octets))).toBe(text);
  expect(shown(latin1(octets), 1)).toBe(text);
});

test("the split of the octets changes nothing", () => {
  const odd = fc.constantFrom(0x9b, 0xc2, 0xe2, 0x82, 0xed, 0xf0, 0xf4, 0x41, 0x1b, 0xff);
  fc.assert(
    fc.property(fc.array(odd, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (octets, size) => {
      const chunk = Uint8Array.from(octets);
      expect(shown(chunk, size)).toBe(shown(chunk));
      // What is alone may be no control, nor is it behind 0xc2.
      expect(shown(chunk)).not.toMatch(/(?:^|[\0-\x7f])[\x80-\x9f]|\xc2[\x80-\x9f]/);
    }),
  );
});
