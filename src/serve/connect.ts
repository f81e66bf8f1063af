// Connects to a server over TCP for somebody who may not: what comes of it is a descriptor, from which not an octet
// has been read. Knows sockets; not what is said through them.

import type { Destination } from "../io/tcp.ts";
import { within } from "../io/within.ts";
import { duplicate } from "../os/libc.ts";

/** Seconds for one address to accept. */
const PATIENCE = 10;

/** The runtime has it, its types do not. */
type Connected = Bun.Socket & { readonly fd: number; close(): void };

/**
 * @param destinations in the order in which they are tried
 * @param onFailure told why one could not be reached
 * @returns null when none could
 */
export async function connectFor(
  destinations: readonly Destination[],
  onFailure: (server: string, reason: string) => void,
): Promise<number | null> {
  for (const { host, port } of destinations) {
    const { promise: taken, resolve } = Promise.withResolvers<number>();
    let isLate = false;
    const connecting = Bun.connect({
      hostname: host,
      port,
      socket: {
        open(socket) {
          const { fd } = socket as Connected;
          resolve(isLate ? -1 : duplicate(fd));
          (socket as Connected).close();
        },
        data() {},
      },
    }).then(() => taken);
    try {
      const fd = await within(connecting, PATIENCE);
      if (fd !== null && fd >= 0) return fd;
      onFailure(`${host}:${port}`, fd === null ? "no answer in time" : "no descriptor is left");
    } catch (error) {
      onFailure(`${host}:${port}`, String((error as { code?: unknown }).code ?? error));
    }
    isLate = true;
    connecting.catch(() => {});
  }
  return null;
}
