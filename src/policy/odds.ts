// What an attacker can try in a day (pure), by the numbers of throttle.ts: for whoever wants to know what they come to.

import { SUMS } from "./throttle.ts";

const DAY = 86_400;

/** Guesses of a network in a day, whoever they are at. */
export const OF_ONE = inADay(SUMS.network);
/** Guesses at one user in a day: of each network, and besides of all together. */
export const AT_ONE = {
  each: Math.floor(SUMS.pair.limit / SUMS.pair.cost),
  together: inADay(SUMS.user),
} as const;

/** Guesses in a day, from so many networks: at one user, and at all of them. */
export function oddsOf(networks: number): { readonly atOne: number; readonly atAll: number } {
  const atAll = networks * OF_ONE;
  return { atOne: Math.min(atAll, networks * AT_ONE.each + AT_ONE.together), atAll };
}

/** Those that may be had at once, and what becomes free by the last moment. */
function inADay({ cost, limit }: { readonly cost: number; readonly limit: number }): number {
  return Math.floor(limit / cost) + Math.floor((DAY - 1) / cost);
}
