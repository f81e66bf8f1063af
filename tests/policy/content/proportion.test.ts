import { expect, test } from "bun:test";
import { secondsPerMegabyte } from "../../../src/policy/content/proportion.ts";

const clock = () => performance.now();

test.each(["viagra", "^Subject: .*(?:buy|order)\\s+now", "\\b[a-z]{3,8}\\.exe\\b"])(
  "%p is cheap",
  (source) => {
    expect(secondsPerMegabyte(source, clock)).toBeLessThan(1);
  },
);

test.each([".{500}.{500}Q", "(a?){500}a{500}", "x.{0,200}y.{0,200}z{3}q"])("%p is not", (source) => {
  expect(secondsPerMegabyte(source, clock)).toBeGreaterThan(1);
});

test("the dearest sort of text counts, by the usual time for a line of it", () => {
  let now = 0;
  let readings = 0;
  // Two readings for each time, seven times for each of eleven sorts; of the last they are 9, 10, 11 and four times more.
  const clock = () => {
    const time = readings++ >> 1;
    if (readings % 2 === 0) now += Math.floor(time / 7) - 1 + Math.min(time % 7, 4) * 1.5;
    return now;
  };
  expect(secondsPerMegabyte("own", clock)).toBeCloseTo((9 + 4.5) / 0.99, 5);
});
