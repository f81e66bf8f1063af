// Values in the lines of a dialect: nothing in them can end them, whatever they are.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { sentence, word } from "../../../src/record/dialects/words.ts";

const octets = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 300 })
  .map((codes) => String.fromCharCode(...codes));

describe("a word", () => {
  test.each([
    ["alice@client.test", "alice@client.test"],
    ["a b\r\nc\x00", "a?b??c?"],
    ["x>, rip=192.0.2.66 [192.0.2.66]: (y) {z} \"\\';", "x???rip=192.0.2.66??192.0.2.66????y???z??????"],
    ["J\xc3\xbcrgen\xe9", "J?rgen?"],
    ["", ""],
  ])("of %j is %s", (said, written) => {
    expect(word(said)).toBe(written);
  });

  test("is two hundred characters at most", () => {
    expect(word("x".repeat(201))).toBe("x".repeat(200));
    expect(word(`${"x".repeat(199)}\xf0\x9f\x93\xac`)).toBe(`${"x".repeat(199)}?`);
  });

  test("has no blank, bracket, comma, colon or quote, whatever it is of", () => {
    fc.assert(
      fc.property(octets, (said) => {
        expect(word(said)).toMatch(/^[!#-&*+\-./0-9=?@A-Z^_`a-z|~$%]{0,200}$/);
      }),
    );
  });
});

describe("a sentence", () => {
  test.each([
    ["Relaying denied", "Relaying denied"],
    ["Greylisted, see http://a.test/;x", "Greylisted - see http?//a.test/?x"],
    ["no: reject: RCPT from unknown[192.0.2.66]: 554", "no - reject - RCPT from unknown192.0.2.66 - 554"],
    ["sorry, no mailbox here by that name. (#5.1.1)", "sorry - no mailbox here by that name. #5.1.1"],
    [": it's \r\n\x00 \xe9 :", "it's ??? ?"],
    ["ends:", "ends"],
    ["", ""],
  ])("of %j is %s", (said, written) => {
    expect(sentence(said)).toBe(written);
  });

  test("is cut at two hundred characters", () => {
    expect(sentence("x".repeat(201))).toBe("x".repeat(200));
  });

  test("has no bracket, comma, colon or quote, whatever it is of", () => {
    fc.assert(
      fc.property(octets, (said) => {
        expect(sentence(said)).toMatch(/^[ !#-'*+\-./0-9=?@A-Z^_`a-z|~]*$/);
      }),
    );
  });
});
