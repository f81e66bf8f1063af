// Line ends made CRLF, at every split.

import { expect, test } from "bun:test";
import { CrlfText } from "../../src/sink/newlines.ts";
import { decode, encode } from "../../src/wire/latin1.ts";

function through(text: string, size: number): string {
  const lines = new CrlfText();
  let out = "";
  for (let at = 0; at < text.length; at += size) out += decode(lines.push(encode(text.slice(at, at + size))));
  return out + decode(lines.end());
}

for (const [text, crlf] of [
  ["a\nb\r\n\n\r\nc\n", "a\r\nb\r\n\r\n\r\nc\r\n"],
  ["a\rb\n", "a\rb\r\n"],
  ["no end", "no end\r\n"],
  ["half an end\r", "half an end\r\n"],
  ["", ""],
] as const) {
  test(`${JSON.stringify(text)} at every split`, () => {
    for (let size = 1; size <= Math.max(text.length, 1); size++) expect(through(text, size)).toBe(crlf);
  });
}

test("a chunk of CRLF lines is passed as it is", () => {
  const chunk = encode("a\r\nb\r\n");
  expect(new CrlfText().push(chunk)).toBe(chunk);
});
