// Knows tcpsvd of ipsvd: like tcpserver the socket on 0 and 1, its own stderr on 2, the addresses in the
// environment.

import { program } from "./missing.ts";
import { front, type SuperServer } from "./superserver.ts";

export const tcpsvd: SuperServer = {
  name: "tcpsvd",
  needs: [program("tcpsvd")],
  peer: "client",
  // -l: its own name is not looked up, the tests have no network.
  start: (scratch, argv) =>
    front(scratch, (port) => ["tcpsvd", "-l", "kit.test", "127.0.0.1", `${port}`, ...argv]),
};
