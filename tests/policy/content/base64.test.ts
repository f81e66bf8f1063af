import { expect, test } from "bun:test";
import fc from "fast-check";
import { Base64 } from "../../../src/policy/content/base64.ts";

function decoded(text: string): string {
  const octets: number[] = [];
  const base64 = new Base64((octet) => octets.push(octet));
  for (const octet of Buffer.from(text, "latin1")) base64.decode(octet);
  return Buffer.from(octets).toString("latin1");
}

test("any octets come back", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (octets) => {
      expect(decoded(Buffer.from(octets).toString("base64"))).toBe(Buffer.from(octets).toString("latin1"));
    }),
  );
});

test.each([
  ["SUxP\r\nVkVZT1U=\r\n", "ILOVEYOU"],
  ["S!U*x P\tVkV.ZT1U", "ILOVEYOU"],
  ["SUw=T1ZFWU9V", "ILOVEYOU"],
  ["SUw==T1ZFWU9V", "ILOVEYOU"],
  ["A", ""],
])("%p is %p", (text, octets) => {
  expect(decoded(text)).toBe(octets);
});
