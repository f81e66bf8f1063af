// The server that each client has chosen itself, before a firewall redirected it to us (--connect original). Knows sockets
// and the log; what may be chosen is judged elsewhere.

import { addressOf } from "../io/tcp.ts";
import { type Found as Chosen, type Original, originalFinder } from "../options/original.ts";
import { type Connection, cameOf, wantedOf } from "../os/peer.ts";
import type { Entry } from "../record/entry.ts";
import { connect } from "./connect.ts";
import type { Found, Way } from "./quest.ts";
import type { ServerSource } from "./server-source.ts";

/** What is asked of a client's socket while it is ours: later on a worker has it. */
export function meetWanted(socket: number, connection: Connection): Connection {
  return { ...connection, wanted: wantedOf(socket, cameOf(connection)) };
}

type Header = (ServerSource & { readonly kind: "socket" })["header"];

/** @param ours where we accept clients @param header what a server is told of its client first */
export function originalSource(
  originals: readonly Original[],
  ours: Parameters<typeof originalFinder>[1],
  header: Header,
  log: (entry: Entry) => void,
): ServerSource {
  const find = originalFinder(originals, ours);
  const tell = (destination: string, error: string) =>
    log({ level: 1, event: "server-unreachable", fields: { destination, error } });
  return {
    kind: "socket",
    quest: (connection) => new OnlyWay(find(connection), tell),
    ...{ header, states: () => [], close() {} },
  };
}

/** There is one server for this client, or none. */
class OnlyWay implements Way {
  readonly lack = null;
  isAnswered = false;
  readonly #chosen: Chosen;
  readonly #tell: (destination: string, error: string) => void;
  #wasTried = false;

  constructor(chosen: Chosen, tell: (destination: string, error: string) => void) {
    this.#chosen = chosen;
    this.#tell = tell;
  }

  async find(): Promise<Found | null> {
    if (this.#wasTried) return null;
    this.#wasTried = true;
    if ("reason" in this.#chosen) {
      this.#tell(this.#chosen.place, this.#chosen.reason);
      return null;
    }
    const { destination, number } = this.#chosen;
    const connected = await connect(destination);
    if ("socket" in connected) return { socket: connected.socket, destination: number };
    this.#tell(addressOf(destination), connected.error);
    return null;
  }

  answered(): void {
    this.isAnswered = true;
  }

  /** There is no other. */
  refused(_: number, error: string): boolean {
    if ("destination" in this.#chosen) this.#tell(addressOf(this.#chosen.destination), error);
    return true;
  }

  silent(): boolean {
    return false;
  }

  end(): void {}
}
