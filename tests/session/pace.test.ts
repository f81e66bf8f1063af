import { expect, test } from "bun:test";
import { Pace } from "../../src/session/pace.ts";

const STRETCH = 300_000;

function begun(rate: number, now = 0): Pace {
  const pace = new Pace(rate);
  pace.begin(now);
  return pace;
}

test("a message is judged after five minutes, and every five minutes from then on", () => {
  const pace = begun(20, 1000);
  expect(pace.due).toBe(1000 + STRETCH);
  pace.took(6000);
  expect(pace.isTooSlow(1000 + STRETCH)).toBe(false);
  expect(pace.due).toBe(1000 + 2 * STRETCH);
  pace.took(5999);
  expect(pace.isTooSlow(1000 + 2 * STRETCH)).toBe(true);
});

test("one octet a second is a rate, too, and every octet counts once", () => {
  const pace = begun(1);
  expect(pace.due).toBe(STRETCH);
  pace.took(299);
  expect(pace.isTooSlow(STRETCH)).toBe(true);
  pace.took(300);
  expect(pace.isTooSlow(2 * STRETCH)).toBe(false);
  expect(pace.isTooSlow(3 * STRETCH)).toBe(true);
  const anew = begun(1);
  anew.took(299);
  anew.begin(0);
  anew.took(299);
  expect(anew.isTooSlow(STRETCH)).toBe(true);
});

test("a message that begins anew is judged anew, also while the client was not read", () => {
  const pace = begun(20);
  pace.pause(100_000);
  pace.begin(500_000);
  expect(pace.due).toBe(500_000 + STRETCH);
  pace.resume(650_000);
  expect(pace.due).toBe(500_000 + STRETCH);
});

test("nothing is judged where no rate is asked for, before a message and after it", () => {
  expect(begun(0).due).toBe(Number.POSITIVE_INFINITY);
  expect(new Pace(20).due).toBe(Number.POSITIVE_INFINITY);
  const pace = begun(20);
  pace.end();
  expect(pace.due).toBe(Number.POSITIVE_INFINITY);
  pace.pause(10);
  pace.resume(20);
  expect(pace.due).toBe(Number.POSITIVE_INFINITY);
});

test("time in which the client is not read is nobody's", () => {
  const pace = begun(20);
  pace.pause(100_000);
  expect(pace.due).toBe(Number.POSITIVE_INFINITY);
  pace.pause(150_000);
  pace.resume(900_000);
  expect(pace.due).toBe(900_000 + 200_000);
  pace.resume(950_000);
  expect(pace.due).toBe(1_100_000);
});

test("a message that ends while its client is not read is over", () => {
  const pace = begun(20);
  pace.pause(100_000);
  pace.end();
  pace.resume(200_000);
  expect(pace.due).toBe(Number.POSITIVE_INFINITY);
});

test("a client that was read until after its time is judged at once when it is read again", () => {
  const pace = begun(20);
  pace.pause(STRETCH + 5);
  pace.resume(STRETCH + 1000);
  expect(pace.due).toBe(STRETCH + 1000);
});
