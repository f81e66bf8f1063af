// The finder of low octets and the octet strings, against the loops they stand for; at every alignment.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decode, encode } from "../../src/wire/latin1.ts";
import { LowFinder } from "../../src/wire/octets.ts";

describe("the finder of low octets", () => {
  test("finds what a plain loop finds, wherever the chunk lies in its memory", () => {
    const octets = fc.array(fc.oneof(fc.nat(255), fc.integer({ min: 14, max: 17 }), fc.constant(0x61)), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(octets, fc.nat(7), (values, offset) => {
        const memory = new Uint8Array(values.length + offset + 5); // low octets all around the chunk
        memory.set(values, offset);
        const chunk = memory.subarray(offset, offset + values.length);
        const finder = new LowFinder(chunk);
        for (let at = 0; at <= chunk.length; at++) {
          const found = values.findIndex((value, index) => index >= at && value < 16);
          expect(finder.next(at)).toBe(found < 0 ? chunk.length : found);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("every octet is low or not, in every place of a word", () => {
    for (let value = 0; value < 256; value++)
      for (let place = 0; place < 4; place++) {
        const chunk = new Uint8Array(8).fill(0xff);
        chunk[place] = value;
        expect(new LowFinder(chunk).next(0)).toBe(value < 16 ? place : 8);
      }
  });

  test("an empty chunk, and one shorter than the way to its first aligned octet, are no trouble", () => {
    const memory = new Uint8Array(8).fill(0x61);
    for (let offset = 0; offset < 4; offset++)
      for (let length = 0; length < 4; length++)
        expect(new LowFinder(memory.subarray(offset, offset + length)).next(0)).toBe(length);
  });
});

describe("the finder of regular lines", () => {
  /** What the finder must say, line by line. */
  function plain(text: string, at: number, longest: number): { next: number; dots: number } {
    let dots = 0;
    for (let next = at; ; ) {
      const [line, dot = "", rest = ""] =
        /^(?:(\.)(?=[^\0-\x0f])|(?!\.))([^\0-\x0f]*\r\n)/.exec(text.slice(next)) ?? [];
      if (line === undefined || (longest > 0 && rest.length > longest)) return { next, dots };
      dots += dot.length;
      next += line.length;
    }
  }

  test("passes what a plain reading passes, wherever the chunk lies in its memory", () => {
    const piece = fc.constantFrom(
      "\r\n",
      "\r\n",
      "a",
      "\x10",
      "\x0f",
      "bb",
      "\r",
      "\n",
      ".",
      "\0",
      "\t",
      "\xff".repeat(9),
      "c".repeat(30),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.nat(7),
        fc.constantFrom(0, 2, 3, 11, 12, 32),
        (pieces, offset, longest) => {
          const text = pieces.join("");
          const memory = encode(`${"\r\n".repeat(4).slice(0, offset)}${text}\r\n\r\n`);
          const chunk = memory.subarray(offset, offset + text.length);
          const finder = new LowFinder(chunk);
          for (let at = 0; at <= text.length; at++)
            expect(finder.lines(at, longest)).toEqual(plain(text, at, longest));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("a line of the most octets passes, one more does not", () => {
    const finder = new LowFinder(encode(`${"x".repeat(10)}\r\n`));
    expect([11, 12, 13, 0].map((longest) => finder.lines(0, longest).next)).toEqual([0, 12, 12, 12]);
  });

  test("a stuffing dot is no octet of its line, and is counted with the lines that pass", () => {
    const finder = new LowFinder(encode(`.${"x".repeat(10)}\r\n..\r\n.\r\n`));
    expect(finder.lines(0, 11)).toEqual({ next: 0, dots: 0 });
    expect(finder.lines(0, 12)).toEqual({ next: 17, dots: 2 });
  });
});

describe("octets as strings", () => {
  const all = Uint8Array.from({ length: 256 }, (_, value) => value);

  test("every octet is one unit of the same value, and comes back", () => {
    const text = decode(all);
    for (let value = 0; value < 256; value++) expect(text.charCodeAt(value)).toBe(value);
    expect(encode(text)).toEqual(all);
  });

  test("a part of a long chunk is decoded as itself", () => {
    const long = new Uint8Array(20_000).map((_, index) => index % 251);
    expect(encode(decode(long))).toEqual(long);
    expect(encode(decode(long, 4095, 8193))).toEqual(long.subarray(4095, 8193));
    expect(decode(long, 7, 7)).toBe("");
  });
});
