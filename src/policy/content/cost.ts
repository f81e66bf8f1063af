// What looking at a message has cost, and when that is out of proportion to its length. Knows processor time as a number
// that somebody gives it; knows no rule and no clock of its own.

/** Processor time so far, in milliseconds, from whenever. */
export type Clock = () => number;

/** Milliseconds for a megabyte of a message. */
const PER_MEGABYTE = 2000;
/** Milliseconds for any message: what is done for the first time takes longer. */
const START = 300;

export class Cost {
  readonly #clock: Clock;
  #spent = 0;
  /** When it began to be spent; null while nobody looks. */
  #since: number | null = null;
  #octets = 0;
  /** Of what was spent, on what is measured apart. */
  #apart = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds. */
  get spent(): number {
    return this.#spent + (this.#since === null ? 0 : this.#clock() - this.#since);
  }

  get isTooMuch(): boolean {
    return this.spent > START + (this.#octets / 1e6) * PER_MEGABYTE;
  }

  /** Most of it was spent on what is measured apart. */
  get isApart(): boolean {
    return this.#apart > this.spent / 2;
  }

  /** Somebody looks at so many octets more of the message. */
  during<T>(octets: number, look: () => T): T {
    this.#octets += octets;
    this.#since = this.#clock();
    try {
      return look();
    } finally {
      this.#spent = this.spent;
      this.#since = null;
    }
  }

  apart<T>(work: () => T): T {
    const began = this.#clock();
    try {
      return work();
    } finally {
      this.#apart += this.#clock() - began;
    }
  }
}
