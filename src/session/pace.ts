// How fast a message comes (pure): octets of it in every stretch of time in which its client was being read. Time
// in which we did not read, because the server did not, is not the client's. Knows times as they are given
// (milliseconds); not what the octets are.

/** Seconds over which the rate is judged: a link that stalls for a minute is no slow client. */
const STRETCH = 300;

export class Pace {
  /** Octets that a stretch must have; 0 for any. */
  readonly #least: number;
  #octets = 0;
  /** When this stretch is over, if the client is read until then; infinity while nothing is judged. */
  #due = Number.POSITIVE_INFINITY;
  /** Milliseconds of this stretch that are left, while the client is not read. */
  #left: number | null = null;

  /** @param rate octets a second; 0 for no judgement */
  constructor(rate: number) {
    this.#least = rate * STRETCH;
  }

  /** When the rate is judged next. */
  get due(): number {
    return this.#due;
  }

  /** A message begins. */
  begin(now: number): void {
    this.#octets = 0;
    this.#left = null;
    if (this.#least > 0) this.#due = now + STRETCH * 1000;
  }

  /** The message is over. */
  end(): void {
    this.#due = Number.POSITIVE_INFINITY;
    this.#left = null;
  }

  /** So many octets of it came. */
  took(octets: number): void {
    this.#octets += octets;
  }

  /** The client is not read for a while. */
  pause(now: number): void {
    if (this.#due === Number.POSITIVE_INFINITY) return;
    this.#left = Math.max(0, this.#due - now);
    this.#due = Number.POSITIVE_INFINITY;
  }

  /** It is read again. */
  resume(now: number): void {
    if (this.#left === null) return;
    this.#due = now + this.#left;
    this.#left = null;
  }

  /** The stretch is over. @returns whether too little came in it; the next one begins */
  isTooSlow(now: number): boolean {
    const slow = this.#octets < this.#least;
    this.begin(now);
    return slow;
  }
}
