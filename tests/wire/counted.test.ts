// Counted bodies: where they end, at every split, whatever is in them.

import { describe, expect, test } from "bun:test";
import { CountedBody } from "../../src/wire/counted.ts";
import { decode, encode } from "../../src/wire/latin1.ts";

function scan(input: string, octets: number, size: number) {
  const body = new CountedBody(octets);
  let forwarded = "";
  let at = 0;
  while (at < input.length && !body.ended)
    at += body.scan(encode(input.slice(at, at + size)), 0, (view) => {
      forwarded += decode(view);
    });
  return { forwarded, end: at, ended: body.ended };
}

describe("a counted body", () => {
  test.each([
    ["hello)\r\n", 5],
    [".\r\n.\r\na OK", 6],
    ["\0\r\n\xff{9}\r\nmore", 5],
    ["x", 1],
    [")\r\n", 0],
  ])("%j ends behind %i octets, unchanged, however it is cut", (input, octets) => {
    for (let size = 1; size <= input.length; size++)
      expect(scan(input, octets, size)).toEqual({
        forwarded: input.slice(0, octets),
        end: octets,
        ended: true,
      });
  });

  test("has not ended while octets are missing", () => {
    for (let size = 1; size <= 4; size++)
      expect(scan("abcd", 5, size)).toEqual({ forwarded: "abcd", end: 4, ended: false });
  });

  test("begins where it is told to, in the middle of a chunk", () => {
    const seen: string[] = [];
    const body = new CountedBody(3);
    expect(body.scan(encode("{3}abcd"), 3, (view) => seen.push(decode(view)))).toBe(6);
    expect([seen, body.ended, body.fault]).toEqual([["abc"], true, null]);
  });

  test("forwards nothing where nothing is left", () => {
    const seen: Uint8Array[] = [];
    expect(new CountedBody(0).scan(encode("ab"), 1, (view) => seen.push(view))).toBe(1);
    expect(seen).toEqual([]);
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("of %p octets is none", (octets) => {
    expect(() => new CountedBody(octets)).toThrow(/of .* octets: expected a whole number/);
  });
});
