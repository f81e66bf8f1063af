// One line a minute for a network, with how often.

import { expect, test } from "bun:test";
import { Minutes } from "../../src/record/minutes.ts";

const MINUTE = 60_000;

test("the first is told at once, the others once a minute, and all of them once", () => {
  const minutes = new Minutes<string>();
  expect(minutes.add("n", "why", 0)).toEqual({ key: "n", about: "why", count: 1 });
  for (let at = 1; at <= 9; at++) expect(minutes.add("n", "why", at)).toBeNull();
  expect(minutes.over(MINUTE - 1)).toEqual([]);
  expect(minutes.over(MINUTE)).toEqual([{ key: "n", about: "why", count: 9 }]);
  expect(minutes.over(2 * MINUTE)).toEqual([]);
  expect(minutes.add("n", "why", 2 * MINUTE)).toMatchObject({ count: 1 });
});

test("what is left is told when nobody asks any more", () => {
  const minutes = new Minutes<string>();
  minutes.add("n", "why", 0);
  minutes.add("n", "why", 1);
  expect(minutes.rest()).toEqual([{ key: "n", about: "why", count: 1 }]);
  expect(minutes.rest()).toEqual([]);
});

test("what is told last of a network is what is so now, where nothing else keeps it apart", () => {
  const minutes = new Minutes<number>();
  minutes.add("n", 1, 0, "");
  minutes.add("n", 2, 1, "");
  expect(minutes.over(MINUTE)).toEqual([{ key: "n", about: 2, count: 1 }]);
});
