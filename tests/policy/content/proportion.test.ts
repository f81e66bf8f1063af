import { expect, test } from "bun:test";
import { literals, secondsPerMegabyte } from "../../../src/policy/content/proportion.ts";

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

test.each([
  "(?:é.{0,900}ü|ä.{0,900}ö)",
  "(?:\\x{e9}.{0,900}\\xfc|\\xe4.{0,900}\\x{F6})",
  "(?:ж.{0,900}щ|я.{0,900}ю)",
  "(?:#.{0,900};|~.{0,900}!)",
  "(?:\\$.{0,900}\\+|\\*.{0,900}\\?)",
  "(?:\\p{Greek}.{0,900}\\p{Cyrillic}|\\p{Han}.{0,900}\\p{Greek})Q",
])("%p is slow on its own characters, and found to be", (source) => {
  expect(secondsPerMegabyte(source, clock)).toBeGreaterThan(1);
});

test("of an expression its characters are what it says literally", () => {
  expect(
    literals("(?i)a.{2,30}(?P<name>b|\\$[c-é]\\d+)\\x{e4}\\xFC\\pL\\p{Greek}\\P{^Greek}\\n^x*y+?$"),
  ).toBe("ab$céäüxy");
  expect(literals("(?:[[:alpha:]]|\\Q|\\E|{x{3}|{1,}z\\.)")).toBe("{xz.");
  expect(literals("漢𝒳\\x{1d4b3}")).toBe("漢𝒳𝒳");
});

test("the dearest sort of text counts, by the usual time for a line of it", () => {
  let now = 0;
  let readings = 0;
  // Two readings for each time, seven times for each of twelve sorts; of the last they are 10, 11, 12 and four times more.
  const clock = () => {
    const time = readings++ >> 1;
    if (readings % 2 === 0) now += Math.floor(time / 7) - 1 + Math.min(time % 7, 4) * 1.5;
    return now;
  };
  expect(secondsPerMegabyte("own", clock)).toBeCloseTo((10 + 4.5) / 0.99, 5);
});
