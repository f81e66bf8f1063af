// Knows rsyslogd: one that listens on UDP, TCP and a socket of its own and writes down what it understood,
// each line as "facility severity name pid message", and as Debian's files have it.

import { chmodSync, existsSync, readFileSync } from "node:fs";
import { until } from "./deadline.ts";
import { type Need, program, root } from "./missing.ts";
import { freePort } from "./port.ts";
import { Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";

export interface Rsyslog extends AsyncDisposable {
  /** The port, of both. */
  readonly port: number;
  readonly socket: string;
  /** What was written so far. */
  lines(): string[];
  /** The same as Debian's /var/log/mail.log has it. */
  readonly file: string;
}

/** @param port the one of an earlier rsyslogd, whose place this one takes */
export async function rsyslog(scratch: Scratch, port?: number): Promise<Rsyslog> {
  const at = port ?? (await freePort());
  const [socket, file, traditional] = ["syslog.sock", "syslog", "mail.log"].map(
    (name) => `${scratch.path}/${name}`,
  ) as [string, string, string];
  const format = "%syslogfacility-text% %syslogseverity-text% %programname% %procid%%msg%\\n";
  const conf = scratch.file(
    "rsyslog.conf",
    `global(workDirectory="${scratch.path}")
module(load="imudp")
module(load="imtcp")
module(load="imuxsock" SysSock.Use="off")
input(type="imudp" address="127.0.0.1" port="${at}")
input(type="imtcp" address="127.0.0.1" port="${at}")
input(type="imuxsock" Socket="${socket}" RateLimit.Interval="0")
template(name="understood" type="string" string="${format}")
action(type="omfile" file="${traditional}" template="RSYSLOG_TraditionalFileFormat")
action(type="omfile" file="${file}" template="understood")
`,
  );
  const service = new Service(scratch, ["/usr/sbin/rsyslogd", "-n", "-iNONE", "-f", conf]);
  await service.listens(at);
  await until("the socket of rsyslogd", () => existsSync(socket) || undefined);
  chmodSync(socket, 0o666);
  return {
    port: at,
    socket,
    file: traditional,
    lines: () => (existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : []),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

export const rsyslogNeeds: readonly Need[] = [program("rsyslogd"), root];
