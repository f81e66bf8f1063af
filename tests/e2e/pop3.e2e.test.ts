// A mailbox fetched by real clients from a real server, through the built program: the client gets what it
// gets without the wrapper, and only QUIT deletes.

import { describe, expect } from "bun:test";
import { type Conversation, dial, pop3Status } from "./parts/conversation.ts";
import { curlPop } from "./parts/curl.ts";
import { inetd, inetdNeeds } from "./parts/inetd.ts";
import { letter, type Mail, stuffed, trickyLetter, unixLines } from "./parts/mail.ts";
import { delivered, Mailbox, mbox } from "./parts/mailbox.ts";
import { built, part, program } from "./parts/missing.ts";
import { mpopDelete, mpopKeep } from "./parts/mpop.ts";
import { pipe } from "./parts/pipe.ts";
import { popa3d, popa3dNeeds } from "./parts/popa3d.ts";
import { poplib } from "./parts/poplib.ts";
import { Scratch } from "./parts/scratch.ts";
import { recorded } from "./parts/status.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { wrapped } from "./parts/wrapper.ts";

const mails = [
  trickyLetter("one"),
  letter("short\r\n", "two"),
  letter("", "three"),
  letter("\r\n\r\n.\r\n", "four"),
  trickyLetter("five"),
].map(delivered);
const needs = [built, program("tcpserver"), ...popa3dNeeds];
const behind = (scratch: Scratch) => wrapped("pop3", popa3d(scratch), "--log", "none");

describe("A mailbox of popa3d is fetched octet for octet", () => {
  for (const client of [curlPop, poplib, mpopKeep, mpopDelete]) {
    part(`by ${client.name} through the wrapper as without it`, [...needs, ...client.needs], async () => {
      await using scratch = new Scratch();
      await using mailbox = await Mailbox.with(mails);
      await using alone = await tcpserver(scratch, popa3d(scratch).argv);
      await using wrapper = await tcpserver(scratch, behind(scratch));
      const [reference, got] = [[] as string[], [] as string[]];
      const [left, kept] = [[] as string[], [] as string[]];
      for (const [port, into, after] of [
        [alone.port, reference, left],
        [wrapper.port, got, kept],
      ] as const) {
        mailbox.fill(mails);
        into.push(...(await client.fetch(scratch, port, mails.length)));
        await scratch.quiet([alone.pid, wrapper.pid]);
        after.push(mailbox.octets());
      }
      expect(got).toEqual(reference);
      expect(kept).toEqual(left);
      expect(left).toEqual([client === mpopDelete ? "" : mbox(mails).toString("latin1")]);
      // Not the same emptiness twice: what was fetched is what was in the mailbox.
      if (client !== poplib) expect(got.filter((text) => isMail(text, mails)).length).toBe(mails.length);
    });
  }

  part("through openbsd-inetd, whose fd 2 is the client", [...needs, ...inetdNeeds], async () => {
    await using scratch = new Scratch();
    await using _mailbox = await Mailbox.with(mails);
    await using listener = await inetd(scratch, behind(scratch));
    const got = await curlPop.fetch(scratch, listener.port, mails.length);
    expect(got.slice(1)).toEqual(mails.map((mail) => mail.octets.toString("latin1")));
    await listener.sessionsEnd();
  });

  part("through bare pipes", needs, async () => {
    await using scratch = new Scratch();
    await using _mailbox = await Mailbox.with(mails);
    await using client = pipe(scratch, behind(scratch));
    await login(client.talk);
    for (const [index, mail] of mails.entries()) {
      expect(await client.talk.ask(`RETR ${index + 1}`, pop3Status)).toStartWith("+OK");
      const text = await client.talk.read(/^(?:.*\r\n)*?\.\r\n/);
      expect(text).toBe(stuffed(mail.octets).toString("latin1"));
    }
    expect(await client.talk.ask("QUIT", pop3Status)).toStartWith("+OK");
    expect(await client.talk.end()).toBe("");
    expect(await client.exitCode()).toBe(0);
    expect(client.stderr()).toBe("");
    await scratch.quiet();
  });
});

describe("Messages are deleted at QUIT and only there", () => {
  const endings = [
    { name: "QUIT", says: "QUIT\r\n", leaves: "waits", deletes: true },
    { name: "RSET and QUIT", says: "RSET\r\nQUIT\r\n", leaves: "waits", deletes: false },
    { name: "a reset", says: "", leaves: "cuts", deletes: false },
    { name: "a half-close", says: "", leaves: "half-closes", deletes: false },
    { name: "half a QUIT and a half-close", says: "QUIT", leaves: "half-closes", deletes: false },
  ];
  for (const { name, says, leaves, deletes } of endings) {
    part(`DELE, then ${name}, ${deletes ? "deletes" : "deletes nothing"}`, needs, async () => {
      await using scratch = new Scratch();
      await using mailbox = await Mailbox.with(mails);
      await using listener = await tcpserver(scratch, behind(scratch));
      await using talk = await dial(listener.port);
      await login(talk);
      for (const number of [1, 3]) expect(await talk.ask(`DELE ${number}`, pop3Status)).toStartWith("+OK");
      expect(await talk.ask("RETR 1", pop3Status)).toStartWith("-ERR");
      if (says) await talk.send(says);
      if (leaves === "cuts") talk.cut();
      if (leaves === "half-closes") talk.halfClose();
      if (leaves === "waits") expect(await talk.end()).toMatch(/^(\+OK[^\r\n]*\r\n)+$/);
      await listener.sessionsEnd();
      const left = deletes ? mails.filter((_, index) => ![0, 2].includes(index)) : mails;
      expect(mailbox.octets()).toBe(mbox(left).toString("latin1"));
    });
  }

  part("DELE, then a connection cut in the middle of a RETR, deletes nothing", needs, async () => {
    await using scratch = new Scratch();
    const box = [letter("short\r\n"), letter(`${"z".repeat(78)}\r\n`.repeat(200_000), "long")];
    await using mailbox = await Mailbox.with(box);
    const session = recorded(scratch, behind(scratch));
    await using listener = await tcpserver(scratch, session.argv);
    const times = 5;
    for (let time = 0; time < times; time++) {
      await using talk = await dial(listener.port);
      await login(talk);
      expect(await talk.ask("DELE 1", pop3Status)).toStartWith("+OK");
      expect(await talk.ask("RETR 2", pop3Status)).toStartWith("+OK");
      talk.cut();
      await listener.sessionsEnd();
    }
    expect(session.codes()).toEqual(Array(times).fill(0));
    expect(mailbox.octets()).toBe(mbox(box).toString("latin1"));
  });
});

async function login(talk: Conversation): Promise<void> {
  expect(await talk.read(pop3Status)).toStartWith("+OK");
  expect(await talk.ask("USER kituser", pop3Status)).toStartWith("+OK");
  expect(await talk.ask("PASS kitpass", pop3Status)).toStartWith("+OK");
}

/** Whether a client wrote one of the mails, with line ends as the network or as Unix has them. */
function isMail(text: string, mails: readonly Mail[]): boolean {
  return mails.some(({ octets }) =>
    [octets, unixLines(octets)].some((form) => form.toString("latin1") === text),
  );
}
