// Rung when something has changed, for whoever waits for that. Knows nothing of what has.

export class Bell {
  #wake: () => void = () => {};
  #rung: Promise<void> = Promise.resolve();

  constructor() {
    this.ring();
  }

  /** Kept when it is rung the next time. */
  get rung(): Promise<void> {
    return this.#rung;
  }

  /** Whoever waits looks again, and can wait again: woken without that, it would look without end. */
  ring(): void {
    const wake = this.#wake;
    this.#rung = new Promise((resolve) => {
      this.#wake = resolve;
    });
    wake();
  }
}
