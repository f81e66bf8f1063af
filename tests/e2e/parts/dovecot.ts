// Knows Dovecot, POP3 and IMAP over TCP on free ports, with a configuration, a run directory, a user and a
// Maildir of its own.

import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Identity } from "./authority.ts";
import { until } from "./deadline.ts";
import { type Mail, unixLines } from "./mail.ts";
import { type Need, program, root, unpacked, user } from "./missing.ts";
import type { PopServerKind } from "./popserver.ts";
import { freePort } from "./port.ts";
import { Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";
import { tcpserver } from "./tcpserver.ts";
import { connected } from "./wrapper.ts";

const pop3 = unpacked("dovecot-pop3d", "usr/lib/dovecot/pop3");
const pop3Login = unpacked("dovecot-pop3d", "usr/lib/dovecot/pop3-login");
const submission = unpacked("dovecot-submissiond", "usr/lib/dovecot/submission");
const submissionLogin = unpacked("dovecot-submissiond", "usr/lib/dovecot/submission-login");
const imap: Need = { name: "dovecot-imapd", there: Bun.which("/usr/lib/dovecot/imap-login") !== null };

export const dovecotNeeds: readonly Need[] = [program("dovecot"), pop3, imap, user("kituser"), root];

export const submissionNeeds: readonly Need[] = [...dovecotNeeds, submission, submissionLogin];

/** For a configuration: mail is taken from users, too, on this port. Nobody is there to whom it would be passed on. */
export async function withSubmission(more: string): Promise<readonly [port: number, more: string]> {
  const port = await freePort();
  const configuration = `
protocols = pop3 imap submission
submission_relay_host = 127.0.0.1
submission_relay_port = 9
hostname = dovecot.test
service submission-login {
  executable = ${submissionLogin.path}
  inet_listener submission {
    port = ${port}
  }
}
service submission {
  executable = ${submission.path}
}
`;
  return [port, configuration + more];
}

export class Dovecot implements AsyncDisposable {
  readonly pop3Port: number;
  readonly imapPort: number;
  /** TLS from the first octet on, where it was given an identity; then the other ports have STARTTLS and STLS. */
  readonly pop3sPort: number;
  readonly pid: number;
  readonly #service: Service;
  readonly #maildir: string;

  private constructor(service: Service, maildir: string, ports: readonly [number, number, number]) {
    this.#service = service;
    this.#maildir = maildir;
    this.pid = service.pid;
    [this.pop3Port, this.imapPort, this.pop3sPort] = ports;
  }

  static async with(
    scratch: Scratch,
    mails: readonly Mail[],
    identity: Identity | null = null,
    more = "",
  ): Promise<Dovecot> {
    const [pop3Port, imapPort, pop3sPort] = [await freePort(), await freePort(), await freePort()];
    const [id, group] = ["-u", "-g"].map((which) =>
      `${Bun.spawnSync(["id", which, "kituser"]).stdout}`.trim(),
    );
    scratch.file("users", `kituser:{PLAIN}kitpass:${id}:${group}::${scratch.path}\n`);
    const conf = scratch.file(
      "dovecot.conf",
      configuration(scratch.path, pop3Port, imapPort) + tls(identity, pop3sPort) + more,
    );
    const service = new Service(scratch, ["dovecot", "-F", "-c", conf]);
    const dovecot = new Dovecot(service, `${scratch.path}/Maildir`, [pop3Port, imapPort, pop3sPort]);
    try {
      dovecot.fill(mails);
      await service.listens(pop3Port);
      await service.listens(imapPort);
      return dovecot;
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  fill(mails: readonly Mail[]): void {
    rmSync(this.#maildir, { recursive: true, force: true });
    Bun.spawnSync(["mkdir", "-p", ...["cur", "new", "tmp"].map((name) => join(this.#maildir, name))]);
    for (const [name, octets] of files(mails)) writeFileSync(join(this.#maildir, "cur", name), octets);
    Bun.spawnSync(["chown", "-R", "kituser:", this.#maildir]);
  }

  contents(): string {
    const found = ["cur", "new"].flatMap((folder) => {
      const directory = join(this.#maildir, folder);
      return readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))] as const);
    });
    return shown(found.sort());
  }

  whole(mails: readonly Mail[]): string {
    return shown(files(mails));
  }

  /** Waits until no process of Dovecot's serves anybody. */
  idle(): Promise<unknown> {
    return until("end of Dovecot's sessions", () => (this.#serves() ? undefined : true), 8_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
  }

  /** They drop their arguments and their environment, but not their parent. */
  #serves(): boolean {
    const children = Bun.spawnSync(["ps", "--ppid", `${this.pid}`, "-o", "args="]).stdout.toString();
    return /^dovecot\S*\/(?:pop3|imap|managesieve)/m.test(children);
  }
}

/** Numbered, so that the messages' order is the mails', and their unique ids are always the same. */
function files(mails: readonly Mail[]): [name: string, octets: Buffer][] {
  return mails.map((mail, index) => [`${1_000_000 + index}.kit:2,`, unixLines(mail.octets)]);
}

/** Without the flags in the names: a server may note what was read. */
function shown(messages: readonly (readonly [name: string, octets: Buffer])[]): string {
  return messages.map(([, octets]) => octets.toString("latin1")).join("\0");
}

function configuration(path: string, pop3Port: number, imapPort: number): string {
  return `
protocols = pop3 imap
base_dir = ${path}/run
state_dir = ${path}/run
instance_name = ${path.replace(/^.*\//, "")}
log_path = ${path}/dovecot.log
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
version_ignore = yes
pop3_uidl_format = %f
mail_location = maildir:${path}/Maildir
passdb {
  driver = passwd-file
  args = ${path}/users
}
userdb {
  driver = passwd-file
  args = ${path}/users
}
service pop3-login {
  executable = ${pop3Login.path}
  inet_listener pop3 {
    port = ${pop3Port}
  }
  inet_listener pop3s {
    port = 0
  }
}
service pop3 {
  executable = ${pop3.path}
}
service imap-login {
  inet_listener imap {
    port = ${imapPort}
  }
  inet_listener imaps {
    port = 0
  }
}
`;
}

function tls(identity: Identity | null, pop3sPort: number): string {
  if (identity === null) return "";
  return `
ssl = yes
ssl_cert = <${identity.certificate}
ssl_key = <${identity.key}
service pop3-login {
  inet_listener pop3s {
    port = ${pop3sPort}
    ssl = yes
  }
}
`;
}

export const dovecotServer: PopServerKind = {
  name: "dovecot over TCP",
  needs: [program("tcpserver"), ...dovecotNeeds],
  start: async (scratch, mails, ...options) => {
    await using stack = new AsyncDisposableStack();
    const dovecot = stack.use(await Dovecot.with(scratch, mails));
    const behind = stack.use(
      await tcpserver(scratch, connected("pop3", dovecot.pop3Port, "--log", "none", ...options)),
    );
    const all = stack.move();
    return {
      alone: dovecot.pop3Port,
      behind: behind.port,
      fill: (next) => dovecot.fill(next),
      contents: () => dovecot.contents(),
      whole: (next) => dovecot.whole(next),
      timeless: (text) => text,
      idle: async () => {
        await scratch.quiet([behind.pid, dovecot.pid]);
        await dovecot.idle();
      },
      [Symbol.asyncDispose]: () => all.disposeAsync(),
    };
  },
};
