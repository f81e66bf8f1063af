import { expect, test } from "bun:test";
import { QuotedPrintable } from "../../../src/policy/content/quoted-printable.ts";

function decoded(text: string): string {
  const octets: number[] = [];
  const quoted = new QuotedPrintable((octet) => octets.push(octet));
  for (const octet of Buffer.from(text, "latin1")) quoted.decode(octet);
  return Buffer.from(octets).toString("latin1");
}

test.each([
  ["plain\r\ntext\r\n", "plain\ntext\n"],
  ["=49LOVE=59=4f=55", "ILOVEYOU"],
  ["I=\r\nLOVE= \t\r\nYOU", "ILOVEYOU"],
  ["..dot\r\n.stuffed=\r\n..", ".dot\nstuffed."],
  ["a=b =4 =4G ==41 =\t.", "a=b =4 =4G =A = ."],
  ["caf=E9", "caf\xe9"],
  ["=", ""],
])("%p is %p", (text, octets) => {
  expect(decoded(text)).toBe(octets);
});
