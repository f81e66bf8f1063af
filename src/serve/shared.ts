// What is known of servers over TCP, for all configurations of a service that send their clients to the same ones: who
// is down stays known when another takes the place of one, and who has clients counts with all of them. Knows who uses
// what; not what is known.

import type { Entry } from "../record/entry.ts";
import { Destinations, type DestinationsPlan } from "./destinations.ts";

/** Somebody's use of them. */
export interface Use extends Pick<Destinations, "quest" | "states"> {
  /** It is over. */
  readonly close: () => void;
}

interface Shared {
  readonly destinations: Destinations;
  /** Where each user would have it told; the last one's counts. */
  readonly logs: ((entry: Entry) => void)[];
}

export class SharedDestinations {
  readonly #all = new Map<string, Shared>();

  /** @param key tells servers apart, and how they are spoken with */
  use(key: string, plan: DestinationsPlan): Use {
    const { logs, destinations } = this.#all.get(key) ?? this.#make(key, plan);
    const log = (entry: Entry) => plan.log(entry);
    logs.push(log);
    return {
      quest: (own, isHeard, onMove) => destinations.quest(own, isHeard, onMove),
      get states() {
        return destinations.states;
      },
      close: () => {
        const index = logs.indexOf(log);
        if (index < 0) return;
        logs.splice(index, 1);
        if (logs.length > 0) return;
        this.#all.delete(key);
        destinations.close();
      },
    };
  }

  #make(key: string, plan: DestinationsPlan): Shared {
    const logs: Shared["logs"] = [];
    const destinations = new Destinations({ ...plan, log: (entry) => logs.at(-1)?.(entry) });
    const shared = { destinations, logs };
    this.#all.set(key, shared);
    return shared;
  }
}
