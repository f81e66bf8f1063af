import { expect, test } from "bun:test";
import { Cost } from "../../../src/policy/content/cost.ts";
import { ContentInspector } from "../../../src/policy/content/inspector.ts";
import { Rules } from "../../../src/policy/content/rules.ts";

/** A clock that goes when it is told to. */
function clocked() {
  let now = 1000;
  const cost = new Cost(() => now);
  return { cost, spend: (milliseconds: number) => (now += milliseconds) };
}

test("a message may cost 2 seconds a megabyte, and a start", () => {
  const { cost, spend } = clocked();
  cost.during(1_000_000, () => {
    spend(2300);
    expect(cost.isTooMuch).toBeFalse();
    spend(1);
    expect(cost.isTooMuch).toBeTrue();
  });
  cost.during(1000, () => expect(cost.isTooMuch).toBeFalse());
});

test("what passes while nobody looks costs nothing", () => {
  const { cost, spend } = clocked();
  cost.during(10, () => spend(5));
  spend(1e6);
  expect(cost.spent).toBe(5);
  expect(() =>
    cost.during(0, () => {
      throw new Error("x");
    }),
  ).toThrow("x");
  spend(1e6);
  expect(cost.spent).toBe(5);
});

test("what is apart is most of it, or is not", () => {
  const { cost, spend } = clocked();
  cost.during(10, () => {
    spend(10);
    cost.apart(() => spend(10));
    expect(cost.isApart).toBeFalse();
    cost.apart(() => spend(1));
    expect(cost.isApart).toBeTrue();
  });
});

/** Each reading of the clock takes so many milliseconds. */
const slow = (milliseconds: number) => {
  let now = 0;
  return () => (now += milliseconds);
};
const text = Buffer.from("abc def\r\n".repeat(50_000));

test("a rule that takes too long is named, with what it took", () => {
  const inspector = new ContentInspector(new Rules(["x.{3}y"]), slow(20));
  expect(inspector.octets(text)).toBe("rule-cost");
  expect(inspector.excess).toMatchObject({ rule: "block-body#1" });
  expect(inspector.excess!.seconds).toBeGreaterThan(0.3);
  expect(inspector.end()).toBe("rule-cost");
});

test("a clock that stands still refuses nothing", () => {
  const inspector = new ContentInspector(new Rules(["x.{3}y"]), () => 0);
  expect([inspector.octets(text), inspector.end(), inspector.excess]).toEqual([null, null, null]);
});

test("a rule out of proportion does not get far", () => {
  const clock = () => performance.now();
  const inspector = new ContentInspector(new Rules(["fine", ".{500}.{500}Q", "too"]), clock);
  const began = clock();
  const line = Buffer.from(`${"some words of a text ".repeat(45)}\r\n`.repeat(9000));
  expect(inspector.octets(line)).toBe("rule-cost");
  expect(inspector.excess).toMatchObject({ rule: "block-body#2" });
  // 9 MB would take it minutes.
  expect(clock() - began).toBeLessThan(5000);
});

test("a message that takes too long by itself is refused, and no rule is named", () => {
  let now = 0;
  // Every other reading is a long way off: it is between those that a rule is measured by.
  let readings = 0;
  const clock = () => (now += readings++ % 2 === 0 ? 400 : 0);
  const inspector = new ContentInspector(new Rules(["viagra"]), clock);
  expect(inspector.octets(text)).toBe("rule-cost");
  expect(inspector.excess).toBeNull();
});

test("nor where it was between two tests that most of the time went", () => {
  const times = [0, 1000];
  const clock = () => times.shift() ?? 1000;
  const inspector = new ContentInspector(new Rules(["x.{3}y"]), clock);
  expect(inspector.octets(text)).toBe("rule-cost");
  expect(inspector.excess).toBeNull();
});
