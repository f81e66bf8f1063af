// Knows stunnel, which takes TLS off and starts a program: on 0 and 1 a TCP connection over the loopback to
// stunnel itself, its own stderr on 2, and the peer as REMOTE_HOST and REMOTE_PORT.

import { program } from "./missing.ts";
import { run } from "./process.ts";
import { front, type SuperServer, script } from "./superserver.ts";

export const stunnel: SuperServer = {
  name: "stunnel",
  needs: [program("stunnel4"), program("openssl")],
  peer: "super-server",
  tls: true,
  start: (scratch, argv) =>
    front(scratch, async (port) => {
      const [key, certificate] = [`${scratch.path}/key.pem`, `${scratch.path}/certificate.pem`];
      const kind = ["-x509", "-subj", "/CN=kit.test", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
      await run(scratch, ["openssl", "req", ...kind, "-noenc", "-keyout", key, "-out", certificate]);
      const conf = `foreground = yes
pid =
cert = ${certificate}
key = ${key}
[kit]
accept = 127.0.0.1:${port}
exec = /bin/sh
execArgs = sh ${script(scratch, argv)}
`;
      return ["stunnel4", scratch.file("stunnel.conf", conf)];
    }),
};
