// Knows socat as a super-server: it tells the program nothing (but its own SOCAT_ names). With nofork the
// program has the client's socket; without, a socket pair or pipes, and cannot know who the client is.

import { program } from "./missing.ts";
import { front, type SuperServer, script } from "./superserver.ts";

function socat(name: string, peer: SuperServer["peer"], option: string): SuperServer {
  return {
    name,
    needs: [program("socat")],
    peer,
    start: (scratch, argv) =>
      front(scratch, (port) => [
        "socat",
        `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork`,
        `EXEC:/bin/sh ${script(scratch, argv)}${option}`,
      ]),
  };
}

export const socatNofork = socat("socat with nofork", "client", ",nofork");
export const socatPair = socat("socat with a socket pair", "nobody", "");
export const socatPipes = socat("socat with pipes", "nobody", ",pipes");
