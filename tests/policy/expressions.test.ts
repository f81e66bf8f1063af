// The administrator's expressions: what they match, what is none, and that they are linear.

import { expect, test } from "bun:test";
import { compilePattern } from "../../src/policy/expressions.ts";

test("an expression matches anywhere, whatever the case, and is named by its source", () => {
  const pattern = compilePattern("sp[a4]m");
  expect(pattern.name).toBe("sp[a4]m");
  expect(["SPAM", "xx sp4m@a.test"].every(pattern.test)).toBe(true);
  expect(["sp m", ""].some(pattern.test)).toBe(false);
});

test("anchors hold", () => {
  const { test } = compilePattern("^a@c\\.test$");
  expect(test("A@c.test")).toBe(true);
  expect(["xa@c.test", "a@c.testx", "a@cxtest"].some(test)).toBe(false);
});

test("asked twice it says the same", () => {
  const { test } = compilePattern("a");
  expect([test("a"), test("a"), test("b"), test("a")]).toEqual([true, true, false, true]);
});

test("octets above 127 are text like any other", () => {
  expect(compilePattern("\\xe4").test("h\xe4h")).toBe(true);
});

test.each([["("], ["a{2,1}"], ["[b-a]"], ["*"], ["(?<=a)b"], ["(a)\\1"]])(
  "%s is none, and says why",
  (source) => {
    expect(() => compilePattern(source)).toThrow(/./);
  },
);

test("what is exponential elsewhere takes no time", () => {
  const { test } = compilePattern("^(a+)+$");
  const started = performance.now();
  expect(test(`${"a".repeat(5000)}!`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(1000);
});
