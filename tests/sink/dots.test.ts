// Dot-stuffing, both ways, at every split.

import { expect, test } from "bun:test";
import { Stuffer, Unstuffer } from "../../src/sink/dots.ts";
import { decode, encode } from "../../src/wire/latin1.ts";

const PLAIN = ".\r\n..\r\nno dot.\r\n.x\r\n\r\n.\n.y\r.z";
const STUFFED = "..\r\n...\r\nno dot.\r\n..x\r\n\r\n..\n..y\r.z";

function through(coder: Stuffer | Unstuffer, text: string, size: number): string {
  let out = "";
  for (let at = 0; at < text.length; at += size) out += decode(coder.push(encode(text.slice(at, at + size))));
  return out;
}

for (let size = 1; size <= STUFFED.length; size++) {
  test(`stuffs and unstuffs in chunks of ${size}`, () => {
    expect(through(new Stuffer(), PLAIN, size)).toBe(STUFFED);
    expect(through(new Unstuffer(), STUFFED, size)).toBe(PLAIN);
  });
}

test("a chunk without a dot at a line's start is passed as it is", () => {
  const chunk = encode("text.\r\nmore.\r\n");
  expect(new Stuffer().push(chunk)).toBe(chunk);
  expect(new Unstuffer().push(chunk)).toBe(chunk);
});
