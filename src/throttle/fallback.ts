// A place where guesses are counted that may fail, be slow or be away: then they are counted in our own memory, which is
// told once, and it is tried again until it is back, which is told, too. Knows two places; not what either is.

import type { Attempt } from "../policy/guesses.ts";
import type { Decision, Penalty, Sum, Verdict } from "../policy/throttle.ts";
import type { Entry } from "../record/entry.ts";
import { type Counter, MemoryCounter } from "./counter.ts";
import { timely } from "./timely.ts";

/** A place that can be away. */
export interface RemoteCounter extends Counter {
  /** @throws where it cannot be had */
  look(): Promise<void>;
}

/** Seconds between two looks whether it is back. */
const RETRY = 2;

export class FallbackCounter implements Counter {
  readonly #place: RemoteCounter;
  readonly #log: (entry: Entry) => void;
  readonly #memory = new MemoryCounter();
  /** Who gave a verdict, by what it charged. */
  readonly #givers = new WeakMap<readonly Sum[], Counter>();
  #retrying: Timer | null = null;
  #isClosed = false;

  constructor(place: RemoteCounter, log: (entry: Entry) => void) {
    this.#place = place;
    this.#log = log;
  }

  /** Finds out whether the place is there before anybody waits for it. */
  begin(): void {
    void this.#tried(() => this.#place.look());
  }

  async ask(attempt: Attempt): Promise<Verdict> {
    const verdict = await this.#tried(() => this.#place.ask(attempt));
    const giver = verdict === null ? this.#memory : this.#place;
    const given = verdict ?? (await this.#memory.ask(attempt));
    if (given.isAllowed) this.#givers.set(given.charged, giver);
    return given;
  }

  async settle(attempt: Attempt, charged: readonly Sum[], decision: Decision): Promise<void> {
    const giver = this.#givers.get(charged);
    if (giver === this.#place) await this.#tried(() => this.#place.settle(attempt, charged, decision));
    else await this.#memory.settle(attempt, charged, decision);
  }

  async penalize(network: string, penalty: Penalty): Promise<void> {
    const done = await this.#tried(() => this.#place.penalize(network, penalty));
    if (done === null) await this.#memory.penalize(network, penalty);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#retrying !== null) clearInterval(this.#retrying);
    this.#retrying = null;
    this.#place.close();
  }

  /** @returns null where it cannot be had now */
  async #tried<T>(ask: () => Promise<T>): Promise<T | null> {
    if (this.#retrying !== null) return null;
    try {
      return await timely(ask());
    } catch (error) {
      this.#lost(error);
      return null;
    }
  }

  #lost(reason: unknown): void {
    if (this.#retrying !== null || this.#isClosed) return;
    const error = reason instanceof Error ? reason.message : String(reason);
    this.#log({ level: 1, event: "throttle-store", fields: { state: "lost", error } });
    this.#retrying = setInterval(() => void this.#look(), RETRY * 1000);
    this.#retrying.unref();
  }

  async #look(): Promise<void> {
    try {
      await timely(this.#place.look());
    } catch {
      return; // it was told
    }
    if (this.#retrying === null) return;
    clearInterval(this.#retrying);
    this.#retrying = null;
    this.#log({ level: 1, event: "throttle-store", fields: { state: "back" } });
  }
}
