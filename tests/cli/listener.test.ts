// How a listener's work is shared, where nobody says it.

import { describe, expect, test } from "bun:test";
import { crewOf } from "../../src/cli/listener.ts";

const silent = { workers: null, sessionsPerWorker: null, maxConnections: 500 };

describe("a crew", () => {
  test("is half as many as there are processors, and at least one", () => {
    expect([1, 2, 3, 8].map((processors) => crewOf(silent, processors).size)).toEqual([1, 1, 1, 4]);
  });

  test("takes as many sessions as there may be clients", () => {
    expect(crewOf(silent, 8).sessionsPerWorker).toBe(125);
    expect(crewOf({ ...silent, maxConnections: 1, workers: 4 }, 8).sessionsPerWorker).toBe(1);
    expect(crewOf({ ...silent, maxConnections: 0 }, 2).sessionsPerWorker).toBe(1000);
  });

  test("is what the administrator says", () => {
    expect(crewOf({ ...silent, workers: 3, sessionsPerWorker: 1 }, 8)).toEqual({
      size: 3,
      sessionsPerWorker: 1,
    });
  });
});
