// Knows xinetd: the socket on 0, 1 AND 2, the peer's address as REMOTE_HOST.

import type { Front } from "./front.ts";
import { type Need, root, unpacked } from "./missing.ts";
import type { Scratch } from "./scratch.ts";
import { front, type SuperServer, script } from "./superserver.ts";

const xinetd = unpacked("xinetd", "usr/sbin/xinetd");

/** The command that runs a configuration, in the foreground. */
export const xinetdCommand = (scratch: { readonly path: string }, conf: string): readonly string[] => [
  xinetd.path,
  "-dontfork",
  "-filelog",
  `${scratch.path}/xinetd.log`,
  "-pidfile",
  `${scratch.path}/xinetd.pid`,
  "-f",
  conf,
];

/** It becomes the user its configuration names. */
export const xinetdNeeds: readonly Need[] = [xinetd, root];

/** @param wait `yes`: the program is given the listening socket, to accept on its own */
export function xinetdOn(
  scratch: Scratch,
  argv: readonly string[],
  wait: "yes" | "no" = "no",
): Promise<Front> {
  return front(scratch, (port) => {
    const conf = `service kit
{
  type = UNLISTED
  socket_type = stream
  protocol = tcp
  wait = ${wait}
  user = root
  bind = 127.0.0.1
  port = ${port}
  server = /bin/sh
  server_args = ${script(scratch, argv)}
}
`;
    return xinetdCommand(scratch, scratch.file("xinetd.conf", conf));
  });
}

export const xinetdServer: SuperServer = {
  name: "xinetd",
  needs: xinetdNeeds,
  peer: "client",
  start: xinetdOn,
};
