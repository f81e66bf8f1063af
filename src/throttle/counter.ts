// Where guesses are counted, whichever place that is: types only, and the place that is nearest, our own memory. Knows
// what throttle.ts has sums of; no session.

import { type Attempt, Guesses } from "../policy/guesses.ts";
import type { Decision, Penalty, Sum, Verdict } from "../policy/throttle.ts";

export interface Counter {
  /** @throws where that cannot be had */
  ask(attempt: Attempt): Promise<Verdict>;
  /** @param charged as the verdict had it */
  settle(attempt: Attempt, charged: readonly Sum[], decision: Decision): Promise<void>;
  penalize(network: string, penalty: Penalty): Promise<void>;
  close(): void;
}

/** For as long as this process lives; kept at once. */
export class MemoryCounter implements Counter {
  readonly #guesses = new Guesses();
  readonly #now: () => number;

  /** @param now milliseconds of a clock that goes on whatever happens to the host's */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  async ask(attempt: Attempt): Promise<Verdict> {
    return this.#guesses.ask(attempt, this.#now());
  }

  async settle(attempt: Attempt, charged: readonly Sum[], decision: Decision): Promise<void> {
    this.#guesses.settle(attempt, charged, decision, this.#now());
  }

  async penalize(network: string, penalty: Penalty): Promise<void> {
    this.#guesses.penalize(network, penalty, this.#now());
  }

  close(): void {}
}
