// Bare newlines made regular: each rule, and the same at every split.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decode, encode } from "../../src/wire/latin1.ts";
import { NewlineNormalizer } from "../../src/wire/newlines.ts";

function convert(chunks: readonly string[]): { text: string; read: number } {
  const normalizer = new NewlineNormalizer();
  let text = "";
  let read = 0;
  for (const chunk of chunks) {
    const { octets, next } = normalizer.convert(encode(chunk), 0);
    text += decode(octets);
    read += next;
    if (next < chunk.length) break;
  }
  return { text, read };
}

describe("a message's octets become", () => {
  for (const [given, made] of [
    ["regular\r\ntext\r\n", "regular\r\ntext\r\n"],
    ["a\nb\n", "a\r\nb\r\n"],
    ["a\rb\r\n", "a b\r\n"],
    ["a\r\r\n", "a \r\n"],
    ["\n\n", "\r\n\r\n"],
    ["\0\t\r\n", "\0\t\r\n"],
    ["\r\n..stuffed\r\n", "\r\n..stuffed\r\n"],
    ["x\n.y\r\n", "x\r\n.y\r\n"],
    // A dot behind text is text, whatever stands before the text and behind the dot.
    ["a.\nb\r\n", "a.\r\nb\r\n"],
    ["a.\r\nb\r\n", "a.\r\nb\r\n"],
    ["\na.\nb\r\n", "\r\na.\r\nb\r\n"],
    ["\na.\r\nb\r\n", "\r\na.\r\nb\r\n"],
    ["\r\n\t.\nb\r\n", "\r\n\t.\r\nb\r\n"],
    ["\r\nlonger than a loop is worth.\nb\r\n", "\r\nlonger than a loop is worth.\r\nb\r\n"],
    // A lone dot with a bare newline on either side, or both, is no end.
    ["x\n.\nz\r\n", "x\r\n..\r\nz\r\n"],
    ["x\n.\r\nz\r\n", "x\r\n..\r\nz\r\n"],
    ["x\r\n.\nz\r\n", "x\r\n..\r\nz\r\n"],
    ["x\r\n.\rz\r\n", "x\r\n. z\r\n"],
    ["x\n.\rz\r\n", "x\r\n. z\r\n"],
    ["x\r.\r\n", "x .\r\n"],
    ["x\r\n.\r\r\nz\r\n", "x\r\n. \r\nz\r\n"],
  ] as const)
    test(JSON.stringify(given), () => expect(convert([given])).toEqual({ text: made, read: given.length }));
});

describe("the end", () => {
  test("is CRLF . CRLF, and what follows is not read", () => {
    expect(convert(["x\r\n.\r\nQUIT\r\n"])).toEqual({ text: "x\r\n.\r\n", read: 6 });
  });

  test("is . CRLF as the first line", () => {
    expect(convert([".\r\nQUIT\r\n"])).toEqual({ text: ".\r\n", read: 3 });
  });
});

const OCTETS = fc
  .array(fc.constantFrom("\r", "\n", ".", "a", "\0", "\r\n", "\r\n.", "long text ".repeat(4)), {
    maxLength: 30,
  })
  .map((parts) => parts.join(""));

test("however the octets are cut, they become the same", () => {
  fc.assert(
    fc.property(OCTETS, fc.array(fc.nat(40), { maxLength: 8 }), (given, cuts) => {
      // Behind its end a message has no octets.
      const text = given.slice(0, convert([given]).read);
      const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
      const chunks = places.slice(1).map((end, index) => text.slice(places[index]!, end));
      expect(convert(chunks)).toEqual(convert([text]));
      expect(convert([...text])).toEqual(convert([text]));
    }),
  );
});

test("no bare newline is left, and no end but the message's own", () => {
  fc.assert(
    fc.property(OCTETS, (given) => {
      const { text, read } = convert([given]);
      expect(text).not.toMatch(/\r(?!\n)|(?<!\r)\n/);
      const end = `\r\n${text}`.indexOf("\r\n.\r\n");
      if (end >= 0) expect(`\r\n${given}`.slice(read + 2 - 5, read + 2)).toBe("\r\n.\r\n");
      if (end >= 0) expect(end + 3).toBe(text.length);
    }),
  );
});
