// When a worker that went is replaced, and when nobody tries any more (pure): at once, and later each time one dies
// young. Times come in. Knows how workers went; no process, and no clock.

export const LONGEST_PAUSE = 60;
/** Seconds before a worker that died young is replaced: nothing, then more each time. */
const PAUSES = [0, 1, 2, 4, 8, 16, 32, LONGEST_PAUSE];
/** Seconds after which a worker that dies did not die young. */
const GROWN = 60;
/** Workers in a row that may fail before they are ready. */
const FAILURES = 3;

/** Seconds before the next worker is tried, or that there is no hope of one. */
export type Pause = number | "hopeless";

export class Succession {
  /** In a row, before they were ready. */
  #failures = 0;
  #everReady = false;
  /** In a row, of those that died young. */
  #deaths = 0;

  /** A worker can take sessions. */
  ready(): void {
    this.#failures = 0;
    this.#everReady = true;
  }

  /** Not even a process, or a descriptor, could be had: once it has worked that will pass. */
  unstarted(): Pause {
    return !this.#everReady && ++this.#failures >= FAILURES ? "hopeless" : this.#pause();
  }

  /** A worker went before it was ready. @param isServed others are ready */
  failed(isServed: boolean): Pause {
    return ++this.#failures >= FAILURES && !isServed ? "hopeless" : this.#pause();
  }

  /** A worker that was ready takes sessions no more. @param lived seconds since it was started */
  died(lived: number): number {
    if (lived >= GROWN) this.#deaths = 0;
    return this.#pause();
  }

  #pause(): number {
    return PAUSES[Math.min(this.#deaths++, PAUSES.length - 1)]!;
  }
}
