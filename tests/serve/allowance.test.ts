// How much one worker is listened to.

import { expect, test } from "bun:test";
import { Allowance } from "../../src/serve/allowance.ts";

/** How many lines it may say before it may say no more. */
function lines(allowance: Allowance, octets: number, now: number): number {
  for (let count = 0; ; count++) if (!allowance.spend(octets, now)) return count;
}

test("a worker may say 65,536 short lines at once, or 16 MiB of long ones", () => {
  expect(lines(new Allowance(0), 0, 0)).toBe(65_536);
  expect(lines(new Allowance(0), 255, 0)).toBe(65_536);
  expect(lines(new Allowance(0), 256, 0)).toBe(32_768);
  expect(lines(new Allowance(0), 262_143, 0)).toBe(64);
});

test("each second allows for 2,000 more, however they come", () => {
  const allowance = new Allowance(5_000);
  lines(allowance, 0, 5_000);
  expect(lines(allowance, 0, 6_000)).toBe(2_000);
  expect(lines(allowance, 0, 6_500)).toBe(1_000);
  expect(lines(allowance, 0, 6_500)).toBe(0);
});

test("each session allows for 64 more", () => {
  const allowance = new Allowance(0);
  lines(allowance, 0, 0);
  for (let session = 0; session < 10; session++) allowance.begin();
  expect(lines(allowance, 0, 0)).toBe(640);
});

test("quiet and sessions save up no more than a worker may say at once", () => {
  const quiet = new Allowance(0);
  expect(lines(quiet, 0, 3_600_000)).toBe(65_536);
  const busy = new Allowance(0);
  for (let session = 0; session < 10_000; session++) busy.begin();
  expect(lines(busy, 0, 0)).toBe(65_536);
});

test("1,500 sessions a second with ten lines each are never too much, for as long as they go on", () => {
  const allowance = new Allowance(0);
  let refused = 0;
  for (let session = 0; session < 200_000; session++) {
    allowance.begin();
    for (let line = 0; line < 10; line++) if (!allowance.spend(400, session / 1.5)) refused++;
  }
  expect(refused).toBe(0);
});

test("20,000 lines for nothing in two seconds are a flood, and no fewer", () => {
  const allowance = new Allowance(0);
  for (let line = 0; line < 20_000; line++) expect(allowance.waste(0, 1_999)).toBe(false);
  expect(allowance.waste(0, 1_999)).toBe(true);
});

test("what was for nothing is counted anew every two seconds", () => {
  const allowance = new Allowance(0);
  for (let interval = 0; interval < 10; interval++)
    for (let line = 0; line < 20_000; line++) expect(allowance.waste(0, interval * 2_000)).toBe(false);
});

test("long lines for nothing are a flood sooner", () => {
  const allowance = new Allowance(0);
  const octets = 262_143; // the longest there are
  let count = 1;
  while (!allowance.waste(octets, 0)) count++;
  expect(count).toBe(20);
});
