// Which server a client is sent to: shares follow the weights, dead and silent ones are left alone, and come back.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Balance, LATE, type Visit } from "../../src/serve/balance.ts";

const RETRY = 30_000;
const NOBODY: ReadonlySet<number> = new Set();

function balance(...weights: number[]): Balance {
  return new Balance(weights, RETRY);
}

/** A client comes, and its server speaks at once. */
function served(of: Balance, now: number): Visit {
  const visit = of.begin(of.choose(now, NOBODY)!, now);
  of.answered(visit, now);
  return visit;
}

function chosen(of: Balance, now: number, count: number): number[] {
  return Array.from({ length: count }, () => of.choose(now, NOBODY)!);
}

/** Even, 0 to below 1, and the same each time. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Clients that come and go by chance, so many at a time on average.
 * @param pace how long each server's sessions are, beside the others'
 * @returns the share that each server had
 */
function shares(of: Balance, pace: readonly number[], atATime: number, seed: number, count = 4000): number[] {
  const random = dice(seed);
  const lasts = (mean: number) => -Math.log(1 - random()) * mean;
  const open: { visit: Visit; end: number }[] = [];
  const had = pace.map(() => 0);
  let now = 0;
  for (let client = 0; client < count; client++) {
    now += lasts(100 / atATime);
    for (const one of open.filter(({ end }) => end <= now)) {
      of.end(one.visit);
      open.splice(open.indexOf(one), 1);
    }
    const visit = served(of, now);
    had[visit.destination]!++;
    open.push({ visit, end: now + lasts(100 * pace[visit.destination]!) });
  }
  return had.map((it) => it / count);
}

