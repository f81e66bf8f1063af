// The client on descriptors 0 and 1: a socket, or two pipes. The runtime's own streams are used, not the
// node-style ones: they cost 3 ms less before the greeting, and read by demand.

import * as libc from "../os/libc.ts";
import type { Client } from "./peer.ts";
import { pipeReader, pipeWriter } from "./pipe.ts";

export function stdio(): Client {
  const { read } = pipeReader(0);
  const writing = pipeWriter(1);
  return {
    read,
    write: writing.write,
    flush: writing.flush,
    end() {
      // A socket is half-closed, so that what the client still sends does not destroy (as a reset) what it
      // has not read yet; a pipe is closed.
      if (!libc.shutdownWrite(1)) writing.end();
    },
  };
}
