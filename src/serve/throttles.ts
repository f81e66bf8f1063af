// Where guesses are counted, for all services and all configurations of a listener: who counts in the same place counts
// together, and what was counted stays when another configuration takes the place of one. Knows who uses what; not what
// is counted.

import type { Identity } from "../os/identity.ts";
import type { Membership } from "../policy/networks.ts";
import type { Entry } from "../record/entry.ts";
import { type Asking, ClientGuesses } from "../throttle/client.ts";
import { type Counter, MemoryCounter } from "../throttle/counter.ts";
import { FallbackCounter } from "../throttle/fallback.ts";
import { freshKey } from "../throttle/hashing.ts";
import { keyOf } from "../throttle/key.ts";
import type { ThrottlePlace } from "../throttle/place.ts";
import { ThrottledLog } from "../throttle/told.ts";
import { KeptCounter } from "./kept.ts";

export interface ThrottlePlan {
  readonly place: NonNullable<ThrottlePlace>;
  /** Who counts there, where that is a process of its own; null for whoever we are. */
  readonly identity: Identity | null;
  /** Whose guesses are not counted. */
  readonly isTrusted: Membership;
  readonly log: (entry: Entry) => void;
}

/** Somebody's use of it. */
export interface ThrottleUse {
  /** @param address of a client @returns null for one that is trusted */
  readonly of: (address: string | null) => Asking | null;
  /** What is to be done again and again. */
  readonly look: () => void;
  /** It is over. */
  readonly close: () => void;
}

interface Shared {
  readonly counter: Counter;
  /** Where each user would have it told; the last one's counts. */
  readonly logs: ((entry: Entry) => void)[];
}

export class Throttles {
  /** Of what stands for passwords, where nobody else has one: it is nowhere but here, and with workers. */
  readonly #key = freshKey();
  /** Kept to the end: who reads the configuration anew forgets nothing. */
  readonly #memory = new MemoryCounter();
  readonly #shared = new Map<string, Shared>();

  /** @returns the key of what stands for passwords in that place */
  keyFor(place: ThrottlePlan["place"]): string {
    return keyOf(place) ?? this.#key;
  }

  use({ place, identity, isTrusted, log }: ThrottlePlan): ThrottleUse {
    const told = new ThrottledLog(log);
    const { counter, close } = this.#counterAt(place, identity, log);
    return {
      of: (address) =>
        isTrusted(address)
          ? null
          : new ClientGuesses(counter, address, (network, wait) => told.add(network, wait)),
      look: () => told.look(),
      close: () => {
        told.end();
        close();
      },
    };
  }

  #counterAt(
    place: ThrottlePlan["place"],
    identity: Identity | null,
    log: ThrottlePlan["log"],
  ): { readonly counter: Counter; readonly close: () => void } {
    if (place.kind === "memory") return { counter: this.#memory, close() {} };
    const key = JSON.stringify({ place, identity });
    const shared = this.#shared.get(key) ?? this.#make(key);
    const own = (entry: Entry) => log(entry);
    shared.logs.push(own);
    const close = () => {
      const index = shared.logs.indexOf(own);
      if (index < 0) return;
      shared.logs.splice(index, 1);
      if (shared.logs.length > 0) return;
      this.#shared.delete(key);
      shared.counter.close();
    };
    return { counter: shared.counter, close };
  }

  /** @param configuration of the process that counts there */
  #make(configuration: string): Shared {
    const logs: Shared["logs"] = [];
    const counter = new FallbackCounter(new KeptCounter(configuration), (entry) => logs.at(-1)?.(entry));
    counter.begin();
    const shared = { counter, logs };
    this.#shared.set(configuration, shared);
    return shared;
  }
}
