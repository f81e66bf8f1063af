// What is remembered by name, so much and no more (pure): what was kept longest ago goes first. Knows names; not what is
// remembered, nor why. Times come in, in milliseconds.

export class Bounded<Value> {
  readonly #most: number;
  /** When a value is worth nothing any more. */
  readonly #worthlessAt: (value: Value) => number;
  /** The one kept longest ago first. */
  readonly #values = new Map<string, Value>();

  constructor(most: number, worthlessAt: (value: Value) => number) {
    this.#most = most;
    this.#worthlessAt = worthlessAt;
  }

  get size(): number {
    return this.#values.size;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  keep(name: string, value: Value, now: number): void {
    this.#values.delete(name);
    if (this.#worthlessAt(value) <= now) return;
    // Two for one that comes: what is over goes sooner than it piles up.
    this.#sweep(2, now);
    if (this.#values.size >= this.#most) this.#values.delete(this.#values.keys().next().value!);
    this.#values.set(name, value);
  }

  forget(name: string): void {
    this.#values.delete(name);
  }

  #sweep(count: number, now: number): void {
    let left = count;
    for (const [name, value] of this.#values) {
      if (left-- === 0 || this.#worthlessAt(value) > now) return;
      this.#values.delete(name);
    }
  }
}
