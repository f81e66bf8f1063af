// The filter of a worker, run as the kernel would run it.

import { describe, expect, test } from "bun:test";
import { workerProgram } from "../../src/os/filter.ts";

const PID = 4711;
const ALLOWED = 0x7fff0000;
const [EPERM, EACCES, ENOSYS] = [1, 13, 38].map((errno) => 0x50000 | errno);
const X86_64 = 0xc000003e;

/** What linux/filter.h says of the few instructions that there are. */
function verdict(number: number, args: number[] = [], { asks = false, arch = X86_64 } = {}): number {
  const program = workerProgram(asks ? "names" : "sessions", PID);
  const data = new Map<number, number>([
    [0, number],
    [4, arch],
    ...args.map((value, index): [number, number] => [16 + 8 * index, value]),
  ]);
  let held = 0;
  for (let at = 0; at < program.length; at++) {
    const [code, ifTrue, ifFalse, value] = program[at]!;
    if (code === 0x06) return value;
    if (code === 0x20) held = data.get(value) ?? 0;
    else if (code === 0x54) held &= value;
    else {
      const holds =
        code === 0x15
          ? held === value
          : code === 0x35
            ? held >= value
            : code === 0x45 && (held & value) !== 0;
      at += holds ? ifTrue : ifFalse;
    }
  }
  throw new Error("the program has no end");
}

// The numbers are those of x86-64; of arm64 the list is the same and only its numbers differ.
describe.if(process.arch === "x64")("the filter of a worker", () => {
  test("lets a session work", () => {
    for (const number of [0, 1, 3, 7, 9, 20, 46, 47, 54, 202, 231, 288 + 2, 293, 328]) {
      expect(verdict(number)).toBe(ALLOWED);
    }
  });

  test("denies other programs and processes, but not threads", () => {
    for (const number of [59, 322, 57, 58, 101, 62, 200, 424]) expect(verdict(number)).toBe(EPERM!);
    expect(verdict(56, [0x11])).toBe(EPERM!);
    expect(verdict(56, [0x3d0f00])).toBe(ALLOWED);
    expect(verdict(435)).toBe(ENOSYS!);
  });

  test("denies signals but to ourselves, and those that go by way of a descriptor", () => {
    expect(verdict(234, [PID, PID, 6])).toBe(ALLOWED);
    expect(verdict(234, [1, 1, 9])).toBe(EPERM!);
    expect(verdict(72, [5, 8, 1])).toBe(EPERM!);
    expect(verdict(72, [5, 4, 0x800])).toBe(ALLOWED);
    expect(verdict(16, [5, 0x8901])).toBe(EPERM!);
    expect(verdict(16, [5, 0x541b])).toBe(ALLOWED);
  });

  test("denies files that are written, and lets them be read", () => {
    for (const flags of [0x1, 0x2, 0x40, 0x241, 0x400 | 1, 0x410000 | 2]) {
      expect(verdict(257, [-100, 0, flags])).toBe(EACCES!);
      expect(verdict(2, [0, flags])).toBe(EACCES!);
    }
    expect(verdict(257, [-100, 0, 0x80000])).toBe(ALLOWED);
    expect(verdict(257, [-100, 0, 0x90000])).toBe(ALLOWED);
    expect(verdict(437)).toBe(ENOSYS!);
    for (const number of [82, 87, 263, 90, 85]) expect(verdict(number)).toBe(EACCES!);
  });

  test("denies new connections; where name servers are asked, all but datagrams", () => {
    for (const family of [1, 2, 10, 16]) expect(verdict(41, [family, 1])).toBe(EACCES!);
    expect(verdict(42)).toBe(EACCES!);
    expect(verdict(41, [2, 0x80802], { asks: true })).toBe(ALLOWED);
    expect(verdict(41, [10, 2], { asks: true })).toBe(ALLOWED);
    for (const args of [
      [2, 1],
      [10, 3],
      [1, 2],
      [16, 2],
    ])
      expect(verdict(41, args, { asks: true })).toBe(EACCES!);
    expect(verdict(42, [], { asks: true })).toBe(ALLOWED);
  });

  test("denies the ways round: another architecture, x32, and rings of calls", () => {
    expect(verdict(1, [], { arch: 0x40000003 })).toBe(EPERM!);
    expect(verdict(0x40000000 + 59)).toBe(EPERM!);
    for (const number of [425, 426, 427]) expect(verdict(number)).toBe(EPERM!);
  });

  test("is as long as the kernel takes", () => expect(workerProgram("names", PID).length).toBeLessThan(4096));
});
