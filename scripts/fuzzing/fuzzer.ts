// Knows the search: an input that reaches a tuple nobody reached before is kept, and bred from. Every protocol
// in turn; the same seed tries the same inputs in the same order.

import type { Input } from "./input.ts";
import { Mutator } from "./mutate.ts";
import { Random } from "./random.ts";
import { seedsOf } from "./seeds.ts";
import { shrunk } from "./shrink.ts";
import type { Target } from "./target.ts";
import { transcriptOf } from "./transcript.ts";
import { attempt, type Failure, simulation } from "./trial.ts";

export class Fuzzer {
  readonly target: Target;
  /** Inputs tried so far. */
  tried = 0;
  /** Tuples reached so far. */
  readonly reached = new Set<string>();
  readonly #mutator: Mutator;
  readonly #random: Random;
  readonly #kept: Input[] = [];

  constructor(target: Target, seed: number) {
    this.target = target;
    this.#random = new Random(seed);
    const { peers, variants } = target;
    this.#mutator = new Mutator(this.#random, seedsOf(target, seed), peers.hostile.length, variants.length);
  }

  get kept(): number {
    return this.#kept.length;
  }

  /** Tries one input. @returns a reproduction if an invariant broke */
  once(): string | null {
    const tried = this.next();
    const before = this.reached.size;
    const failure = attempt(this.target, tried, (tuple) => this.reached.add(tuple));
    this.tried++;
    if (failure !== null) return this.#reproduction(tried, failure);
    if (this.reached.size > before) this.#kept.push(tried);
    return null;
  }

  /** An input that is worth trying, made from those that reached something. */
  next(): Input {
    const random = this.#random;
    if (this.#kept.length === 0 || random.oneIn(10)) return this.#mutator.fresh();
    return this.#mutator.mutated(random.pick(this.#kept), random.pick(this.#kept));
  }

  #reproduction(failing: Input, { oracle }: Failure): string {
    const { target } = this;
    const fails = (candidate: Input) => attempt(target, candidate, () => {});
    const small = shrunk(failing, (candidate) => fails(candidate)?.oracle === oracle);
    const session = simulation(target, small);
    try {
      session.run();
    } catch {
      // what was said until then is what is wanted
    }
    const options = { ...target.peers.options, ...target.variants[small.variant] };
    const message = fails(small)?.message.replaceAll("\n", "\n    ");
    const { interruption, sizes } = small;
    const how = JSON.stringify({ sizes, interruption });
    return `${target.name}: broken: ${oracle}\n    ${message}\n    ${how}\n\n${transcriptOf(oracle, options, session)}`;
  }
}
