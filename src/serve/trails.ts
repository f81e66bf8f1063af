// Which services a client has come through before: where its connection is one of our own, to a server that turns out
// to be ourselves. Whoever comes to a service for the second time goes round in a circle, and there is no end to it.
// Knows addresses; no socket.

import type { Endpoint } from "../wire/addresses.ts";

/** A service, by its name; null for the only one. */
type Service = string | null;

export class Trails {
  /** By our end of a connection to a server, the services that led there. */
  readonly #trails = new Map<string, ReadonlySet<Service>>();

  /** Whether a client of this service has been here before. */
  isCircle(service: Service, client: Endpoint): boolean {
    return this.#trails.get(nameOf(client))?.has(service) === true;
  }

  /** @param from our end of a connection that was made for the client @returns what ends it */
  lead(service: Service, client: Endpoint, from: Endpoint): () => void {
    const name = nameOf(from);
    this.#trails.set(name, new Set([...(this.#trails.get(nameOf(client)) ?? []), service]));
    return () => void this.#trails.delete(name);
  }
}

function nameOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
