// What check says of the place where numbers are to be had.

import { describe, expect, test } from "bun:test";
import { checkMetrics } from "../../../src/cli/check/metrics.ts";
import { settled } from "../../settled.ts";

async function found(...argv: string[]): Promise<string[]> {
  const { settings } = await settled("line", ...argv, "--", "/bin/cat");
  return checkMetrics(settings).map(({ severity, about, text }) => `${severity} ${about} ${text}`);
}

const LISTENS = ["--listen", "127.0.0.1:79"];

describe("A place for numbers", () => {
  test("that only this host reaches is not doubted, nor none at all", async () => {
    expect(await found(...LISTENS)).toEqual([]);
    expect(await found()).toEqual([]);
    for (const place of ["127.0.0.1:9125", "127.5.0.1:9125", "[::1]:9125", "unix:/run/x"])
      expect(await found(...LISTENS, "--metrics", place)).toEqual([]);
  });

  for (const place of ["0.0.0.0:9125", "[::]:9125", "192.0.2.1:9125", "[::1:1]:9125", "12.7.0.1:9125"])
    test(`at ${place} is read by whoever reaches it`, async () => {
      expect(await found(...LISTENS, "--metrics", place)).toEqual([
        `warning --metrics ${place}: whoever reaches it can read the numbers: nobody is asked for a password`,
      ]);
    });

  test("has nobody who asks there where each connection has a process", async () => {
    expect(await found("--metrics", "127.0.0.1:9125")).toEqual([
      "warning --metrics has no effect without --listen, or a listening socket that is passed",
    ]);
  });

  test("that is none is an error", async () => {
    expect(found("--metrics", "9125")).rejects.toThrow("--metrics: expected ADDRESS:PORT");
  });
});
