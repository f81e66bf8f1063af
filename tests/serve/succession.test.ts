// When a worker that went is replaced.

import { describe, expect, test } from "bun:test";
import { type Pause, Succession } from "../../src/serve/succession.ts";

const YOUNG = 59.9;
const GROWN = 60;
const ALL = [0, 1, 2, 4, 8, 16, 32, 60, 60, 60];

function times(count: number, once: () => Pause): Pause[] {
  return Array.from({ length: count }, once);
}

describe("a worker that keeps dying", () => {
  test("is replaced at once, then ever later, but never more than a minute", () => {
    const succession = new Succession();
    const pauses = times(10, () => {
      succession.ready();
      return succession.died(YOUNG);
    });
    expect(pauses).toEqual(ALL);
  });

  test("and is ready in between dies young all the same", () => {
    const succession = new Succession();
    succession.ready();
    expect(succession.died(0)).toBe(0);
    succession.ready();
    expect(succession.died(0)).toBe(1);
  });

  test("is replaced at once when it has lived for a minute, however many died young before", () => {
    const succession = new Succession();
    times(20, () => succession.died(YOUNG));
    succession.ready();
    expect(succession.died(GROWN)).toBe(0);
    expect(succession.died(YOUNG)).toBe(1);
    expect(times(20, () => succession.died(GROWN))).toEqual(new Array(20).fill(0));
  });
});

describe("workers that fail before they are ready", () => {
  test("three in a row are the end, where nobody is served", () => {
    const succession = new Succession();
    expect(times(3, () => succession.failed(false))).toEqual([0, 1, "hopeless"]);
  });

  test("are tried ever later while others serve, and are the end when those have gone", () => {
    const succession = new Succession();
    succession.ready();
    expect(times(10, () => succession.failed(true))).toEqual(ALL);
    expect(succession.failed(false)).toBe("hopeless");
  });

  test("are counted anew once one was ready", () => {
    const succession = new Succession();
    times(2, () => succession.failed(false));
    succession.ready();
    expect(times(3, () => succession.failed(false))).toEqual([2, 4, "hopeless"]);
  });
});

describe("workers that cannot even be started", () => {
  test("are the end after three in a row, where there never was one", () => {
    const succession = new Succession();
    expect(times(3, () => succession.unstarted())).toEqual([0, 1, "hopeless"]);
  });

  test("count with those that fail", () => {
    const succession = new Succession();
    succession.unstarted();
    succession.failed(false);
    expect(succession.unstarted()).toBe("hopeless");
  });

  test("are tried for ever where there has been one", () => {
    const succession = new Succession();
    succession.ready();
    expect(times(10, () => succession.unstarted())).toEqual(ALL);
    // Nor do they make hopeless what fails otherwise.
    expect(times(3, () => succession.failed(false))).toEqual([60, 60, "hopeless"]);
  });
});
