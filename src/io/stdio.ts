// The client on descriptors: 0 and 1, a socket or two pipes, or a socket that was passed to us. The runtime's own
// streams are used, not the node-style ones: they cost 3 ms less before the greeting, and read by demand.

import * as libc from "../os/libc.ts";
import type { Client } from "./peer.ts";
import { reader } from "./reader.ts";
import { writer } from "./writer.ts";

/** The client of a process that has one. */
export function stdio(): Client {
  return clientOn(0, 1);
}

export interface DescriptorClient extends Client {
  /** Closes both descriptors: whoever has one client only need not. */
  close(): void;
}

/** @param input is read, and @param output written: two descriptors, perhaps of one socket */
export function clientOn(input: number, output: number): DescriptorClient {
  const reading = reader(input);
  const writing = writer(output);
  libc.sendAtOnce(output);
  let over = false;
  return {
    read: async () => (over ? null : reading.read()),
    write: (octets) => writing.write(octets),
    flush: () => writing.flush(),
    isBroken: () => libc.isBroken(output),
    isReady: () => libc.isReady(input),
    end() {
      // A socket is half-closed and still read, so that what the client sends does not destroy (as a reset)
      // what it has not read yet. Pipes know no reset: both are done with.
      if (libc.shutdownWrite(output)) return;
      over = true;
      writing.end();
    },
    close() {
      over = true;
      reading.cancel();
      writing.cancel();
    },
  };
}
