// Knows the POP3 servers that run on stdin and stdout and serve /var/mail: popa3d, and the one of GNU
// mailutils. The wrapper runs them through pipes.

import type { Mail } from "./mail.ts";
import { Mailbox, mbox } from "./mailbox.ts";
import { type Need, program, root, unpacked, user } from "./missing.ts";
import { popa3d, popa3dNeeds } from "./popa3d.ts";
import type { PopServer, PopServerKind } from "./popserver.ts";
import type { Scratch } from "./scratch.ts";
import { tcpserver } from "./tcpserver.ts";
import { type Command, wrapped } from "./wrapper.ts";

interface Spool {
  readonly name: string;
  readonly needs: readonly Need[];
  command(scratch: Scratch): Command;
  /** Takes out what the server writes into the mailbox for itself. */
  clean(contents: string): string;
  /** Takes the time out of what the server tells of a message. */
  timeless?(text: string): string;
}

function kind({ name, needs, command, clean, timeless }: Spool): PopServerKind {
  return {
    name,
    needs: [program("tcpserver"), ...needs],
    start: async (scratch, mails, ...options): Promise<PopServer> => {
      const server = command(scratch);
      await using stack = new AsyncDisposableStack();
      const mailbox = stack.use(await Mailbox.with(mails));
      const alone = stack.use(await tcpserver(scratch, server.argv));
      const behind = stack.use(
        await tcpserver(scratch, wrapped("pop3", server, "--log", "none", ...options)),
      );
      const all = stack.move();
      return {
        alone: alone.port,
        behind: behind.port,
        fill: (next) => mailbox.fill(next),
        contents: () => clean(mailbox.octets()),
        whole: (next) => clean(mbox(next).toString("latin1")),
        timeless: timeless ?? ((text) => text),
        idle: () => scratch.quiet([alone.pid, behind.pid]),
        [Symbol.asyncDispose]: () => all.disposeAsync(),
      };
    },
  };
}

export const popa3dServer = kind({
  name: "popa3d",
  needs: popa3dNeeds,
  command: popa3d,
  clean: (contents) => contents,
});

const pop3d = unpacked("mailutils-pop3d", "usr/sbin/pop3d");
const popauth = unpacked("mailutils-pop3d", "usr/bin/popauth");

/** Its greeting offers APOP, and it knows the password for that. Every mail needs a mark: see `marked`. */
export const mailutilsServer = kind({
  name: "mailutils pop3d",
  needs: [pop3d, popauth, user("kituser"), root],
  command: (scratch) => {
    const passwords = `${scratch.directory("apop")}/apop.db`;
    Bun.spawnSync([popauth.path, "-c", "-o", passwords], { stdin: Buffer.from("kituser kitpass\n") });
    const conf = scratch.file("pop3d.conf", `apop-database-file "${passwords}";\n`);
    return { argv: [pop3d.path, "--inetd", `--config-file=${conf}`], user: "root" };
  },
  clean: (contents) =>
    contents.replaceAll(/^(?:Status|X-IMAPbase|X-UID): .*\n/gm, "").replaceAll(/\n{3,}(From |$)/g, "\n\n$1"), // it ends an empty text with a line of its own
  timeless: (text) => text.replaceAll(/^(X-IMAPbase:) \d+/gm, "$1 TIME"),
});

/** The mails with the unique ids a server would otherwise make up, with the time in them. */
export function marked(mails: readonly Mail[]): Mail[] {
  return mails.map((mail, index) => {
    return { ...mail, octets: Buffer.concat([Buffer.from(`X-UIDL: kit-${index + 1}\r\n`), mail.octets]) };
  });
}
