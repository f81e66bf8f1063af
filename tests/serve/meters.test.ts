// Whose numbers are whose.

import { expect, test } from "bun:test";
import { Meters } from "../../src/serve/meters.ts";

test("a service has its own under every configuration, and another one under another protocol", () => {
  const meters = new Meters();
  expect(meters.of("mx", "smtp")).toBe(meters.of("mx", "smtp"));
  expect(meters.of("mx", "smtp")).not.toBe(meters.of("mx", "pop3"));
  expect(meters.of(null, "smtp")).not.toBe(meters.of("null", "smtp"));
});

test("lines that nobody took are all services'", () => {
  const meters = new Meters();
  meters.lost(3);
  meters.lost(4);
  expect(meters.common.samples("protowrap_log_lines_lost_total")).toEqual([{ labels: [], value: 7 }]);
});
