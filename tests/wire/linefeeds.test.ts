// The bodies of a server that ends its lines with LF: made regular, and ended where the client sees an end, at
// every split.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Body } from "../../src/wire/body.ts";
import { decode, encode } from "../../src/wire/latin1.ts";
import { LineFeedBody } from "../../src/wire/linefeeds.ts";
import { ListingBody } from "../../src/wire/listing.ts";

/** @param lead octets of the chunk that were read before */
function scan(input: string, size: number, lead = 0) {
  const numbers: string[] = [];
  const body = new LineFeedBody(new ListingBody((number) => numbers.push(number)));
  let forwarded = "";
  let at = 0;
  while (at < input.length && !body.ended) {
    const chunk = encode("\n.\n".slice(0, lead) + input.slice(at, at + size));
    at += body.scan(chunk, lead, (octets) => {
      forwarded += decode(octets);
    });
    at -= lead;
  }
  return { forwarded, end: body.ended ? at : -1, numbers };
}

/** A plain second opinion: every line end is CRLF, and the first line that is a dot is the last. */
function expected(input: string) {
  let [forwarded, end] = ["", 0];
  for (const line of input.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    forwarded += line.replace(/\r?\n$/, "\r\n");
    end += line.length;
    if (/^\.\r?\n$/.test(line)) return { forwarded, end };
  }
  return { forwarded, end: -1 };
}

describe("a body of lines that end with LF", () => {
  test.each([
    [".\n+OK", 2, ".\r\n"],
    [".\r\n+OK", 3, ".\r\n"],
    ["a\n.\n", 4, "a\r\n.\r\n"],
    ["a\r\nb\n.\r\n.\n", 8, "a\r\nb\r\n.\r\n"],
    ["\n\n\r\n\r\r\n.\n\n", 9, "\r\n\r\n\r\n\r\r\n.\r\n"],
    ["a\r.\n.\n", 6, "a\r.\r\n.\r\n"],
    ["\r.\n..\n.x\n.\n", 11, "\r.\r\n..\r\n.x\r\n.\r\n"],
    [".\r.\n.\n", 6, ".\r.\r\n.\r\n"],
    ["a.\n \n", -1, "a.\r\n \r\n"],
    ["a\n.", -1, "a\r\n."],
    ["a\n.\r", -1, "a\r\n.\r"],
  ])("%j ends at %i, however it is cut, and the client gets %j", (input, end, forwarded) => {
    for (let size = 1; size <= input.length; size++)
      for (const lead of [0, 3]) expect(scan(input, size, lead)).toMatchObject({ end, forwarded });
  });

  test("tells the numbers its lines begin with", () => {
    expect(scan("1 120\n02 x\r\n.\n", 3).numbers).toEqual(["1", "02"]);
  });

  test("of any octets ends where a client reads an end, and never before or behind it", () => {
    const piece = fc.constantFrom("\r", "\n", ".", "\r\n", "\n.", "\n.\n", "a", "\0", "x".repeat(20));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 1, max: 20 }), (pieces, size) => {
        const input = pieces.join("");
        const wanted = expected(input);
        for (const cut of [size, input.length]) expect(scan(input, cut)).toMatchObject(wanted);
        const clientsEnd = `\r\n${wanted.forwarded}`.indexOf("\r\n.\r\n") + 3;
        expect(wanted.end < 0 ? 2 : wanted.forwarded.length).toBe(clientsEnd);
      }),
      { numRuns: 2000 },
    );
  });

  test("has the faults of the body it is made for", () => {
    const inner: Body = { ended: false, fault: "nul", scan: (chunk) => chunk.length };
    expect(new LineFeedBody(inner).fault).toBe("nul");
  });
});
