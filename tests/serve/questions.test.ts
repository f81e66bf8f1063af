// What a worker and whoever asks blackhole lists for it say to each other.

import { describe, expect, test } from "bun:test";
import {
  type Answer,
  MOST_QUESTION,
  readAnswer,
  readQuestion,
  writeAnswer,
  writeQuestion,
} from "../../src/serve/questions.ts";

const line = (written: string) => {
  expect(written).toEndWith("\n");
  expect(written.slice(0, -1)).not.toContain("\n");
  return written.slice(0, -1);
};

describe("a question", () => {
  for (const address of ["192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7"])
    test(`about ${address} is read as it was written`, () => {
      const question = { number: 7, option: "my-list", address };
      expect(readQuestion(line(writeQuestion(question)))).toEqual(question);
      expect(writeQuestion(question).length).toBeLessThan(MOST_QUESTION);
    });

  for (const wrong of [
    "",
    "ask",
    "ask x dnsbl ::1",
    "ask 1 dnsbl evil.test",
    "ask 1 a b ::1",
    "ask 1 x ::1 y",
  ])
    test(`${JSON.stringify(wrong)} is none`, () => expect(readQuestion(wrong)).toBeNull());
});

describe("an answer", () => {
  const answers: readonly Answer[] = [
    { word: "ready" },
    { word: "answer", number: 7, zone: "bl.test" },
    { word: "answer", number: 7, zone: null },
    { word: "log", number: 7, entry: { level: 1, event: "dnsbl-silent", fields: { zone: "bl.test" } } },
  ];
  for (const answer of answers)
    test(`${JSON.stringify(answer)} is read as it was written`, () =>
      expect(readAnswer(line(writeAnswer(answer)))).toEqual(answer));

  for (const wrong of ["", "answer", "answer x y", "log 1 nothing {}", "log 1 connect {", "exec 1 x"])
    test(`${JSON.stringify(wrong)} is none`, () => expect(readAnswer(wrong)).toBeNull());
});