describe("shares", () => {
  test("follow the weights within a tenth, however many clients there are at a time", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 });
    const load = fc.constantFrom(0.1, 1, 3, 10, 50);
    fc.assert(
      fc.property(weights, load, fc.integer(), (each, atATime, seed) => {
        const all = each.reduce((sum, weight) => sum + weight, 0);
        const had = shares(
          balance(...each),
          each.map(() => 1),
          atATime,
          seed,
        );
        for (const [index, weight] of each.entries()) {
          expect(had[index]!).toBeGreaterThan((0.9 * weight) / all);
          expect(had[index]!).toBeLessThan((1.1 * weight) / all);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("are in turn where clients come one after the other", () => {
    const of = balance(2, 1, 1);
    const turns: number[] = [];
    for (let client = 0; client < 8; client++) {
      const visit = served(of, client);
      turns.push(visit.destination);
      of.end(visit);
    }
    expect(turns.toSorted()).toEqual([0, 0, 0, 0, 1, 1, 2, 2]);
    expect(new Set(turns.slice(0, 4)).size).toBe(3);
  });

  test("of one whose sessions take three times as long are less than the others'", () => {
    const [slow, one, other] = shares(balance(1, 1, 1), [3, 1, 1], 30, 7) as [number, number, number];
    expect(slow).toBeLessThan(0.22);
    expect(Math.abs(one - other)).toBeLessThan(0.03);
  });

  test("of one whose sessions never end are next to nothing", () => {
    const had = shares(balance(2, 1, 1), [1e9, 1, 1], 30, 8);
    expect(had[0]).toBeLessThan(0.05);
  });
});

test("one that had too many clients for long gets a few in turn when it has none, and not all that come", () => {
  const of = balance(1, 1);
  const held = Array.from({ length: 50 }, () => of.begin(0, 0));
  for (const visit of held) of.answered(visit, 0);
  for (let client = 0; client < 200; client++) {
    const visit = served(of, client);
    expect(visit.destination).toBe(1);
    of.end(visit);
  }
  for (const visit of held) of.end(visit);
  const next = chosen(of, 300, 40);
  expect(next.slice(0, 12)).toContain(1);
});

test("shares are what they were when one that kept all of its clients has let them go", () => {
  const of = balance(2, 1, 1);
  const held = Array.from({ length: 50 }, () => of.begin(2, 0));
  for (const visit of held) of.answered(visit, 0);
  for (let client = 0; client < 2000; client++) of.end(served(of, client));
  for (const visit of held) of.end(visit);
  chosen(of, 3000, 40);
  const next = chosen(of, 3000, 400);
  expect([0, 1, 2].map((it) => next.filter((one) => one === it).length)).toEqual([200, 100, 100]);
});

describe("one that failed", () => {
  test("is left alone until it is back, and is told of once each way", () => {
    const of = balance(1, 1);
    expect(of.fell(0, "unreachable", 0)).toBe("left-alone");
    expect(of.fell(0, "unreachable", 5)).toBeNull();
    expect(chosen(of, 6, 4)).toEqual([1, 1, 1, 1]);
    expect(of.due(0)).toBe(5 + RETRY);
    expect(of.reached(0, true)).toBe("back");
    expect(of.reached(0, true)).toBeNull();
    expect(of.due(0)).toBeNull();
    expect(new Set(chosen(of, 7, 4))).toEqual(new Set([0, 1]));
  });

  test("is known since when it was not up, however often it fails", () => {
    const of = balance(1);
    for (const now of [7, 90]) of.fell(0, "unreachable", now);
    expect(of.downSince(0)).toBe(7);
  });

  test("on trial stays so when it is tried once more, and is back by the first word it says to anybody", () => {
    const of = balance(1, 1);
    const frozen = of.begin(0, 0);
    of.failed(frozen, "mute", 1);
    for (let tries = 0; tries < 2; tries++) expect(of.reached(0, false)).toBeNull();
    expect(of.answered(frozen, 5)).toBe("back");
    expect(of.answered(frozen, 6)).toBeNull();
    expect(of.reached(0, false)).toBeNull(); // a try that was under way: it is up all the same
    expect(of.failed(of.begin(0, 5.5), "mute", 9)).toBe("left-alone"); // what is said twice proves nothing
  });

  test("gets its share when it is back, and not all that it has missed", () => {
    const of = balance(1, 1);
    of.fell(0, "unreachable", 0);
    for (let client = 0; client < 100; client++) of.end(served(of, client));
    of.recovered(0);
    expect(chosen(of, 200, 10).filter((it) => it === 0).length).toBeLessThanOrEqual(6);
  });

  test("after it was connected in vain is given one client, and no other until it speaks to that", () => {
    const of = balance(1, 1);
    const frozen = of.begin(0, 0);
    expect(of.failed(frozen, "mute", 10_000)).toBe("left-alone");
    of.end(frozen);
    expect(of.reached(0, false)).toBeNull();
    expect(of.due(0)).toBeNull();
    const tried = chosen(of, 50_000, 3).includes(0) ? of.begin(0, 50_000) : null;
    expect(tried).not.toBeNull();
    expect(chosen(of, 50_001, 6)).not.toContain(0);
    expect(of.answered(tried!, 50_100)).toBe("back");
    expect(chosen(of, 50_101, 6)).toContain(0);
  });

  test("on trial, too, is left alone again, and nothing is told", () => {
    const of = balance(1, 1);
    of.failed(of.begin(0, 0), "mute", 1);
    of.reached(0, false);
    expect(of.failed(of.begin(0, 100_000), "mute", 110_000)).toBeNull();
    expect(of.due(0)).toBe(110_000 + RETRY);
  });

  test("that was found unreachable on top of that has still to speak to a client", () => {
    const of = balance(1, 1);
    of.failed(of.begin(0, 0), "mute", 1);
    of.fell(0, "unreachable", 2);
    expect(of.reached(0, false)).toBeNull();
  });

  test("and then was connected by a client in vain has to, too", () => {
    const of = balance(1, 1);
    of.fell(0, "unreachable", 0);
    expect(of.failed(of.begin(0, 1), "mute", 2)).toBeNull();
    expect(of.reached(0, false)).toBeNull();
  });

  test("and was only not there is back when it can be connected", () => {
    const of = balance(1, 1);
    of.fell(0, "unreachable", 0);
    expect(of.reached(0, false)).toBe("back");
  });

  test("for one client has not failed where it spoke to another that came later", () => {
    const of = balance(1);
    const unlucky = of.begin(0, 0);
    of.answered(of.begin(0, 5), 6);
    expect(of.failed(unlucky, "mute", 10_000)).toBeNull();
    expect(of.choose(10_001, NOBODY)).toBe(0);
    expect(of.failed(of.begin(0, 7), "mute", 10_002)).toBe("left-alone");
  });
});

test("where all have failed the one that was left alone first is the next to be tried", () => {
  const of = balance(1, 1, 1);
  for (const [now, destination] of [2, 0, 1].entries()) of.fell(destination, "unreachable", now);
  expect(of.choose(9, NOBODY)).toBeNull();
  expect(of.nearest(NOBODY)).toBe(2);
  of.fell(2, "unreachable", 10);
  expect(of.nearest(NOBODY)).toBe(0);
  expect(of.nearest(new Set([0, 1, 2]))).toBeNull();
});

describe("one that owes somebody its first word", () => {
  test("is given nobody else after two seconds, while others are there", () => {
    const of = balance(1, 1);
    const visit = of.begin(0, 0);
    of.answered(of.begin(1, 0), 0);
    expect(chosen(of, LATE - 1, 4)).toContain(0);
    expect(chosen(of, LATE + 1, 4)).toEqual([1, 1, 1, 1]);
    expect(of.choose(LATE + 1, new Set([1]))).toBe(0);
    of.answered(visit, LATE + 2);
    expect(chosen(of, LATE + 3, 4)).toContain(0);
  });

  test("is as good as any where all of them are late", () => {
    const of = balance(1, 1);
    of.begin(0, 0);
    of.begin(1, 0);
    expect(new Set(chosen(of, LATE + 1, 4))).toEqual(new Set([0, 1]));
  });

  test("is not held to it for ever: whoever waits may never tell", () => {
    const of = balance(1, 1);
    of.begin(0, 0);
    expect(chosen(of, 60_000, 4)).toContain(0);
  });

  test("has nobody waiting any more once that client is gone", () => {
    const of = balance(1, 1);
    const visit = of.begin(0, 0);
    expect(of.waitingFor(0)).toEqual([visit]);
    of.end(visit);
    expect([of.waitingFor(0), of.load(0)]).toEqual([[], 0]);
    expect(chosen(of, LATE + 1, 4)).toContain(0);
  });
});

test("a client is not sent where it has been, or may not go", () => {
  const of = balance(9, 1);
  expect(of.choose(0, new Set([0]))).toBe(1);
  expect(of.choose(0, new Set([0, 1]))).toBeNull();
});
