// Seconds in the buckets of a histogram.

import { expect, test } from "bun:test";
import { METRICS } from "../../src/record/metrics.ts";
import { Seconds } from "../../src/record/seconds.ts";

const { buckets } = METRICS.protowrap_session_seconds;

test("each is in the first bucket that it is not above, and the last takes what is above all", () => {
  const seconds = new Seconds("protowrap_session_seconds");
  expect(seconds.isEmpty).toBe(true);
  for (const observed of [0, buckets[0], buckets[0] + 0.01, buckets.at(-1)! + 1]) seconds.observe(observed);
  expect(seconds.counts).toEqual([2, 1, ...new Array(buckets.length - 2).fill(0), 1]);
  expect(seconds.sum).toBeCloseTo(0.1 + 0.11 + 1801);
  expect(seconds.isEmpty).toBe(false);
});

test("those of another are added to it", () => {
  const [seconds, other] = [
    new Seconds("protowrap_session_seconds"),
    new Seconds("protowrap_session_seconds"),
  ];
  seconds.observe(0.2);
  other.observe(0.3);
  other.observe(7);
  seconds.add(other);
  expect(seconds.counts.slice(0, 5)).toEqual([0, 2, 0, 0, 1]);
  expect(seconds.sum).toBeCloseTo(7.5);
});
