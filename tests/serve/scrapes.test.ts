// What the process that answers Prometheus may say to its supervisor.

import { describe, expect, test } from "bun:test";
import { readScrapeOrder, readScrapeReport, type ScrapeReport, write } from "../../src/serve/scrapes.ts";

const line = (said: Parameters<typeof write>[0]) => write(said).slice(0, -1);

test("an order is read as it was written, on one line", () => {
  const numbers = { word: "numbers", text: "a 1\nb 2\n" } as const;
  expect(line(numbers)).not.toContain("\n");
  expect(readScrapeOrder(line(numbers))).toEqual(numbers);
  const configure = { word: "configure", place: { path: "/x" }, identity: null } as const;
  expect(readScrapeOrder(line(configure))).toEqual(configure);
});

describe("a report", () => {
  const REPORTS: readonly ScrapeReport[] = [
    { word: "ready" },
    { word: "ask" },
    { word: "broken", text: "why" },
    { word: "broken", text: "why", code: "EADDRINUSE" },
  ];
  for (const report of REPORTS)
    test(`${JSON.stringify(report)} is read as it was written`, () =>
      expect(readScrapeReport(line(report))).toEqual(report));

  for (const wrong of ["", "null", "7", "{", '"ask"', "[]", '{"word":"numbers","text":"x"}', '{"word":7}'])
    test(`${wrong} is none`, () => expect(readScrapeReport(wrong)).toBeNull());

  test("has no long text, no code that is none, and nothing else", () => {
    const text = "x".repeat(5000);
    const said = JSON.stringify({ word: "broken", text, code: "ERR_x y", more: text });
    expect(readScrapeReport(said)).toEqual({ word: "broken", text: "x".repeat(200) });
    expect(readScrapeReport('{"word":"broken"}')).toEqual({ word: "broken", text: "undefined" });
  });
});
