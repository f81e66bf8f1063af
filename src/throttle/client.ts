// The guesses of one client, where they are counted: what is asked of a login, and what became of the one that was asked
// about last. Knows its networks; neither its names nor its passwords, but what stands for them.

import type { Attempt } from "../policy/guesses.ts";
import { networkOf, widerOf } from "../policy/neighbourhood.ts";
import type { Decision, Penalty, Sum } from "../policy/throttle.ts";
import type { Judgement } from "../session/output.ts";
import type { Counter } from "./counter.ts";

/** What is asked for one client, by what stands for a user and for a password (hashing.ts). */
export interface Asking {
  /** Kept whatever happens. */
  ask(user: string | null, tag: number | null): Promise<Judgement>;
  settle(decision: Decision): void;
  blame(penalty: Exclude<Penalty, "guess">): void;
}

/** Told that a login was not tried, and for how many milliseconds none is. */
export type OnThrottled = (network: string, wait: number) => void;

export class ClientGuesses implements Asking {
  readonly #counter: Counter;
  readonly #network: string;
  readonly #wider: string;
  readonly #onThrottled: OnThrottled;
  /** The login that was allowed and has not ended. */
  #open: { readonly attempt: Attempt; readonly charged: readonly Sum[] } | null = null;
  /** One after the other: what was asked last is settled last. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(counter: Counter, address: string | null, onThrottled: OnThrottled) {
    this.#counter = counter;
    this.#network = networkOf(address);
    this.#wider = widerOf(address);
    this.#onThrottled = onThrottled;
  }

  ask(user: string | null, tag: number | null): Promise<Judgement> {
    const said = this.#last.then(() => this.#ask({ network: this.#network, wider: this.#wider, user, tag }));
    this.#last = said;
    return said;
  }

  async #ask(attempt: Attempt): Promise<Judgement> {
    const verdict = await this.#counter.ask(attempt);
    if (!verdict.isAllowed) {
      this.#onThrottled(this.#network, verdict.wait);
      return { isAllowed: false };
    }
    const { delay, isRepeat, charged } = verdict;
    this.#open = { attempt, charged };
    return { isAllowed: true, delay, isRepeat };
  }

  settle(decision: Decision): void {
    this.#last = this.#last.then(() => {
      const open = this.#open;
      this.#open = null;
      return open === null ? null : this.#counter.settle(open.attempt, open.charged, decision);
    });
  }

  blame(penalty: Exclude<Penalty, "guess">): void {
    this.#last = this.#last.then(() => this.#counter.penalize(this.#network, penalty));
  }

  /** Kept when all that was said is counted. */
  get settled(): Promise<unknown> {
    return this.#last;
  }
}
