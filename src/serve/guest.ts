// One client that is being served, as the supervisor knows it: what it holds of it until it is over. Knows descriptors and
// servers; not what a worker may wish.

import { close } from "../os/libc.ts";
import type { Connection } from "../os/peer.ts";
import type { Asking } from "../throttle/client.ts";
import type { Spoken } from "../wire/proxy-header.ts";
import type { Member } from "./crew.ts";
import type { Way } from "./quest.ts";
import type { HostedServer } from "./servers.ts";

export interface Guest {
  connection: Connection;
  /** A proxy's, whose worker has yet to say whose it is. */
  isUntold: boolean;
  readonly worker: Member;
  /** What the client speaks TLS with, by its worker's word: where it has from the first octet on, for its server. */
  spoken: Spoken | null;
  /** The client's, as long as the worker has not said that it has it: one that is lost before is nobody's fault. */
  socket: number | null;
  readonly servers: Map<number, HostedServer>;
  /** A server is being connected, or on its way to the worker: one at a time. */
  connecting: boolean;
  /** The worker waits for that, or else has one that may still do. */
  isWanting: boolean;
  /** The search for a server over TCP, since one was wanted. */
  quest: Way | null;
  /** Who counts its guesses, since it was to log in first; and whether that is asked now. */
  asking: Asking | "trusted" | null;
  isAsking: boolean;
  /** What is done when the connections to its servers are over. */
  readonly leavings: (() => void)[];
}

export function guestOf(worker: Member, socket: number, connection: Connection): Guest {
  return {
    ...{ connection, worker, socket, servers: new Map(), isUntold: connection.isUntold === true },
    ...{ connecting: false, isWanting: false, quest: null, leavings: [], spoken: null },
    ...{ asking: null, isAsking: false },
  };
}

/** Its socket is the worker's, or nobody's any more. */
export function letGo(guest: Guest): void {
  if (guest.socket !== null) close(guest.socket);
  guest.socket = null;
}

/** Their servers are ended before they see an end of input. */
export async function abortAll(guests: readonly Guest[]): Promise<void> {
  await Promise.all(guests.flatMap(({ servers }) => [...servers.values()].map((server) => server.abort())));
}
