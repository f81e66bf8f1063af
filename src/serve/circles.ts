// The clients of one service that came by way of services of ours, and those that this one leads on. Knows sockets; what
// leads where for all services is in trails.ts.

import { type Connection, cameOf, connectionOf, wantedOf } from "../os/peer.ts";
import type { Trails } from "./trails.ts";

export class Circles {
  readonly #trails: Trails;
  readonly #service: string | null;
  /** What led to servers of its clients, where nothing led to them. */
  readonly #own: ReadonlySet<string | null>;
  /** The services that led to a client, where there were any. */
  readonly #through = new WeakMap<Connection, ReadonlySet<string | null>>();

  constructor(trails: Trails, service: string | null) {
    this.#trails = trails;
    this.#service = service;
    this.#own = new Set([service]);
  }

  /** Whether a client has been here before, by way of its own server. */
  isCircle(socket: number, connection: Connection): boolean {
    const came = cameOf(connection);
    const through = this.#trails.to(came, () => wantedOf(socket, came));
    if (through.size > 0) this.#through.set(connection, through);
    return through.has(this.#service);
  }

  /** A connection to a server was made for the client. @returns what is done when it is over */
  lead(connection: Connection, socket: number): () => void {
    const { server: client, client: server } = connectionOf(socket, {}); // there we are the client
    const before = this.#through.get(connection);
    const through = before === undefined ? this.#own : new Set([...before, this.#service]);
    return this.#trails.lead(through, { client, server });
  }

  /** The client is told by another connection from now on. */
  follow(before: Connection, now: Connection): void {
    const through = this.#through.get(before);
    if (through !== undefined) this.#through.set(now, through);
  }
}
