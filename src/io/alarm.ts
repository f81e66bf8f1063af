// One timer for one deadline after the other. Knows when it rings, in milliseconds that never go back; not for what.

export class Alarm {
  readonly #ring: () => void;
  #timer: Timer | null = null;
  #at = Number.POSITIVE_INFINITY;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings then, or before: a later deadline needs no new timer, whoever is rung for sets it again. */
  set(at: number): void {
    if (at >= this.#at || at === Number.POSITIVE_INFINITY) return;
    this.clear();
    this.#at = at;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#at = Number.POSITIVE_INFINITY;
        this.#ring();
      },
      Math.max(0, at - now()),
    );
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#at = Number.POSITIVE_INFINITY;
  }
}

/** Milliseconds, never going back. */
export function now(): number {
  return performance.now();
}
