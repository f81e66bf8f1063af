// Knows exim4 as a client: sends MAIL, RCPT and the text in one write with BDAT where a server offers that,
// and puts its own Received: header before the text.

import { readFileSync } from "node:fs";
import { latin1, unixLines } from "./mail.ts";
import type { MailClient } from "./mailclient.ts";
import { program, root, user } from "./missing.ts";
import { run } from "./process.ts";
import type { Scratch } from "./scratch.ts";

export const eximClient: MailClient = {
  name: "exim4",
  needs: [program("exim4"), user("Debian-exim"), root],
  send: async (scratch, port, mail) => {
    const directories = ["client/spool", "client/log"].map((name) => scratch.directory(name));
    Bun.spawnSync(["chown", "Debian-exim:Debian-exim", ...directories]);
    const conf = scratch.file("client/exim.conf", configuration(scratch.path, port));
    const envelope = ["-f", mail.sender, "--", ...mail.recipients];
    const argv = ["exim4", "-C", conf, "-odi", "-oi", ...envelope];
    const { stderr, ...outcome } = await run(scratch, argv, { input: unixLines(mail.octets) });
    // What it says of any configuration but the machine's own.
    return { ...outcome, stderr: stderr.replace(/^.*exim user lost privilege for using -C option\n/gm, "") };
  },
  given: (sent) => {
    const text = sent.toString("latin1");
    const [trace] = /^Received: from root by client\.test (?:.|\n[ \t])*\n/.exec(text) ?? [];
    if (trace === undefined) throw new Error(`without exim's header: ${JSON.stringify(text.slice(0, 500))}`);
    return latin1(text.slice(trace.length));
  },
};

/** Whether its delivery went by BDAT, as its own log tells. Throws when there was none. */
export function wentByBdat(scratch: Scratch): boolean {
  const log = readFileSync(`${scratch.path}/client/log/mainlog`, "latin1");
  const delivery = / => .*$/m.exec(log);
  if (!delivery) throw new Error(`no delivery: ${log}`);
  return / K( |$)/.test(delivery[0]);
}

function configuration(directory: string, port: number): string {
  return `
primary_hostname = client.test
spool_directory = ${directory}/client/spool
log_file_path = ${directory}/client/log/%slog
keep_environment =

begin routers
everything:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = smtp

begin transports
smtp:
  driver = smtp
  port = ${port}
  hosts_avoid_tls = *
`;
}
