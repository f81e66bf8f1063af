// What the supervisor and the process that counts elsewhere say to each other, and what is nothing that ours says.

import { describe, expect, test } from "bun:test";
import {
  type Answer,
  MOST_ANSWER,
  type Request,
  readAnswer,
  readRequest,
  writeAnswer,
  writeRequest,
} from "../../src/serve/counting.ts";
import { readJudgement, writeJudgement } from "../../src/serve/judgements.ts";

const attempt = { network: "2001:db8:1:2::/64", wider: "2001:db8:1::/48", user: "0123456789abcdef", tag: 7 };
const nobody = { network: "192.0.2.1", wider: "192.0.2.0/24", user: null, tag: null };

const line = (written: string) => {
  expect(written).toMatch(/^[^\n]+\n$/);
  return written.slice(0, -1);
};

describe("requests", () => {
  const requests: readonly Request[] = [
    { word: "ask", number: 1, attempt },
    { word: "ask", number: 4_000_000_000, attempt: nobody },
    { word: "settle", number: 2, attempt, charged: ["network", "pair", "wider"], decision: "refused" },
    { word: "settle", number: 3, attempt: nobody, charged: [], decision: "undecided" },
    { word: "penalize", number: 4, network: "192.0.2.1", penalty: "silent" },
    { word: "look", number: 5 },
  ];
  for (const request of requests)
    test(`${request.word} is read as it was written`, () => {
      expect(readRequest(line(writeRequest(request)))).toEqual(request);
    });

  test("that nobody makes are a fault", () => {
    expect(() => readRequest("jump 1")).toThrow("jump");
  });
});

describe("answers", () => {
  const allowed = {
    isAllowed: true,
    delay: 10,
    isRepeat: false,
    charged: ["network", "user", "wider"],
  } as const;
  const answers: readonly Answer[] = [
    { word: "done", number: 1 },
    { word: "failed", number: 2, text: "no answer within 1 s" },
    { word: "verdict", number: 3, verdict: allowed },
    { word: "verdict", number: 4, verdict: { ...allowed, isRepeat: true, charged: [] } },
    { word: "verdict", number: 5, verdict: { isAllowed: false, wait: 67_000 } },
  ];
  for (const answer of answers)
    test(`${answer.word} ${answer.number} is read as it was written`, () => {
      expect(readAnswer(line(writeAnswer(answer)))).toEqual(answer);
    });

  for (const wrong of [
    "",
    "done",
    "done x",
    "try 1",
    "try 1 x",
    "try 1 -1",
    "try 1 0 nothing",
    "later 1",
    "exec 1",
    "try 1 0 __proto__",
  ])
    test(`${JSON.stringify(wrong)} is none`, () => expect(readAnswer(wrong)).toBeNull());

  test("slow nobody by more, and keep nobody waiting for longer, than we would ourselves", () => {
    expect(readAnswer("try 1 9999999")).toMatchObject({ verdict: { delay: 10 } });
    expect(readAnswer("later 1 9999999999")).toMatchObject({ verdict: { wait: 259_200_000 } });
  });

  test("of what went wrong are one short line", () => {
    const written = line(writeAnswer({ word: "failed", number: 1, text: `a\r\n${"x".repeat(5000)}` }));
    expect(written.length).toBeLessThan(MOST_ANSWER);
    expect(written).toStartWith("failed 1 a  x");
  });
});

test("what is said of a login is read as it was written", () => {
  for (const judgement of [
    { isAllowed: false },
    { isAllowed: true, delay: 0, isRepeat: false },
    { isAllowed: true, delay: 7, isRepeat: true },
  ] as const)
    expect(readJudgement(writeJudgement(judgement))).toEqual(judgement);
});
