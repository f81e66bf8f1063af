// Seconds sorted into the buckets of a histogram (pure). Knows bounds and numbers.

import { type Distribution, METRICS, type OfType } from "./metrics.ts";

export class Seconds implements Distribution {
  readonly counts: number[];
  sum = 0;
  readonly #bounds: readonly number[];

  constructor(metric: OfType<"histogram">) {
    this.#bounds = METRICS[metric].buckets;
    this.counts = new Array<number>(this.#bounds.length + 1).fill(0);
  }

  observe(seconds: number): void {
    const at = this.#bounds.findIndex((bound) => seconds <= bound);
    this.counts[at < 0 ? this.#bounds.length : at]!++;
    this.sum += seconds;
  }

  /** @param other of the same metric */
  add(other: Distribution): void {
    for (const [at, count] of other.counts.entries()) this.counts[at]! += count;
    this.sum += other.sum;
  }

  get isEmpty(): boolean {
    return this.counts.every((count) => count === 0);
  }
}
