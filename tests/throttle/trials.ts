// Logins of all kinds, in any order, for whoever counts: what is said of each is kept, so that two who count can be held
// against each other. Tests nothing.

import fc from "fast-check";
import type { Attempt } from "../../src/policy/guesses.ts";
import type { Decision, Penalty, Sum } from "../../src/policy/throttle.ts";
import type { Counter } from "../../src/throttle/counter.ts";

export type Event = { readonly after: number } & (
  | { readonly what: "ask"; readonly attempt: Attempt; readonly decision: Decision | "never" }
  | { readonly what: "penalize"; readonly network: string; readonly penalty: Penalty }
);

const NETWORKS = Array.from({ length: 9 }, (_, at) => `192.0.2.${at}`);
/** Mostly none: what is counted shows when there is much of it. */
const PAUSES = [
  ...new Array<number>(150).fill(0),
  ...[1000, 20_000, 67_000, 600_000, 30_000_000, 90_000_000, 2_600_000_000],
];

const attempt: fc.Arbitrary<Attempt> = fc.record({
  network: fc.constantFrom(...NETWORKS),
  wider: fc.constantFrom("w", "w", "w", "x"),
  user: fc.constantFrom("u", "u", "u", "v", null),
  tag: fc.option(fc.integer({ min: 0, max: 40 })),
});

/** @param after pauses in milliseconds */
export function events(after: readonly number[] = PAUSES): fc.Arbitrary<readonly Event[]> {
  const asked = fc.record({
    what: fc.constant("ask" as const),
    after: fc.constantFrom(...after),
    attempt,
    decision: fc.constantFrom<Decision | "never">(
      "refused",
      "refused",
      "refused",
      "accepted",
      "undecided",
      "never",
    ),
  });
  const penalized = fc.record({
    what: fc.constant("penalize" as const),
    after: fc.constantFrom(...after),
    network: fc.constantFrom(...NETWORKS),
    penalty: fc.constantFrom<Penalty>("aborted", "silent", "guess"),
  });
  return fc.array(fc.oneof({ weight: 9, arbitrary: asked }, { weight: 1, arbitrary: penalized }), {
    minLength: 60,
    maxLength: 160,
    size: "max",
  });
}

/** @returns what was said of each login */
export async function counted(
  counter: Counter,
  all: readonly Event[],
  pause: (milliseconds: number) => unknown,
): Promise<readonly unknown[]> {
  const said: unknown[] = [];
  for (const event of all) {
    await pause(event.after);
    if (event.what === "penalize") {
      await counter.penalize(event.network, event.penalty);
      continue;
    }
    const verdict = await counter.ask(event.attempt);
    said.push(verdict.isAllowed ? { ...verdict, charged: [...verdict.charged].sort() } : verdict);
    if (verdict.isAllowed && event.decision !== "never")
      await counter.settle(event.attempt, verdict.charged as readonly Sum[], event.decision);
  }
  return said;
}
