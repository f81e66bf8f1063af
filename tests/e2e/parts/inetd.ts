// Knows openbsd-inetd: the socket on 0, 1 AND 2, nothing in the environment about the peer.

import { Front } from "./front.ts";
import { type Need, program, root } from "./missing.ts";
import { freePort } from "./port.ts";
import { Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";
import { shellCommand } from "./shell.ts";

/** @param mode `wait`: the program is given the listening socket, to accept on its own */
export async function inetd(
  scratch: Scratch,
  argv: readonly string[],
  mode: "nowait" | "wait" = "nowait",
): Promise<Front> {
  const port = await freePort();
  // A script, because inetd's configuration knows no quotes and at most 20 words.
  const script = scratch.file(`inetd-${port}.sh`, `exec ${shellCommand(argv)}\n`);
  const line = `127.0.0.1:${port} stream tcp ${mode} root /bin/sh sh ${script}\n`;
  const conf = scratch.file(`inetd-${port}.conf`, line);
  const service = new Service(scratch, ["/usr/sbin/inetd", "-i", "-E", conf]);
  await service.listens(port);
  return new Front(scratch, service, port);
}

/** It becomes the user its configuration names. */
export const inetdNeeds: readonly Need[] = [program("inetd"), root];
