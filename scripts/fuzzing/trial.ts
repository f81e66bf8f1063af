// Knows how one input is tried: played once, watched, and held against every oracle it is bound by.

import { type Plan, Simulation } from "../../tests/simulation.ts";
import { observed } from "./coverage.ts";
import { type Input, isHonest } from "./input.ts";
import type { Target } from "./target.ts";

export interface Failure {
  readonly oracle: string;
  readonly message: string;
}

export function simulation(
  target: Target,
  tried: Input,
  note: (tuple: string) => void = () => {},
): Simulation {
  const peers = peersOf(target, tried);
  const protocol = observed(target.subject.protocol, note);
  return new Simulation({ ...target.subject, protocol }, peers, tried);
}

/** @returns the first invariant that did not hold, or null */
export function attempt(target: Target, tried: Input, note: (tuple: string) => void): Failure | null {
  const peers = peersOf(target, tried);
  const honest = isHonest(tried);
  let oracle = "a session runs to its end";
  try {
    const done = simulation(target, tried, note).run();
    for (const { event, fields } of done.recorder.entries)
      if (event === "server-lost") note(`${event} ${fields.reason} ${fields.mode}`);
    const again = (plan: Plan) => new Simulation(target.subject, peers, plan).run();
    for (const { name, servers, check } of target.oracles) {
      if (servers === "honest" && !honest) continue;
      oracle = name;
      check({ peers, plan: tried, done, again });
    }
    return null;
  } catch (error) {
    return { oracle, message: (error as Error).message };
  }
}

/** The peers with the options and the words of the input. */
export function peersOf({ peers, variants }: Target, { variant, words }: Input) {
  const options = { ...peers.options, ...variants[variant] };
  return { ...peers, options, hostile: [...peers.hostile, ...words] };
}
