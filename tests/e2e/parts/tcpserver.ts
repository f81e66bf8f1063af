// Knows tcpserver: the socket on 0 and 1, its own stderr on 2, the addresses in the environment.

import { Front } from "./front.ts";
import { freePort } from "./port.ts";
import { Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";

/** @param most sessions at a time; further clients wait */
export async function tcpserver(scratch: Scratch, argv: readonly string[], most = 40): Promise<Front> {
  const port = await freePort();
  // -H -R -l: no name, ident or own-name look-ups, the tests have no network.
  const service = new Service(scratch, [
    "tcpserver",
    "-H",
    "-R",
    "-l",
    "kit.test",
    "-c",
    `${most}`,
    "127.0.0.1",
    `${port}`,
    ...argv,
  ]);
  await service.listens(port);
  return new Front(scratch, service, port);
}
