// Where guesses are counted, for all services and all configurations of a listener: who counts in the same place counts
// together, and what was counted stays when another configuration takes the place of one. Knows who uses what; not what
// is counted.

import type { Membership } from "../policy/networks.ts";
import type { Entry } from "../record/entry.ts";
import { type Asking, ClientGuesses } from "../throttle/client.ts";
import { type Counter, MemoryCounter } from "../throttle/counter.ts";
import { freshKey } from "../throttle/hashing.ts";
import type { ThrottlePlace } from "../throttle/place.ts";
import { ThrottledLog } from "../throttle/told.ts";

export interface ThrottlePlan {
  readonly place: NonNullable<ThrottlePlace>;
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

export class Throttles {
  /** Of what stands for passwords: it is nowhere but here, and with workers. */
  readonly key = freshKey();
  readonly #memory = new MemoryCounter();

  use({ isTrusted, log }: ThrottlePlan): ThrottleUse {
    const told = new ThrottledLog(log);
    const counter: Counter = this.#memory;
    return {
      of: (address) =>
        isTrusted(address)
          ? null
          : new ClientGuesses(counter, address, (network, wait) => told.add(network, wait)),
      look: () => told.look(),
      close: () => told.end(),
    };
  }
}
