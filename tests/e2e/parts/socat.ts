// Knows socat as a super-server. With nofork the program has the client's socket; without, a socket pair or
// pipes, and is told in names of socat's own who the client is.

import { program } from "./missing.ts";
import { front, type SuperServer, script } from "./superserver.ts";

function socat(name: string, option: string): SuperServer {
  return {
    name,
    needs: [program("socat")],
    peer: "client",
    start: (scratch, argv) =>
      front(scratch, (port) => [
        "socat",
        `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork`,
        `EXEC:/bin/sh ${script(scratch, argv)}${option}`,
      ]),
  };
}

export const socatNofork = socat("socat with nofork", ",nofork");
export const socatPair = socat("socat with a socket pair", "");
export const socatPipes = socat("socat with pipes", ",pipes");
