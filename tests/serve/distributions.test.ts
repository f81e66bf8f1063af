// How long servers took, as a worker tells it, and as somebody might who got hold of one.

import { describe, expect, test } from "bun:test";
import { Seconds } from "../../src/record/seconds.ts";
import { readDistribution, writeDistribution } from "../../src/serve/distributions.ts";

test("it is read as it was written", () => {
  const seconds = new Seconds("protowrap_server_reply_seconds");
  for (const observed of [0.0004, 0.2, 31]) seconds.observe(observed);
  const read = readDistribution(writeDistribution(seconds))!;
  expect(read).toEqual({ counts: seconds.counts, sum: seconds.sum });
});

describe("it is none", () => {
  const counts = new Array(10).fill(1);
  const WRONG: readonly unknown[] = [
    ...[null, 7, "x", {}, [], [1], counts, [1, ...counts, 1]],
    ...[
      [-1, ...counts],
      ["1", ...counts],
      [null, ...counts],
      [1e300, ...counts],
    ],
    ...[-1, 1.5, "1", null, 2 ** 53, [1]].map((wrong) => [1, ...counts.slice(1), wrong]),
  ];
  for (const wrong of WRONG)
    test(JSON.stringify(wrong), () => expect(readDistribution(JSON.stringify(wrong))).toBeNull());

  test("with what JSON has no number for", () => {
    expect(readDistribution(`[1e999${",1".repeat(10)}]`)).toBeNull();
  });
});

test("what nobody writes is an error", () => expect(() => readDistribution("[1")).toThrow(SyntaxError));
