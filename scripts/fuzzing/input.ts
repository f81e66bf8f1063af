// Knows what the fuzzer breeds: one simulated session, written down so that it can be mutated and shrunk.

import { CANARY, type Plan, SECRET } from "../../tests/simulation.ts";

export interface Input extends Plan {
  /** The client's lines and messages, with their ends. */
  readonly units: readonly string[];
  /** What the server says besides the peers' own hostile words; `hostile` counts on behind them. */
  readonly words: readonly string[];
  /** Which of the target's variants of options. */
  readonly variant: number;
}

/** The plan's client is the units joined: one place makes it so. */
export function input(parts: Omit<Input, "client">): Input {
  const units = parts.units.map((unit, at, all) =>
    unit.endsWith("\n") || !marked(all[at + 1] ?? "") ? unit : `${unit}\r\n`,
  );
  return { ...parts, units, client: units.join("") };
}

/** No word of the server replaces an answer, and nothing interrupts. */
export function isHonest({ hostile, interruption }: Input): boolean {
  return interruption === undefined && hostile.every((word) => word < 0);
}

/** A secret must stay where secrets are, or the log is right to tell it; a canary must stay whole. */
export function marked(unit: string): boolean {
  return unit.includes(SECRET) || unit.includes(CANARY);
}
