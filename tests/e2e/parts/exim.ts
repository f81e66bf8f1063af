// Knows exim4 with a spool of its own: the smallest configuration that behaves like Debian's. It takes
// local domains from everybody and everything from local submitters, which is what it believes a client
// on a pipe to be. Delivered is into one Maildir, whatever the domain, so that relaying would show.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mail } from "./mail.ts";
import type { MailServer, MailServerKind } from "./mailserver.ts";
import { program, root, user } from "./missing.ts";
import type { Scratch } from "./scratch.ts";

function start(scratch: Scratch): MailServer {
  const directories = ["spool", "log", "mail"].map((name) => scratch.directory(name));
  Bun.spawnSync(["chown", "Debian-exim:Debian-exim", ...directories]);
  const conf = scratch.file("exim.conf", configuration(scratch.path));
  // -odi: the delivery belongs to the session, so the end of the session is the end of the delivery.
  const argv = ["/usr/sbin/exim4", "-C", conf, "-odi", "-bs"];
  return {
    alone: { argv, user: "root" },
    // -oMa tells exim what its stdin cannot: that this is a remote client, and which.
    behind: { argv: [...argv, "-oMa", "{client_ip}.{client_port}"], user: "root" },
    stored: () => {
      const waiting = names(join(scratch.path, "spool/input")).filter((name) => name.endsWith("-H"));
      if (waiting.length > 0) throw new Error(`not delivered yet: ${waiting}`);
      return mailbox(scratch).map(parse);
    },
  };
}

/** What exim has delivered, with the headers it adds. */
export function mailbox(scratch: Scratch): string[] {
  const directory = join(scratch.path, "mail/new");
  return names(directory).map((name) => readFileSync(join(directory, name), "latin1"));
}

/** Exim makes its directories when it first needs them. */
function names(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

/** Takes off exactly the three headers this exim adds, in the order it adds them. */
const added = /^Return-path: <(.*)>\nEnvelope-to: ((?:.|\n[ \t])*)\nReceived: (?:.|\n[ \t])*\n/;

function parse(text: string): Mail {
  const [all, sender, recipients] = added.exec(text) ?? [];
  if (all === undefined) throw new Error(`without exim's headers: ${JSON.stringify(text.slice(0, 500))}`);
  return {
    sender: sender!,
    recipients: recipients!.split(/,\s*/),
    octets: Buffer.from(text.slice(all.length), "latin1"),
  };
}

function configuration(directory: string): string {
  return `
primary_hostname = exim.test
spool_directory = ${directory}/spool
log_file_path = ${directory}/log/%slog
domainlist local_domains = kit.test
acl_smtp_rcpt = recipients
tls_advertise_hosts =
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =

begin acl
recipients:
  accept hosts = :
  accept domains = +local_domains
  deny   message = relay not permitted

begin routers
everything:
  driver = accept
  transport = maildir

begin transports
maildir:
  driver = appendfile
  directory = ${directory}/mail
  maildir_format
  user = Debian-exim
  batch_max = 100
  return_path_add
  envelope_to_add
`;
}

export const exim: MailServerKind = {
  name: "exim4",
  needs: [program("exim4"), user("Debian-exim"), root],
  start,
};
