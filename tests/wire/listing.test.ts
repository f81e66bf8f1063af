// Multi-line bodies for a client: where they end, at every split, and the numbers their lines begin with.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decode, encode } from "../../src/wire/latin1.ts";
import { ListingBody } from "../../src/wire/listing.ts";

function scan(input: string, size: number, listen = true) {
  const numbers: string[] = [];
  const body = new ListingBody(listen ? (number) => numbers.push(number) : null);
  let forwarded = "";
  let at = 0;
  while (at < input.length && !body.ended)
    at += body.scan(encode(input.slice(at, at + size)), 0, (octets) => {
      forwarded += decode(octets);
    });
  return { forwarded, end: body.ended ? at : -1, numbers };
}

describe("a multi-line body", () => {
  test.each([
    [".\r\n+OK", 3],
    ["a\r\n.\r\n+OK", 6],
    ["..\r\n.\r\n", 7],
    ["a\n.\nb\n.\r\n.\r\n", 12],
    ["a\r.\r\n.\r\n", 8],
    ["a\r\n.\r.\r\n.\r\n", 11],
    ["a\r\n.\rb\r\n.\r\n", 11],
    ["\r\r\n.\r\n", 6],
    ["\0\xff\r\n.x\r\n.\r\n", 11],
    ["1.\r\n.\r\n", 7],
    [".1\r\n.\r\n", 7],
    [".12 3\r\n.\r\n", 10],
    ["\r1.\r\n.\r\n", 8],
    ["a\r\n.\n", -1],
    [".\r", -1],
    ["a.\r\n", -1],
  ])("%j ends at %i, unchanged, however it is cut", (input, end) => {
    for (let size = 1; size <= input.length; size++)
      for (const listen of [true, false])
        expect(scan(input, size, listen)).toMatchObject({
          end,
          forwarded: end < 0 ? input : input.slice(0, end),
        });
  });

  test.each([
    ["1 120\r\n02 x\r\n30 \r\n.\r\n", ["1", "02", "30"]],
    [
      "0123456789 1\r\n98765432109876543210 1\r\n987654321098765432109 1\r\n.\r\n",
      ["0123456789", "98765432109876543210"],
    ],
    ["1/2\r\n3:4\r\n5\r\n6\t7\r\n.\r\n", []],
    ["a1 2\r\n 3\r\n-4\r\n.5\r\n.\r\n", []],
    ["1 2 3\n4 5\r\n.\r\n", ["1"]],
  ])("%j tells the numbers its lines begin with", (input, numbers) => {
    for (let size = 1; size <= input.length; size++) expect(scan(input, size).numbers).toEqual(numbers);
  });

  test("of any octets ends at the first CRLF dot CRLF, whoever listens, however it is cut", () => {
    const piece = fc.constantFrom("\r", "\n", ".", "\r\n", "\r\n.", "a", "1 2", "\0", "x".repeat(20));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 1, max: 20 }), (pieces, size) => {
        const input = `${pieces.join("")}\r\n.\r\n`;
        const end = `\r\n${input}`.indexOf("\r\n.\r\n") + 3;
        for (const listen of [true, false])
          for (const cut of [size, input.length])
            expect(scan(input, cut, listen)).toMatchObject({ end, forwarded: input.slice(0, end) });
      }),
      { numRuns: 2000 },
    );
  });
});
