// Knows Postfix, unpacked beside the machine's own mail server, with a queue of its own. `sendmail -bs` puts
// what it takes into the maildrop, which is where the tests look; a whole Postfix to deliver it can be started
// afterwards.

import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Identity } from "./authority.ts";
import { until } from "./deadline.ts";
import type { Mail } from "./mail.ts";
import type { MailServer, MailServerKind } from "./mailserver.ts";
import { root, unpacked, user } from "./missing.ts";
import { Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";
import { nobody } from "./wrapper.ts";

const sendmail = unpacked("postfix", "usr/sbin/sendmail");
const programs = dirname(sendmail.path);
const libraries = resolve(programs, "../lib/postfix");

function start(scratch: Scratch): MailServer {
  const queue = scratch.directory("postfix/queue");
  scratch.directory("postfix/etc");
  owned(queue, "nobody", ["maildrop"]);
  // It waits for two quiet seconds before it reads a file that has just been changed.
  utimesSync(scratch.file("postfix/etc/main.cf", mainConfiguration(scratch.path)), 0, 0);
  scratch.file("postfix/etc/master.cf", masterConfiguration);
  // Anybody's sendmail: on an installed Postfix postdrop is set-gid, here the maildrop is nobody's own.
  const argv = ["/usr/bin/env", ...variables(scratch), sendmail.path, "-bs"];
  return {
    // On a client's own socket it wants to be the user of a whole running Postfix.
    alone: { argv: ["/bin/sh", "-c", 'cat | "$@" | cat', "sh", ...argv], user: "root" },
    behind: { argv, user: "nobody" },
    stored: () => {
      const directory = join(queue, "maildrop");
      // While it is being written to, a file is not executable; nobody would ever deliver it.
      const whole = (name: string) => (statSync(join(directory, name)).mode & 0o100) !== 0;
      return readdirSync(directory)
        .filter(whole)
        .sort()
        .map((name) => parse(postcat(scratch, join(directory, name))));
    },
  };
}

/** Has a whole Postfix deliver what was stored. Returns the delivered mails, as they are in the mailbox. */
export async function delivered(scratch: Scratch, count: number): Promise<string[]> {
  const environment = ["/usr/bin/env", ...variables(scratch)];
  const queue = join(scratch.path, "postfix/queue");
  own(scratch);
  await using _ = new Service(scratch, [...environment, `${libraries}/sbin/master`, "-d"]);
  const directory = join(scratch.path, "postfix/mail/box/new");
  const files = await until(
    `${count} mails delivered by postfix`,
    () => {
      const found = entries(directory);
      return found.length >= count && entries(join(queue, "maildrop")).length === 0 ? found : undefined;
    },
    10_000,
  );
  return files.map((name) => readFileSync(join(directory, name), "latin1"));
}

/** A whole Postfix that takes mail over the network, and TLS when it is asked for it; the mailbox is as above. */
export async function smtpd(scratch: Scratch, port: number, identity: Identity, more = ""): Promise<Service> {
  start(scratch);
  const tls = `smtpd_tls_security_level = may
smtpd_tls_cert_file = ${identity.certificate}
smtpd_tls_key_file = ${identity.key}
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_received_header = yes
maillog_file = ${scratch.path}/postfix.log
maillog_file_prefixes = ${scratch.path}
`;
  utimesSync(scratch.file("postfix/etc/main.cf", mainConfiguration(scratch.path) + tls + more), 0, 0);
  const listens = `127.0.0.1:${port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
`;
  scratch.file("postfix/etc/master.cf", masterConfiguration + listens);
  own(scratch);
  const service = new Service(scratch, [
    ...["/usr/bin/env", ...variables(scratch)],
    ...[`${libraries}/sbin/master`, "-d"],
  ]);
  await service.listens(port);
  return service;
}

/**
 * The same on a host of its own, for mail from anywhere, and without TLS.
 * @param service the line of its master.cf that says where
 * @returns its command line
 */
export function hosted(scratch: Scratch, service: string): string[] {
  start(scratch);
  const open = mainConfiguration(scratch.path)
    .replace("inet_interfaces = loopback-only", "inet_interfaces = all")
    .replace("inet_protocols = ipv4", "inet_protocols = all");
  const more = `smtpd_relay_restrictions = reject_unauth_destination
maillog_file = ${scratch.path}/postfix.log
maillog_file_prefixes = ${scratch.path}
`;
  utimesSync(scratch.file("postfix/etc/main.cf", open + more), 0, 0);
  const besides = "postlog unix-dgram n - n - 1 postlogd\nanvil unix - - n - 1 anvil\n";
  scratch.file("postfix/etc/master.cf", `${masterConfiguration}${service}\n${besides}`);
  own(scratch);
  return ["/usr/bin/env", ...variables(scratch), `${libraries}/sbin/master`, "-d"];
}

/** What was delivered so far. */
export function mailbox(scratch: Scratch): string[] {
  const directory = join(scratch.path, "postfix/mail/box/new");
  return entries(directory).map((name) => readFileSync(join(directory, name), "latin1"));
}

/** Each directory is of whom a whole Postfix wants it to be of. */
function own(scratch: Scratch): void {
  const queue = join(scratch.path, "postfix/queue");
  owned(queue, "nobody", ["../mail"]);
  owned(queue, "root", ["pid"]);
  const queues = ["active", "bounce", "corrupt", "defer", "deferred", "hold", "incoming", "trace"];
  owned(queue, "kituser", ["../data", "maildrop", "public", "private", ...queues]);
}

function owned(parent: string, owner: string, names: readonly string[]): void {
  for (const name of names) {
    const directory = join(parent, name);
    mkdirSync(directory, { recursive: true });
    if (root.there) Bun.spawnSync(["chown", owner, directory]);
  }
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Programs that are not where they were built for: they find their libraries and their configuration here. */
function variables(scratch: Scratch): string[] {
  return [`LD_LIBRARY_PATH=${libraries}`, `MAIL_CONFIG=${scratch.path}/postfix/etc`];
}

interface QueueFile {
  readonly envelope: string;
  readonly text: string;
}

function postcat(scratch: Scratch, path: string): QueueFile {
  const show = (what: string) => {
    const argv = ["/usr/bin/env", ...variables(scratch), `${programs}/postcat`, what, path];
    const { success, stdout, stderr } = Bun.spawnSync(argv, { env: scratch.env });
    if (!success) throw new Error(`postcat: ${stderr}`);
    return stdout.toString("latin1");
  };
  return { envelope: show("-e"), text: show("-bh") };
}

/** Takes off exactly the one header this Postfix adds. */
const added = /^Received: (?:.|\n[ \t])*\n/;

function parse({ envelope, text }: QueueFile): Mail {
  const [trace] = added.exec(text) ?? [];
  if (trace === undefined) throw new Error(`without Postfix' header: ${JSON.stringify(text.slice(0, 500))}`);
  return {
    sender: /^sender: (.*)$/m.exec(envelope)?.[1] ?? "",
    recipients: [...envelope.matchAll(/^recipient: (.*)$/gm)].map(([, recipient]) => recipient!),
    octets: Buffer.from(text.slice(trace.length), "latin1"),
  };
}

/** Takes mail for every domain, as it does from all local submitters; all of it goes into one Maildir. */
function mainConfiguration(directory: string): string {
  return `
compatibility_level = 3.6
command_directory = ${programs}
daemon_directory = ${libraries}/sbin
shlib_directory = ${libraries}
queue_directory = ${directory}/postfix/queue
data_directory = ${directory}/postfix/data
import_environment = LD_LIBRARY_PATH MAIL_CONFIG
export_environment = LD_LIBRARY_PATH MAIL_CONFIG
mail_owner = kituser
setgid_group = mail
default_privs = nobody
myhostname = postfix.test
inet_interfaces = loopback-only
inet_protocols = ipv4
mydestination =
local_recipient_maps =
alias_maps =
message_size_limit = 100000000
virtual_mailbox_limit = 0
queue_minfree = 0
virtual_mailbox_domains = static:all
virtual_mailbox_base = ${directory}/postfix/mail
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:${nobody}
virtual_gid_maps = static:${nobody}
`;
}

/** No service that listens to the network. */
const masterConfiguration = `
pickup    unix  n - n 1 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 1 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
error     unix  - - n - - error
proxymap  unix  - - n - - proxymap
virtual   unix  - n n - - virtual
`;

export const postfix: MailServerKind = {
  name: "postfix",
  // Its configuration has to name some user for it to be.
  needs: [sendmail, user("kituser")],
  start,
};

/** Only root can start a whole Postfix. */
export const postfixDelivery = [...postfix.needs, root] as const;
