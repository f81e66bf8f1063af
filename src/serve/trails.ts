// Which services a client has come through before: where its connection is one of our own, to a server that turns out
// to be ourselves. Whoever comes to a service for the second time goes round in a circle, and there is no end to it.
// Knows addresses; no socket.

import type { Endpoint } from "../wire/addresses.ts";

/** A service, by its name; null for the only one. */
type Service = string | null;

/** By where a connection goes to, the services that led there. */
type Ways = Map<string, ReadonlySet<Service>>;

const NONE: ReadonlySet<Service> = new Set();

/** What tells a connection from all others: one port of ours may be that of many, each to somewhere else. */
export interface Ends {
  readonly client: Endpoint;
  readonly server: Endpoint;
}

export class Trails {
  /** By our end of connections to servers. */
  readonly #ways = new Map<string, Ways>();

  /**
   * The services that a client came through.
   * @param wanted where it wanted to go, if a firewall sent it here: asked for where that may be one of ours
   */
  to({ client, server }: Ends, wanted: () => Endpoint | null): ReadonlySet<Service> {
    const ways = this.#ways.get(nameOf(client));
    if (ways === undefined) return NONE;
    const known = ways.get(nameOf(server));
    if (known !== undefined) return known;
    const other = wanted();
    return (other === null ? undefined : ways.get(nameOf(other))) ?? NONE;
  }

  /** A connection was made to a server. @param through the services that led there @returns what ends it */
  lead(through: ReadonlySet<Service>, { client, server }: Ends): () => void {
    const [from, to] = [nameOf(client), nameOf(server)];
    const ways: Ways = this.#ways.get(from) ?? new Map();
    this.#ways.set(from, ways);
    ways.set(to, through);
    return () => {
      if (ways.get(to) === through) ways.delete(to);
      if (ways.size === 0 && this.#ways.get(from) === ways) this.#ways.delete(from);
    };
  }
}

function nameOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
