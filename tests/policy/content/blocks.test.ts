import { expect, test } from "bun:test";
import fc from "fast-check";
import { BLOCK, Blocks, OVERLAP } from "../../../src/policy/content/blocks.ts";

function looks(views: Iterable<Uint8Array>): [string, number][] {
  const seen: [string, number][] = [];
  const blocks = new Blocks((octets, known) => seen.push([Buffer.from(octets).toString("latin1"), known]));
  for (const view of views) blocks.octets(view);
  blocks.end();
  return seen;
}

test("blocks end where lines end", () => {
  const line = `${"x".repeat(76)}\r\n`;
  const text = line.repeat(2000);
  const seen = looks([Buffer.from(text)]);
  expect(seen.length).toBeGreaterThan(2);
  expect(seen.map(([block]) => block).join("")).toBe(text);
  for (const [block, known] of seen) expect([block.endsWith("\r\n"), known]).toEqual([true, 0]);
});

test("a longer line comes in pieces that overlap", () => {
  const line = Array.from({ length: 40000 }, (_, at) => `${at} `).join("");
  const seen = looks([Buffer.from(`a\r\n${line}\r\nb\r\n`)]);
  expect(seen.map(([, known]) => known)).toEqual([0, 0, OVERLAP, OVERLAP, OVERLAP]);
  expect(seen.map(([block, known]) => block.slice(known)).join("")).toBe(`a\r\n${line}\r\nb\r\n`);
  expect(seen[2]![0].slice(0, OVERLAP)).toBe(seen[1]![0].slice(-OVERLAP));
});

test("how the text was split does not show", () => {
  const text = Buffer.from("short\r\n".repeat(9000) + "l".repeat(3 * BLOCK) + "\r\nend".repeat(20000));
  const whole = looks([text]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 40 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), text.length];
      expect(looks(at.slice(1).map((to, index) => text.subarray(at[index], to)))).toEqual(whole);
    }),
    { numRuns: 20 },
  );
  const blocks: [string, number][] = [];
  const single = new Blocks((octets, known) => blocks.push([Buffer.from(octets).toString("latin1"), known]));
  for (const octet of text) single.octet(octet);
  single.end();
  expect(blocks).toEqual(whole);
});

test("nothing is looked at when there is nothing", () => {
  expect(looks([new Uint8Array(0)])).toEqual([]);
});
