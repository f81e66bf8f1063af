// The guesses of all clients, in the memory of one process (pure): the sums of throttle.ts, by name, a million
// networks and no more. When it is full, those that were charged longest ago are forgotten, and may guess as newcomers may;
// what a flood of networks brings pushes out neither users nor who is known where. Times come in, in milliseconds.

import { Bounded } from "./bounded.ts";
import {
  type Decision,
  EMPTY,
  emptyAt,
  judge,
  type Penalty,
  penalize,
  type Sum,
  type Sums,
  settle,
  type Verdict,
} from "./throttle.ts";

/** A login, by names: of networks as neighbourhood.ts has them, of a user whatever is the same for the same user. */
export interface Attempt {
  readonly network: string;
  readonly wider: string;
  /** Null where nobody told whose it is. */
  readonly user: string | null;
  readonly tag: number | null;
}

/** Networks; of all else, which takes more room or comes more seldom, there is a part of that. */
const MOST = 1_000_000;
const PART = 1 / 4;

type Pair = Pick<Sums, "pair" | "own" | "known" | "tags">;

export class Guesses {
  readonly #networks: Bounded<number>;
  readonly #wider: Bounded<number>;
  readonly #users: Bounded<number>;
  readonly #pairs: Bounded<Pair>;
  /** Those where the user has logged in: nobody makes them who cannot. */
  readonly #known: Bounded<Pair>;

  constructor(most = MOST) {
    const itself = (emptyAt: number) => emptyAt;
    this.#networks = new Bounded(most, itself);
    this.#wider = new Bounded(most * PART, itself);
    this.#users = new Bounded(most * PART, itself);
    this.#pairs = new Bounded(most * PART, emptyAt);
    this.#known = new Bounded(most * PART, emptyAt);
  }

  /** Networks that are remembered. */
  get size(): number {
    return this.#networks.size;
  }

  ask(attempt: Attempt, now: number): Verdict {
    const { verdict, sums } = judge(this.#sumsOf(attempt), trialOf(attempt), now);
    this.#keep(attempt, sums, now);
    return verdict;
  }

  settle(attempt: Attempt, charged: readonly Sum[], decision: Decision, now: number): void {
    this.#keep(attempt, settle(this.#sumsOf(attempt), trialOf(attempt), charged, decision, now), now);
  }

  penalize(network: string, penalty: Penalty, now: number): void {
    this.#networks.keep(network, penalize(this.#networks.get(network) ?? 0, penalty, now), now);
  }

  #sumsOf({ network, wider, user }: Attempt): Sums {
    const name = pairName(network, user);
    const pair = user === null ? undefined : (this.#known.get(name) ?? this.#pairs.get(name));
    return {
      ...(pair ?? EMPTY),
      network: this.#networks.get(network) ?? 0,
      wider: this.#wider.get(wider) ?? 0,
      user: user === null ? 0 : (this.#users.get(user) ?? 0),
    };
  }

  #keep({ network, wider, user }: Attempt, sums: Sums, now: number): void {
    this.#networks.keep(network, sums.network, now);
    this.#wider.keep(wider, sums.wider, now);
    if (user === null) return;
    this.#users.keep(user, sums.user, now);
    const { pair, own, known, tags } = sums;
    const name = pairName(network, user);
    const isKnown = known > now;
    (isKnown ? this.#known : this.#pairs).keep(name, { pair, own, known, tags }, now);
    (isKnown ? this.#pairs : this.#known).forget(name);
  }
}

export function trialOf({ user, tag }: Attempt): { readonly hasUser: boolean; readonly tag: number | null } {
  return { hasUser: user !== null, tag };
}

export function pairName(network: string, user: string | null): string {
  return `${network} ${user}`;
}
