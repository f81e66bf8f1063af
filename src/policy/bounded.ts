// What is remembered by name, so much and no more (pure): when there is as much as there may be, the half that was kept
// longest ago goes at once. One by one would be dear: a map that is emptied from its front is searched through what has
// gone. Knows names; not what is remembered, nor why. Times come in, in milliseconds.

export class Bounded<Value> {
  readonly #half: number;
  /** When a value is worth nothing any more. */
  readonly #worthlessAt: (value: Value) => number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  constructor(most: number, worthlessAt: (value: Value) => number) {
    this.#half = Math.ceil(most / 2);
    this.#worthlessAt = worthlessAt;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(name: string): Value | undefined {
    return this.#young.get(name) ?? this.#old.get(name);
  }

  keep(name: string, value: Value, now: number): void {
    if (this.#worthlessAt(value) <= now) return this.forget(name);
    this.#old.delete(name);
    this.#young.set(name, value);
    if (this.#young.size < this.#half) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  forget(name: string): void {
    this.#young.delete(name);
    this.#old.delete(name);
  }
}
