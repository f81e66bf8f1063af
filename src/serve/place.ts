// One client's session, as its worker knows it, from the moment the client is the worker's own: what has begun of it, and
// what is awaited. Knows sessions and servers by their types only.

import type { Departure } from "../io/peer.ts";
import type { Connection } from "../os/peer.ts";
import type { Sitting } from "../sitting.ts";
import type { Search } from "./search.ts";
import type { WorkerLogins } from "./worker-logins.ts";

/** One client's session. */
export interface Place {
  connection: Connection;
  sitting: Sitting | null;
  /** Told whether the client may stay whom a proxy speaks for: null for yes, else what that one hears. */
  judged: ((refusal: string | null) => void) | null;
  /** It is over, though nothing of it has begun. */
  isLeft: boolean;
  /** What is awaited of the server that was asked for last. */
  awaited: PromiseWithResolvers<Given | null>;
  /** The same of one over TCP; null of one behind pipes. */
  search: Search | null;
  /** Asks about its logins; null where nobody counts. */
  logins: WorkerLogins | null;
  /** There was none to be had. */
  isUnavailable: boolean;
}

/** A server that the supervisor gave: its number, and its pipe ends. */
export interface Given {
  readonly server: number;
  readonly descriptors: readonly number[];
  /** Kept when its process has gone. */
  readonly gone: Promise<Departure>;
}

/** Nobody is there to say whether it may begin. */
export function leave(place: Place): void {
  place.isLeft = true;
  place.judged?.("");
}
