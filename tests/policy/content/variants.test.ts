// Mails that carry one phrase so that their octets do not show it (tests/fixtures/variants.py): all that some reader makes
// of them is looked at. Which of them readers do show is asked of the readers themselves (e2e/content.e2e.test.ts).

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { ContentInspector } from "../../../src/policy/content/inspector.ts";
import { Rules } from "../../../src/policy/content/rules.ts";

const directory = new URL("../../fixtures/variants/", import.meta.url).pathname;
const variants = readdirSync(directory).map(
  (file) => [file.replace(".eml", ""), readFileSync(directory + file)] as const,
);
const rules = new Rules(["ILOVEYOU"]);

/** In these the phrase is for nobody: the other boundary is itself a part of the base64; a word that never ends. */
const SHOWN_TO_NOBODY = [
  "multi-other-boundary-within-one",
  "multi-other-boundary-within-two",
  "words-folded-within",
  "words-no-end",
];

function verdict(views: Iterable<Uint8Array>): string | null {
  const inspector = new ContentInspector(rules, () => 0);
  for (const view of views) {
    const rule = inspector.octets(view);
    if (rule !== null) return rule;
  }
  return inspector.end();
}

test("there are many of them", () => {
  expect(variants.length).toBeGreaterThan(250);
});

describe("a phrase is found, and octet by octet, too", () => {
  test.each(variants)("in %s", (name, octets) => {
    const expected = SHOWN_TO_NOBODY.includes(name) ? null : "block-body#1";
    expect(verdict([octets])).toBe(expected);
    expect(verdict(Array.from(octets, (octet) => Uint8Array.of(octet)))).toBe(expected);
  });
});

test("without the phrase nothing is found", () => {
  const other = new Rules(["ILOVEYOUTOO"]);
  for (const [name, octets] of variants) {
    const inspector = new ContentInspector(other, () => 0);
    expect([name, inspector.octets(octets) ?? inspector.end()]).toEqual([name, null]);
  }
});

test("the verdict on two of them, one in the other, does not depend on the split", () => {
  const pick = fc.integer({ min: 0, max: variants.length - 1 }).map((at) => variants[at]![1]);
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 9 });
  fc.assert(
    fc.property(pick, pick, fc.double({ min: 0, max: 1, noNaN: true }), cuts, (one, other, where, cuts) => {
      const at = Math.floor(where * one.length);
      const text = Buffer.concat([one.subarray(0, at), other, one.subarray(at)]);
      const edges = [
        0,
        ...cuts.map((cut) => Math.floor(cut * text.length)).sort((a, b) => a - b),
        text.length,
      ];
      const views = edges.slice(1).map((to, index) => text.subarray(edges[index], to));
      expect(verdict(views)).toBe(verdict([text]));
    }),
    { numRuns: 2000 },
  );
});
