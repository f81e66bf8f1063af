// Guesses as a process counts them that has one session: in a place that it shares with others, or only for itself. What
// that takes is loaded and opened when somebody is to log in, not before a client is greeted. Knows places and one
// client's address.

import type { Throttling } from "../io/throttling.ts";
import { within } from "../io/within.ts";
import type { Membership } from "../policy/networks.ts";
import type { Entry } from "../record/entry.ts";
import type { ThrottlePlace } from "./place.ts";

export interface OwnThrottling extends Throttling {
  /** Kept when all that was said is counted, or after a moment. */
  end(): Promise<void>;
}

export interface AlonePlan {
  readonly place: NonNullable<ThrottlePlace>;
  readonly address: string | null;
  readonly trusted: () => Promise<Membership>;
  readonly log: (entry: Entry) => void;
}

/** Seconds that whoever waits for our end waits for what is to be counted. */
const LAST = 2;

interface Made {
  /** Null for a client whose guesses are not counted. */
  readonly throttling: Throttling | null;
  end(): Promise<void>;
}

export function throttlingAlone(plan: AlonePlan): OwnThrottling {
  let making: Promise<Made> | null = null;
  const made = () => {
    making ??= make(plan);
    return making;
  };
  return {
    async ask(guess) {
      const { throttling } = await made();
      return (await throttling?.ask(guess)) ?? { isAllowed: true, delay: 0, isRepeat: false };
    },
    settle: (decision) => void made().then(({ throttling }) => throttling?.settle(decision)),
    blame: (penalty) => void made().then(({ throttling }) => throttling?.blame(penalty)),
    async end() {
      if (making !== null)
        await within(
          making.then((one) => one.end()),
          LAST,
        );
    },
  };
}

async function make({ place, address, trusted, log }: AlonePlan): Promise<Made> {
  if ((await trusted())(address)) return { throttling: null, end: async () => {} };
  const [{ counterAt }, { ClientGuesses }, { throttlingBy }, { ThrottledLog }, { keyOf }] = await Promise.all(
    [
      import("./counters.ts"),
      import("./client.ts"),
      import("./guessing.ts"),
      import("./told.ts"),
      import("./key.ts"),
    ],
  );
  const counter = await counterAt(place, log);
  const told = new ThrottledLog(log);
  const guesses = new ClientGuesses(counter, address, (network, wait) => told.add(network, wait));
  return {
    throttling: throttlingBy(
      remembered(() => keyOf(place)),
      address,
      guesses,
    ),
    async end() {
      await guesses.settled;
      counter.close();
      told.end();
    },
  };
}

/** Asked for once. */
function remembered<T>(ask: () => T): () => T {
  let known: { readonly value: T } | null = null;
  return () => {
    known ??= { value: ask() };
    return known.value;
  };
}
