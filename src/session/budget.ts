// The errors a client may make (pure). Errors count as long as no message is accepted: a client that gets one
// through begins anew. Knows numbers only; what an error is, and whom the end of the budget spares, is told.

/** Commands that do nothing and yet are none's fault: a client that keeps a connection open says NOOP. */
const IDLE_COMMANDS = 100;

/** Seconds after which each further refusal is answered, once the budget is spent and the client is spared. */
export const SPENT_DELAY = 1;

export class Budget {
  readonly #most: number;
  #errors = 0;
  #idle = 0;

  /** @param most errors until it is spent; 0 for any number */
  constructor(most: number) {
    this.#most = most;
  }

  get isSpent(): boolean {
    return this.#most > 0 && this.#errors >= this.#most;
  }

  /** An error was made. */
  error(): void {
    this.#errors++;
  }

  /** A command came that does nothing. @returns whether it was an error */
  idle(): boolean {
    if (++this.#idle <= IDLE_COMMANDS) return false;
    this.error();
    return true;
  }

  /** A message was accepted. */
  renew(): void {
    this.#errors = 0;
    this.#idle = 0;
  }
}
