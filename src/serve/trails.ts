// Which services a client has come through before: where its connection is one of our own, to a server that turns out
// to be ourselves. Whoever comes to a service for the second time goes round in a circle, and there is no end to it.
// Knows addresses; no socket.

import type { Endpoint } from "../wire/addresses.ts";

/** A service, by its name; null for the only one. */
type Service = string | null;

const NONE: ReadonlySet<Service> = new Set();

/** What tells a connection from all others: one port of ours may be that of many, each to somewhere else. */
export interface Ends {
  readonly client: Endpoint;
  readonly server: Endpoint;
}

interface Way extends Ends {
  /** The services that led there. */
  readonly through: ReadonlySet<Service>;
}

export class Trails {
  /** By our port of connections to servers: every client that comes is looked for here. */
  readonly #ways = new Map<number | null, readonly Way[]>();

  /**
   * The services that a client came through.
   * @param wanted where it wanted to go, if a firewall sent it here: asked for where that may be one of ours
   */
  to({ client, server }: Ends, wanted: () => Endpoint | null): ReadonlySet<Service> {
    const ways = this.#ways.get(client.port)?.filter((way) => isSame(way.client, client)) ?? [];
    if (ways.length === 0) return NONE;
    const leadsTo = (end: Endpoint | null) => ways.find((way) => end !== null && isSame(way.server, end));
    return (leadsTo(server) ?? leadsTo(wanted()))?.through ?? NONE;
  }

  /** A connection was made to a server. @param through the services that led there @returns what ends it */
  lead(through: ReadonlySet<Service>, { client, server }: Ends): () => void {
    const { port } = client;
    const way: Way = { client, server, through };
    this.#ways.set(port, [way, ...(this.#ways.get(port) ?? [])]);
    return () => {
      const others = this.#ways.get(port)?.filter((one) => one !== way) ?? [];
      if (others.length > 0) this.#ways.set(port, others);
      else this.#ways.delete(port);
    };
  }
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.port === other.port && one.address === other.address;
}
