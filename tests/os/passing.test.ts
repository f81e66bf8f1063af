// Descriptors between two ends.

import { afterEach, expect, test } from "bun:test";
import { closeSync, fstatSync, readdirSync, writeSync } from "node:fs";
import { pipe, readReady } from "../../src/os/libc.ts";
import { pass, passagePair, take } from "../../src/os/passing.ts";

const open = new Set<number>();
const kept = (...fds: number[]) => {
  for (const fd of fds) open.add(fd);
};
afterEach(() => {
  for (const fd of open) closeSync(fd);
  open.clear();
});

test("descriptors arrive in order, with their number, and work", () => {
  const [here, there] = passagePair();
  const { readEnd, writeEnd } = pipe();
  kept(here, there, readEnd, writeEnd);
  expect(pass(here, 4_000_000_007, [writeEnd, readEnd])).toBe(true);
  const taken = take(there)!;
  kept(...taken.descriptors);
  expect(taken.id).toBe(4_000_000_007);
  writeSync(taken.descriptors[0]!, "through");
  const octets = new Uint8Array(16);
  expect(readReady(taken.descriptors[1]!, octets)).toBe(7);
  expect(fstatSync(taken.descriptors[1]!).ino).toBe(fstatSync(readEnd).ino);
});

test("nothing passed is nothing taken, at once", () => {
  const [here, there] = passagePair();
  kept(here, there);
  expect(take(there)).toBeNull();
});

test("a side that takes nothing makes the other stop, and loses nothing", () => {
  const [here, there] = passagePair();
  const { readEnd, writeEnd } = pipe();
  kept(here, there, readEnd, writeEnd);
  let passed = 0;
  while (passed < 100_000 && pass(here, passed, [readEnd])) passed++;
  expect(passed).toBeGreaterThan(0);
  expect(passed).toBeLessThan(100_000);
  const before = readdirSync("/proc/self/fd").length;
  for (let id = 0; id < passed; id++) {
    const taken = take(there)!;
    expect(taken.id).toBe(id);
    for (const fd of taken.descriptors) closeSync(fd);
  }
  expect(take(there)).toBeNull();
  expect(readdirSync("/proc/self/fd").length).toBe(before);
});

test("a side that has gone is told of, and no signal kills us", () => {
  const [here, there] = passagePair();
  closeSync(there);
  kept(here);
  expect(pass(here, 1, [here])).toBe(false);
});
