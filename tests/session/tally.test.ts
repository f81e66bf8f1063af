// What the last line of a session counts.

import { expect, test } from "bun:test";
import type { Outcome } from "../../src/protocols/protocol.ts";
import { Tally } from "../../src/session/tally.ts";

function verbs(...said: readonly (readonly [string | undefined, ...Outcome[]])[]): string {
  const tally = new Tally();
  for (const [verb, ...outcomes] of said) {
    tally.begin(verb);
    for (const outcome of outcomes) tally.conclude(outcome);
  }
  return tally.verbs;
}

test("commands are told by name in the order of their first time, accepted of given where they differ", () => {
  expect(
    verbs(
      ["EHLO", "done"],
      ["RCPT", "done"],
      ["RCPT", "refused"],
      ["DATA", "more", "done"],
      ["RCPT", "done"],
    ),
  ).toBe("ehlo=1 rcpt=2/3 data=1");
});

test("a name is a word of at most twenty letters, digits and hyphens", () => {
  const longest = "x".repeat(20);
  expect(
    verbs(["A", "done"], [longest, "done"], [`${longest}x`, "done"], ["a b", "done"], ["", "done"]),
  ).toBe(`a=1 ${longest}=1`);
});

test("a command has one outcome", () => {
  expect(verbs(["A", "refused", "done"], ["B", "done", "done"])).toBe("a=0/1 b=1");
});

test("a command is accepted when its last answer says so, whatever came between", () => {
  expect(verbs(["AUTH", "more"], [undefined, "more"], [undefined, "refused"])).toBe("auth=0/1");
  expect(verbs(["AUTH", "more"], [undefined, "done"])).toBe("auth=1");
});

test("one that is never answered was not accepted, and its answer is not the next one's", () => {
  expect(verbs(["RETR"], ["QUIT", "done"])).toBe("retr=0/1 quit=1");
});

test("what is no command's name is not told", () => {
  expect(verbs([undefined, "done"], ["A B", "done"], ["x".repeat(21), "done"], ["", "done"])).toBe("");
});

test("of endless names some are told", () => {
  const said = Array.from({ length: 1000 }, (_, at) => [`X${at}`, "done"] as const);
  expect(verbs(...said).split(" ")).toHaveLength(64);
});
