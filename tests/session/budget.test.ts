import { expect, test } from "bun:test";
import { Budget } from "../../src/session/budget.ts";

test("it is spent with the last error it allows, and not before", () => {
  const budget = new Budget(2);
  budget.error();
  expect(budget.isSpent).toBe(false);
  budget.error();
  expect(budget.isSpent).toBe(true);
});

test("none is never spent", () => {
  const budget = new Budget(0);
  for (let time = 0; time < 1000; time++) budget.error();
  expect(budget.isSpent).toBe(false);
});

test("a hundred commands that do nothing are free, each further one is an error", () => {
  const budget = new Budget(2);
  for (let time = 0; time < 100; time++) expect(budget.idle()).toBe(false);
  expect(budget.idle()).toBe(true);
  expect(budget.isSpent).toBe(false);
  budget.idle();
  expect(budget.isSpent).toBe(true);
});

test("it begins anew with an accepted message", () => {
  const budget = new Budget(2);
  for (let time = 0; time < 101; time++) budget.idle();
  budget.renew();
  for (let time = 0; time < 100; time++) expect(budget.idle()).toBe(false);
  expect(budget.idle()).toBe(true);
  expect(budget.isSpent).toBe(false);
  budget.error();
  expect(budget.isSpent).toBe(true);
});
