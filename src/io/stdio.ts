// The client on descriptors 0 and 1: a socket, or two pipes. The runtime's own streams are used, not the
// node-style ones: they cost 3 ms less before the greeting, and read by demand.

import * as libc from "../os/libc.ts";
import type { Client } from "./peer.ts";
import { reader } from "./reader.ts";
import { writer } from "./writer.ts";

export function stdio(): Client {
  const reading = reader(0);
  const writing = writer(1);
  libc.sendAtOnce(1);
  let over = false;
  return {
    read: async () => (over ? null : reading.read()),
    write: (octets) => writing.write(octets),
    flush: () => writing.flush(),
    isBroken: () => libc.isBroken(1),
    isReady: () => libc.isReady(0),
    end() {
      // A socket is half-closed and still read, so that what the client sends does not destroy (as a reset)
      // what it has not read yet. Pipes know no reset: both are done with.
      if (libc.shutdownWrite(1)) return;
      over = true;
      writing.end();
    },
  };
}
