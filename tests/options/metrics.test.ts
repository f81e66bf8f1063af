// Where numbers are to be had, as it is written.

import { expect, test } from "bun:test";
import { parseMetrics } from "../../src/options/metrics.ts";

test("a place is an address with a port, or a path", () => {
  expect(parseMetrics("127.0.0.1:9125", "--metrics")).toEqual({ host: "127.0.0.1", port: 9125 });
  expect(parseMetrics("[::1]:9125", "--metrics")).toEqual({ host: "::1", port: 9125 });
  expect(parseMetrics("unix:/run/x y", "--metrics")).toEqual({ path: "/run/x y" });
  expect(parseMetrics(null, "--metrics")).toBeNull();
});

for (const wrong of [
  ...["", "9125", ":9125", "localhost:9125", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:9125"],
  ...["unix:", "unix:x", "unix:x/y", "/run/x", "unix:/a\0b", "300.0.0.1:25", "[x]:25"],
])
  test(`${JSON.stringify(wrong)} is none`, () => {
    expect(() => parseMetrics(wrong, "--metrics")).toThrow(/^--metrics: expected .*, got /);
  });

test("a path is as long as a socket can have", () => {
  const longest = `/${"ü".repeat(53)}`;
  expect(parseMetrics(`unix:${longest}`, "--metrics")).toEqual({ path: longest });
  expect(() => parseMetrics(`unix:${longest}x`, "--metrics")).toThrow("107 octets");
});
