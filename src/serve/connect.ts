// Connects to a server over TCP for somebody who may not: what comes of it is a descriptor, from which not an octet
// has been read. Knows sockets; not what is said through them.

import { addressOf, type Destination, reasonOf } from "../io/tcp.ts";
import { within } from "../io/within.ts";
import { duplicate } from "../os/libc.ts";
import { boundTo, type Endpoint } from "../os/peer.ts";

/** Seconds for one address to accept. */
const PATIENCE = 10;

/** The runtime has it, its types do not. */
type Connection = Bun.Socket & { readonly fd: number; close(): void };

export interface Connected {
  readonly socket: number;
  /** Our end of it. */
  readonly from: Endpoint;
  readonly destination: Destination;
  readonly left: readonly Destination[];
}

/**
 * @param destinations in the order in which they are tried
 * @param onFailure told why one could not be reached
 * @returns the first that could, and those that were not tried; null when none could
 */
export async function connectFor(
  destinations: readonly Destination[],
  onFailure: (server: string, reason: string) => void,
): Promise<Connected | null> {
  for (const [index, destination] of destinations.entries()) {
    const { host, port } = destination;
    const where = addressOf(destination);
    const { promise: taken, resolve } = Promise.withResolvers<number>();
    let isLate = false;
    const connecting = Bun.connect({
      hostname: host,
      port,
      socket: {
        open(socket) {
          const { fd } = socket as Connection;
          resolve(isLate ? -1 : duplicate(fd));
          (socket as Connection).close();
        },
        data() {},
      },
    }).then(() => taken);
    try {
      const fd = await within(connecting, PATIENCE);
      if (fd !== null && fd >= 0)
        return { socket: fd, from: boundTo(fd), destination, left: destinations.slice(index + 1) };
      onFailure(where, fd === null ? "no answer in time" : "no descriptor is left");
    } catch (error) {
      onFailure(where, reasonOf(error));
    }
    isLate = true;
    connecting.catch(() => {});
  }
  return null;
}
