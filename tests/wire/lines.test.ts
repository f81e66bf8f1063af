// Lines at every split and at the border of their limit; what is held is bounded.

import { describe, expect, test } from "bun:test";
import { encode } from "../../src/wire/latin1.ts";
import { endsBare, HARD_LIMIT, type Line, LineReader } from "../../src/wire/lines.ts";

/** All lines of `text`, read in pieces of `size`. */
function lines(text: string, limit: number, size: number): Line[] {
  const reader = new LineReader();
  const found: Line[] = [];
  for (let from = 0; from < text.length; from += size) {
    const chunk = encode(text.slice(from, from + size));
    for (let at = 0; at < chunk.length; ) {
      const { line, next } = reader.read(chunk, at, limit);
      if (line !== null) found.push(line);
      at = next;
    }
  }
  return found;
}

const SIZES = [1, 2, 3, 5, 8, 1000];

describe("lines", () => {
  test.each([
    ["a\r\n", [["a", 3]]],
    ["a\n", [["a", 2]]],
    [
      "\r\n\n",
      [
        ["", 2],
        ["", 1],
      ],
    ],
    ["a\r\r\n", [["a\r", 4]]],
    ["a\rb\r\n", [["a\rb", 5]]],
    ["\0\xff\x80\t\r\n", [["\0\xff\x80\t", 6]]],
    [
      "a\r\nb\nc\r\n",
      [
        ["a", 3],
        ["b", 2],
        ["c", 3],
      ],
    ],
  ] as [string, [string, number][]][])("%j are lines, however they are cut", (text, wanted) => {
    for (const size of SIZES)
      expect(lines(text, 100, size)).toEqual(
        wanted.map(([text, octets]) => ({ text, octets, tooLong: false })),
      );
  });

  test("a line tells whether its end was LF alone", () => {
    for (const size of SIZES)
      expect(lines("a\r\nb\n\r\n\nc\r\r\nd\re\n", 100, size).map(endsBare)).toEqual([
        ...[false, true, false, true],
        ...[false, true],
      ]);
  });

  test("a line of the limit passes, one more octet does not", () => {
    for (const size of SIZES) {
      expect(lines(`${"x".repeat(8)}\r\n`, 10, size)).toEqual([
        { text: "x".repeat(8), octets: 10, tooLong: false },
      ]);
      expect(lines(`${"x".repeat(9)}\r\n`, 10, size)[0]).toMatchObject({ octets: 11, tooLong: true });
      expect(lines(`${"x".repeat(9)}\n`, 10, size)).toEqual([
        { text: "x".repeat(9), octets: 10, tooLong: false },
      ]);
      expect(lines(`${"x".repeat(10)}\n`, 10, size)[0]).toMatchObject({ octets: 11, tooLong: true });
    }
  });

  test("a line that is too long is one line, and the next one is whole", () => {
    for (const size of SIZES)
      expect(lines(`${"QUIT ".repeat(10)}\r\nNOOP\r\n`, 10, size)).toEqual([
        { text: "QUIT QUIT ", octets: 52, tooLong: true },
        { text: "NOOP", octets: 6, tooLong: false },
      ]);
  });

  test("without a limit the reader's own holds", () => {
    expect(lines(`${"x".repeat(HARD_LIMIT - 1)}\n`, 0, 65536)[0]).toMatchObject({ tooLong: false });
    expect(lines(`${"x".repeat(HARD_LIMIT)}\n`, 0, 65536)[0]).toMatchObject({ tooLong: true });
  });

  test("no more than the limit is held of a line that does not end", () => {
    const reader = new LineReader();
    expect(reader.partial).toBe(false);
    reader.read(encode("x\n"), 0, 512);
    expect(reader.partial).toBe(false);
    const chunk = encode("x".repeat(1000));
    reader.read(chunk.subarray(0, 1), 0, 512);
    expect(reader.partial).toBe(true);
    reader.read(chunk.subarray(1), 0, 512);
    for (let count = 1; count < 100; count++) reader.read(chunk, 0, 512);
    expect(reader.partial).toBe(true);
    expect(reader.rest).toBe("x".repeat(512));
    expect(reader.pending).toBe(100_000);
  });
});
