// What a worker is told of a login it asked about (pure): a text of few words. Knows words; not who judges.

import type { Judgement } from "../session/output.ts";

export function writeJudgement(judgement: Judgement): string {
  if (!judgement.isAllowed) return "later";
  return `${judgement.isRepeat ? "repeat" : "try"} ${judgement.delay}`;
}

/** @param text of an order, which is the supervisor's and therefore believed */
export function readJudgement(text: string): Judgement {
  const [word, delay] = text.split(" ");
  return word === "later"
    ? { isAllowed: false }
    : { isAllowed: true, delay: Number(delay), isRepeat: word === "repeat" };
}
