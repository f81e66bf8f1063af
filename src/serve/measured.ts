// A server whose replies are timed: from the last octet it was told, or from its start, to the first that it says. Knows
// a clock; not what is said.

import type { Server } from "../io/peer.ts";

/** @param observe told seconds */
export function measured(server: Server, observe: (seconds: number) => void): Server {
  let since: number | null = performance.now();
  const { guard } = server;
  return {
    async read() {
      const octets = await server.read();
      if (octets !== null && since !== null) {
        observe((performance.now() - since) / 1000);
        since = null;
      }
      return octets;
    },
    write(octets) {
      since = performance.now();
      server.write(octets);
    },
    ...(guard === undefined ? {} : { guard: (message: boolean) => guard.call(server, message) }),
    flush: () => server.flush(),
    end: () => server.end(),
    howLost: () => server.howLost(),
    abort: () => server.abort(),
    leave: (patience) => server.leave(patience),
  };
}
