// Blackhole lists: what an administrator may write, the name that is asked for, and which answers count.

import { describe, expect, test } from "bun:test";
import { blackholeName, isListed, parseBlackhole } from "../../src/policy/blackhole.ts";

test.each([
  ["bl.test", { zone: "bl.test", codes: [] }],
  ["zen_1.bl-2.test", { zone: "zen_1.bl-2.test", codes: [] }],
  ["bl.xn--29", { zone: "bl.xn--29", codes: [] }],
  ["bl.test=2,4", { zone: "bl.test", codes: ["127.0.0.2", "127.0.0.4"] }],
  ["bl.test=127.0.0.2,127.0.1.255", { zone: "bl.test", codes: ["127.0.0.2", "127.0.1.255"] }],
  ["bl.test=010,255", { zone: "bl.test", codes: ["127.0.0.10", "127.0.0.255"] }],
])("%j is a list", (text, parsed) => {
  expect(parseBlackhole(text)).toEqual(parsed);
});

test.each([
  "",
  "=2",
  "bl.test=",
  "bl.test=2,",
  "bl.test=256",
  "bl.test=127.0.0",
  "bl.test=127.0.0.256",
  "bl.test=192.0.2.1",
  "bl.test=::1",
  "bl.test=2=4",
  "bl test",
  ".bl.test",
  "bl..test",
  "bl.test.",
])("%j is none", (text) => {
  expect(parseBlackhole(text)).toBeNull();
});

test.each([
  ["192.0.2.7", "7.2.0.192.bl.test"],
  ["::ffff:192.0.2.7", "7.2.0.192.bl.test"],
  ["2001:db8:1:2:3:4:567:89ab", "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.test"],
])("%s is asked for by its reversed name", (address, name) => {
  expect(blackholeName(address, "bl.test")).toBe(name);
});

describe("an answer", () => {
  const listed = (codes: readonly string[], ...answers: string[]) =>
    isListed(answers, { zone: "bl.test", codes });

  test("of the loopback network is a listing, and one of several is enough", () => {
    expect(listed([], "127.0.0.2")).toBe(true);
    expect(listed([], "192.0.2.1", "127.0.0.2")).toBe(true);
    expect(listed([])).toBe(false);
  });

  test("from elsewhere is a parked domain, and an error is no listing", () => {
    expect(listed([], "192.0.2.1", "1.127.0.2")).toBe(false);
    expect(listed([], "127.255.255.254")).toBe(false);
  });

  test("that is not one of those asked for is none", () => {
    expect(listed(["127.0.0.2"], "127.0.0.2")).toBe(true);
    expect(listed(["127.0.0.2"], "127.0.0.4")).toBe(false);
  });
});
