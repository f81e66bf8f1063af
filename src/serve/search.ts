// The worker's side of the way to a server over TCP: what the supervisor connected, one after the other, and what is
// said to it of each. Knows sockets and numbers of destinations; not what is said through them.

import { close } from "../os/libc.ts";
import type { Report } from "./words.ts";

/** What the supervisor connected: a socket, which is ours, and which destination that is. */
export interface Found {
  readonly socket: number;
  readonly destination: number;
}

export class Search {
  readonly #session: number;
  readonly #say: (report: Report) => void;
  readonly #arrived: (Found | null)[] = [];
  #awaited: ((found: Found | null) => void) | null = null;
  #isOver = false;

  constructor(session: number, say: (report: Report) => void) {
    this.#session = session;
    this.#say = say;
  }

  /** @param found null when there is none */
  take(found: Found | null): void {
    if (this.#isOver) discard(found);
    else if (this.#awaited === null) this.#arrived.push(found);
    else {
      this.#awaited(found);
      this.#awaited = null;
    }
  }

  /** The next, which may come unasked while one keeps silent. Asked for again only when it has come. */
  next(): Promise<Found | null> {
    const arrived = this.#arrived.shift();
    if (arrived !== undefined) return Promise.resolve(arrived);
    return new Promise((resolve) => {
      this.#awaited = resolve;
    });
  }

  /** It speaks as it must: no other is wanted. */
  greeted({ destination }: Found): void {
    this.#say({ word: "greeted", session: this.#session, server: destination });
    this.end();
  }

  /** It has not spoken yet. */
  silent({ destination }: Found): void {
    this.#say({ word: "silent", session: this.#session, server: destination });
  }

  /** It will not do; another is wanted. */
  refused({ destination }: Found, text: string): void {
    this.#say({ word: "next", session: this.#session, server: destination, text });
  }

  /** Whoever waits has waited in vain. */
  end(): void {
    this.#isOver = true;
    for (const found of this.#arrived.splice(0)) discard(found);
    this.#awaited?.(null);
    this.#awaited = null;
  }
}

/** Nobody wants it. */
export function discard(found: Found | null): void {
  if (found !== null) close(found.socket);
}
