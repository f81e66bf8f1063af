// Knows xinetd: the socket on 0, 1 AND 2, the peer's address as REMOTE_HOST.

import { root, unpacked } from "./missing.ts";
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

export const xinetdServer: SuperServer = {
  name: "xinetd",
  needs: [xinetd, root],
  peer: "client",
  start: (scratch, argv) =>
    front(scratch, (port) => {
      const conf = `service kit
{
  type = UNLISTED
  socket_type = stream
  protocol = tcp
  wait = no
  user = root
  bind = 127.0.0.1
  port = ${port}
  server = /bin/sh
  server_args = ${script(scratch, argv)}
}
`;
      return xinetdCommand(scratch, scratch.file("xinetd.conf", conf));
    }),
};
