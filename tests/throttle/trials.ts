// Logins of all kinds, in any order, for whoever counts: what is said of each is kept, so that two who count can be held
// against each other. Tests nothing.

import fc from "fast-check";
import type { Attempt } from "../../src/policy/guesses.ts";
import { type Decision, type Penalty, SUMS } from "../../src/policy/throttle.ts";
import type { Counter } from "../../src/throttle/counter.ts";

type Ending = Decision | "never";

export type Event = { readonly after: number } & (
  | { readonly what: "ask"; readonly attempt: Attempt; readonly decision: Ending; readonly later: number }
  | { readonly what: "penalize"; readonly network: string; readonly penalty: Penalty }
);

const NETWORKS = Array.from({ length: 7 }, (_, at) => `192.0.2.${at}`);
/** Mostly none: what is counted shows when there is much of it. */
const PAUSES = [
  ...new Array<number>(150).fill(0),
  ...[1000, 20_000, 67_000, 600_000, 30_000_000, 90_000_000, 2_600_000_000],
];

const attempt: fc.Arbitrary<Attempt> = fc.record({
  network: fc.constantFrom(...NETWORKS),
  wider: fc.constantFrom("w", "w", "w", "x"),
  user: fc.constantFrom("u", "u", "u", "u", "v", null),
  tag: fc.option(fc.integer({ min: 0, max: 6 })),
});

/** How logins end, and when: after so many others have been asked about. */
const MIXED = ["refused", "refused", "refused", "accepted", "undecided", "never"] as const;
const WRONG = ["refused", "refused", "never"] as const;

/** Days of some networks, and an attack, in which nobody comes in and no time passes. */
export const events: fc.Arbitrary<readonly Event[]> = fc.oneof(made(MIXED, PAUSES), made(WRONG, [0]));

function made(decisions: readonly Ending[], pauses: readonly number[]): fc.Arbitrary<readonly Event[]> {
  const after = fc.constantFrom(...pauses);
  const asked = fc.record({
    ...{ what: fc.constant("ask" as const), after, attempt },
    ...{ decision: fc.constantFrom(...decisions), later: fc.constantFrom(0, 1, 4, 8) },
  });
  const penalized = fc.record({
    ...{ what: fc.constant("penalize" as const), after, network: fc.constantFrom(...NETWORKS) },
    penalty: fc.constantFrom<Penalty>("aborted", "silent", "guess"),
  });
  return fc.array(fc.oneof({ weight: 19, arbitrary: asked }, { weight: 1, arbitrary: penalized }), {
    minLength: 80,
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
  let open: { left: number; settle: () => Promise<void> }[] = [];
  for (const event of all) {
    await pause(event.after);
    for (const one of open) if (one.left-- === 0) await one.settle();
    open = open.filter(({ left }) => left >= 0);
    if (event.what === "penalize") {
      await counter.penalize(event.network, event.penalty);
      continue;
    }
    const verdict = await counter.ask(event.attempt);
    said.push(verdict.isAllowed ? { ...verdict, charged: [...verdict.charged].sort() } : verdict);
    const { decision } = event;
    if (!verdict.isAllowed || decision === "never") continue;
    open.push({ left: event.later, settle: () => counter.settle(event.attempt, verdict.charged, decision) });
  }
  return said;
}

/** Whether a network may try again soon when the clock has gone back by a day. */
export async function recovers(counter: Counter, pause: (milliseconds: number) => unknown): Promise<boolean> {
  const one = { network: "n", wider: "w", user: null, tag: null };
  while ((await counter.ask(one)).isAllowed);
  await pause(-86_400_000);
  if ((await counter.ask(one)).isAllowed) throw new Error("it was not to be tried yet");
  await pause((SUMS.network.most - SUMS.network.limit + SUMS.network.cost) * 1000);
  return (await counter.ask(one)).isAllowed;
}
