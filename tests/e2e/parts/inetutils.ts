// Knows the inetd of GNU inetutils: the socket on 0, 1 AND 2, nothing in the environment about the peer.

import { root, unpacked } from "./missing.ts";
import { front, type SuperServer, script } from "./superserver.ts";

const inetd = unpacked("inetutils-inetd", "usr/sbin/inetutils-inetd");

/** The command that runs a configuration, in the foreground, without the machine's own. */
export const inetutilsCommand = (scratch: { readonly path: string }, conf: string): readonly string[] => [
  inetd.path,
  "--debug",
  `--pidfile=${scratch.path}/inetutils.pid`,
  conf,
];

export const inetutils: SuperServer = {
  name: "inetutils-inetd",
  needs: [inetd, root],
  peer: "client",
  start: (scratch, argv) =>
    front(scratch, (port) => {
      const program = `/bin/sh sh ${script(scratch, argv)}`;
      const conf = scratch.file("inetutils.conf", `127.0.0.1:${port} stream tcp nowait root ${program}\n`);
      return inetutilsCommand(scratch, conf);
    }),
};
