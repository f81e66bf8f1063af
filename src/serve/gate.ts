// Who is let in (pure): how many clients there are in all and of one network, how many came of it in a minute, and
// whom the administrator keeps out. Times come in. Knows addresses as text; no socket, and not what a client who is
// kept out is told.

import { networkOf } from "../policy/neighbourhood.ts";
import type { Entry, Reason } from "../record/entry.ts";
import { type Counted, Minutes } from "../record/minutes.ts";

/** 0 is "no limit" everywhere. */
export interface GateLimits {
  readonly total: number;
  readonly perNetwork: number;
  /** New clients of one network in a minute. */
  readonly rate: number;
  /** Whom the administrator keeps out. */
  readonly blocked: (address: string | null) => boolean;
}

/** Who is in a loop is found out by others. */
export type Refusal = "total" | "per-ip" | "rate" | "block-ip" | "loop";

/** Milliseconds in which new clients of a network are counted. */
const MINUTE = 60_000;

/** Networks that are remembered though none of their clients is here: a flood of addresses must not fill our memory. */
const REMEMBERED = 16_384;

/** Of a proxy that does not say whose its connection is there is nothing to be counted. */
type Why = Reason<"refused-connection">;

interface Network {
  here: number;
  /** Those that came since the minute began. */
  came: number;
  since: number;
}

export class Gate {
  /** May be others for who comes next; who is here stays. */
  limits: GateLimits;
  readonly #networks = new Map<string, Network>();
  readonly #told = new Minutes<Why>();
  #here = 0;

  constructor(limits: GateLimits) {
    this.limits = limits;
  }

  /** Clients that were let in and have not left. */
  get here(): number {
    return this.#here;
  }

  /** @returns null for a client that is let in, who counts until `leave` */
  enter(address: string | null, now: number): Refusal | null {
    const network = this.#judged(address, now);
    if (typeof network === "string") return network;
    if (this.#isFull) return "total";
    network.here++;
    this.#here++;
    return null;
  }

  /** A proxy's connection, whose client is yet to be told: nobody's, it counts in all only, until `leaveUntold`. */
  enterUntold(): Refusal | null {
    if (this.#isFull) return "total";
    this.#here++;
    return null;
  }

  /** The client of such a one. @returns null for one that may stay: it counts like any other, until `leave` */
  tell(address: string | null, now: number): Refusal | null {
    const network = this.#judged(address, now);
    if (typeof network === "string") return network;
    network.here++;
    return null;
  }

  get #isFull(): boolean {
    const { total } = this.limits;
    return total > 0 && this.#here >= total;
  }

  #judged(address: string | null, now: number): Network | Refusal {
    const { perNetwork, rate, blocked } = this.limits;
    if (blocked(address)) return "block-ip";
    const network = this.#network(networkOf(address), now);
    if (now - network.since >= MINUTE) {
      network.since = now;
      network.came = 0;
    }
    // Who comes too often is kept out for as long as he does: each attempt counts.
    network.came++;
    if (rate > 0 && network.came > rate) return "rate";
    if (perNetwork > 0 && network.here >= perNetwork) return "per-ip";
    return network;
  }

  leaveUntold(): void {
    if (this.#here > 0) this.#here--;
  }

  leave(address: string | null): void {
    const network = this.#networks.get(networkOf(address));
    if (network === undefined || network.here === 0) return;
    network.here--;
    this.#here--;
  }

  /** @returns what the log is told of a refusal now: the first one of a network in a minute */
  refused(address: string | null, reason: Why, now: number): Entry | null {
    const first = this.#told.add(networkOf(address), reason, now);
    return first === null ? null : entryOf(first);
  }

  /** @returns what the log is told of the refusals of each minute that is over */
  minutes(now: number): Entry[] {
    return this.#told.over(now).map(entryOf);
  }

  #network(key: string, now: number): Network {
    let network = this.#networks.get(key);
    if (network !== undefined) return network;
    if (this.#networks.size >= REMEMBERED) this.#forget();
    network = { here: 0, came: 0, since: now };
    this.#networks.set(key, network);
    return network;
  }

  /** Half of those of whom nobody is here, the oldest first: one by one would cost a search for each client. */
  #forget(): void {
    let left = REMEMBERED / 2;
    for (const [key, { here }] of this.#networks) {
      if (here > 0) continue;
      this.#networks.delete(key);
      if (--left === 0) return;
    }
  }
}

function entryOf({ key, about: reason, count }: Counted<Why>): Entry {
  return { level: 1, event: "refused-connection", fields: { reason, key, count } };
}
