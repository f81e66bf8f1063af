// What a place of many may say of a login, and what is nothing.

import { expect, test } from "bun:test";
import { readVerdict } from "../../src/policy/verdict.ts";

test("a login may be tried, by what it is charged with", () => {
  expect(readVerdict("try", "3", ["network", "pair"])).toEqual({
    ...{ isAllowed: true, delay: 3, isRepeat: false, charged: ["network", "pair"] },
  });
  expect(readVerdict("repeat", "0", [])).toEqual({
    ...{ isAllowed: true, delay: 0, isRepeat: true, charged: [] },
  });
});

test("or later", () => {
  expect(readVerdict("later", "1500.5", [])).toEqual({ isAllowed: false, wait: 1500.5 });
});

test("nobody waits for longer than the fullest sum takes", () => {
  expect(readVerdict("try", "60", [])).toMatchObject({ delay: 10 });
  const day = readVerdict("later", "999999999999999", []);
  expect(day).toMatchObject({ isAllowed: false });
  expect((day as { wait: number }).wait).toBeLessThan(100 * 86_400_000);
});

test.each([
  ["try", "9e99", []],
  ["try", "-1", []],
  ["try", "abc", []],
  ["try", "", []],
  ["try", "0", ["__proto__"]],
  ["try", "0", ["network", ""]],
  ["later", "NaN", []],
  ["later", "9e99", []],
  ["later", "Infinity", []],
  ["maybe", "0", []],
] as [string, string, string[]][])("%s %s %p is nothing", (word, amount, charged) => {
  expect(readVerdict(word, amount, charged)).toBeNull();
});
