// What a place of many says of a login, as words (pure). Whoever got hold of the place could say what he likes, so that
// what does not fit the form is nothing, and nobody waits for longer than the fullest sum takes. Knows no place.

import { SLOWEST, SUMS, type Sum, type Verdict } from "./throttle.ts";

/** Milliseconds. */
const LONGEST_WAIT = SUMS.pair.most * 1000;

/**
 * @param word `later`, `try` or `repeat`
 * @param amount milliseconds until later, or seconds that the login takes
 * @returns null for what is none
 */
export function readVerdict(word: string, amount: string, charged: readonly string[]): Verdict | null {
  if (!/^[0-9]{1,15}(?:\.[0-9]+)?$/.test(amount)) return null;
  if (word === "later") return { isAllowed: false, wait: Math.min(Number(amount), LONGEST_WAIT) };
  if ((word !== "try" && word !== "repeat") || !charged.every(isSum)) return null;
  return { isAllowed: true, delay: Math.min(Number(amount), SLOWEST), isRepeat: word === "repeat", charged };
}

function isSum(name: string): name is Sum {
  return Object.hasOwn(SUMS, name);
}
