// The server that each client has chosen itself, before a firewall redirected it to us (--connect original). Knows sockets;
// what may be chosen is judged elsewhere.

import type { Destination } from "../io/tcp.ts";
import { type Found, type Original, originalFinder } from "../options/original.ts";
import { type Connection, type Endpoint, wantedOf } from "../os/peer.ts";
import { connectFor } from "./connect.ts";
import type { ServerSource } from "./guests.ts";

/** What is asked of a client's socket while it is ours: later on a worker has it. */
export function meetWanted(socket: number, connection: Connection): Connection {
  return { ...connection, wanted: wantedOf(socket, connection) };
}

/** @param ours where we accept clients */
export function originalSource(originals: readonly Original[], ours: readonly Endpoint[]): ServerSource {
  const find = originalFinder(originals, ours);
  const found = new WeakMap<Destination, Found>();
  return {
    kind: "socket",
    candidates(connection) {
      const one = find(connection);
      const destination =
        "destination" in one ? one.destination : { host: "", port: 0, weight: 1, tls: null };
      found.set(destination, one);
      return [destination];
    },
    async connect(destinations, onFailure) {
      const [one] = destinations.map((destination) => found.get(destination)!);
      if (one === undefined || "destination" in one) return connectFor(destinations, onFailure);
      onFailure(one.place, one.reason);
      return null;
    },
    numberOf: (destination) => (found.get(destination) as { readonly number: number }).number,
  };
}
