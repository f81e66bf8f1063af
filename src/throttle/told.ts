// What the log is told of logins that were not tried: of a network the first at once, then one line a minute. Knows the
// clock; not who asked.

import type { Entry } from "../record/entry.ts";
import { type Counted, Minutes } from "../record/minutes.ts";

export class ThrottledLog {
  readonly #log: (entry: Entry) => void;
  /** Until when, in milliseconds of the epoch. */
  readonly #minutes = new Minutes<number>();

  constructor(log: (entry: Entry) => void) {
    this.#log = log;
  }

  /** @param wait milliseconds for which no login is tried */
  add(network: string, wait: number): void {
    const first = this.#minutes.add(network, Date.now() + wait, performance.now(), "");
    if (first !== null) this.#tell(first);
  }

  /** What is to be done again and again: the more often, the sooner it is told. */
  look(): void {
    for (const minute of this.#minutes.over(performance.now())) this.#tell(minute);
  }

  /** Nobody looks any more. */
  end(): void {
    for (const minute of this.#minutes.rest()) this.#tell(minute);
  }

  #tell({ key, count, about }: Counted<number>): void {
    const until = new Date(about).toISOString().replace(/\.\d+Z$/, "Z");
    this.#log({ level: 1, event: "throttled", fields: { key, count, until } });
  }
}
