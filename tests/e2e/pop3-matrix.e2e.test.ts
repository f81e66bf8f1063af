// Every POP3 client against every POP3 server, through the built program: the client gets what it gets
// without the wrapper, octet for octet, and leaves the mailbox as it leaves it without the wrapper.

import { describe, expect } from "bun:test";
import { curlPop } from "./parts/curl.ts";
import { dovecotServer } from "./parts/dovecot.ts";
import { fetchmailDelete, fetchmailKeep } from "./parts/fetchmail.ts";
import { letter, trickyLetter } from "./parts/mail.ts";
import { delivered } from "./parts/mailbox.ts";
import { built, part } from "./parts/missing.ts";
import { mpopDelete, mpopKeep } from "./parts/mpop.ts";
import { muttDelete, muttKeep } from "./parts/mutt.ts";
import type { PopClient } from "./parts/popclient.ts";
import { poplib } from "./parts/poplib.ts";
import type { PopServerKind } from "./parts/popserver.ts";
import { Scratch } from "./parts/scratch.ts";
import { mailutilsServer, marked, popa3dServer } from "./parts/spool.ts";
import { thunderbirdDelete, thunderbirdKeep } from "./parts/thunderbird.ts";

const names = ["one", "two", "three", "four", "five"];
const letters = [
  trickyLetter("one"),
  letter("short\r\n", "two"),
  letter("", "three"),
  letter("\r\n\r\n.\r\n", "four"),
  trickyLetter("five"),
];
const mails = marked(letters.map(delivered));

const keeping = [curlPop, poplib, mpopKeep, fetchmailKeep, muttKeep, thunderbirdKeep];
const deleting = [mpopDelete, fetchmailDelete, muttDelete, thunderbirdDelete];

const all = [...keeping, ...deleting];
const servers = [
  { kind: popa3dServer, options: [], clients: all },
  { kind: mailutilsServer, options: [], clients: all },
  { kind: dovecotServer, options: [], clients: all },
  // Those that use AUTH when it is offered.
  { kind: dovecotServer, options: ["--auth", "pass"], clients: [curlPop, muttKeep, thunderbirdDelete] },
];

for (const { kind, options, clients } of servers) {
  describe(`A mailbox of ${[kind.name, ...options].join(" ")} is fetched octet for octet`, () => {
    for (const client of clients) {
      part(`by ${client.name} as without the wrapper`, [built, ...kind.needs, ...client.needs], async () => {
        await using scratch = new Scratch();
        await using server = await kind.start(scratch, mails, ...options);
        const fetched = async (port: number) => {
          server.fill(mails);
          const got = await client.fetch(scratch, port, mails.length);
          await server.idle();
          return { got: got.map(server.timeless), left: server.contents() };
        };
        const reference = await fetched(server.alone);
        const through = await fetched(server.behind);
        expect(through.got).toEqual(reference.got);
        expect(through.left).toBe(reference.left);
        // Not the same nothing twice: all of it was fetched, and only who deletes has deleted.
        expect(subjects(through.got)).toEqual([...names].sort());
        if (!losesText(kind, client)) expect(through.got.join("\n")).toContain("y".repeat(987));
        expect(through.left).toBe(deleting.includes(client) ? "" : server.whole(mails));
      });
    }
  });
}

/** Of the mails that were fetched, whatever form a client keeps them in. */
function subjects(got: readonly string[]): string[] {
  const found = got.join("\n").matchAll(/Subject: ([a-z]+)/g);
  return [...new Set([...found].map(([, subject]) => subject!))].sort();
}

/** The pop3d of mailutils 3.15 answers RETR with the header alone after a TOP of no lines, as mutt asks. */
function losesText(kind: PopServerKind, client: PopClient): boolean {
  return kind === mailutilsServer && [muttKeep, muttDelete].includes(client);
}
