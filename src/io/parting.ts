// How a client is left: what was said to it is delivered, and it has the time to read why. Knows one client; not what
// was said.

import { now } from "./alarm.ts";
import type { Outbox } from "./outbox.ts";
import type { Client } from "./peer.ts";
import { settled } from "./within.ts";

/** Seconds a client that was told goodbye may take to close: it must be able to read why. */
export const LINGER = 2;

export class Parting {
  readonly #client: Client;
  readonly #outbox: Outbox;
  /** Kept when nobody is waited for any more. */
  #giveUp: () => void = () => {};
  readonly #givenUp = new Promise<void>((resolve) => {
    this.#giveUp = resolve;
  });

  constructor(client: Client, outbox: Outbox) {
    this.#client = client;
    this.#outbox = outbox;
  }

  /** Whoever ends us waits no longer. */
  hurry(): void {
    this.#giveUp();
  }

  /** @returns whether the client has taken what was written to it, within those seconds */
  async deliver(seconds: number): Promise<boolean> {
    return (await Promise.race([this.#outbox.taken(seconds), this.#givenUp])) === true;
  }

  /** Reads and discards, so that unread input does not turn our last reply into a reset. */
  async linger(): Promise<void> {
    const end = now() + LINGER * 1000;
    const ended = (async () => {
      try {
        while (now() < end && (await this.#client.read()) !== null);
      } catch {
        // As good as closed.
      }
    })();
    await Promise.race([settled(ended, LINGER), this.#givenUp]);
  }
}
