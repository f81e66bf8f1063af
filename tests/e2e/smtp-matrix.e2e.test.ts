// Every SMTP client against every SMTP server, through the built program: what is stored is what was given
// to the client, less the headers that this client and this server are known to add. Also big mails, and what
// a server is told of the client.

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { curl } from "./parts/curl.ts";
import { exim, mailbox } from "./parts/exim.ts";
import { eximClient, wentByBdat } from "./parts/eximclient.ts";
import { letter, type Mail, readable, trickyLetter, unixLines } from "./parts/mail.ts";
import type { MailClient } from "./parts/mailclient.ts";
import { mailfront } from "./parts/mailfront.ts";
import type { MailServer } from "./parts/mailserver.ts";
import { built, option, part, program } from "./parts/missing.ts";
import { msmtp } from "./parts/msmtp.ts";
import { muttSmtp } from "./parts/muttsmtp.ts";
import { nodemailer } from "./parts/nodemailer.ts";
import { pipe } from "./parts/pipe.ts";
import { delivered, postfix, postfixDelivery } from "./parts/postfix.ts";
import { ending } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { envelope, greet, quit } from "./parts/session.ts";
import { smtplib } from "./parts/smtplib.ts";
import { swaks, swaksPipelining } from "./parts/swaks.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { forKit, wrapped } from "./parts/wrapper.ts";

const servers = [mailfront, exim, postfix];
const clients = [swaks, swaksPipelining, curl, msmtp, muttSmtp, smtplib, nodemailer, eximClient];
const front = program("tcpserver");

const alone = (server: MailServer) => [...server.alone.argv];
const behind = (server: MailServer, ...options: string[]) =>
  wrapped("smtp", server.behind, ...forKit, ...options);

/** As it was given to the client, from what the server has. */
function given(client: MailClient, stored: Mail, sent: Mail): Mail {
  return client.given ? { ...stored, octets: client.given(stored.octets, sent) } : stored;
}

describe("The real matrix: a mail arrives octet for octet", () => {
  for (const kind of servers) {
    for (const client of clients) {
      // The same without the wrapper shows that a difference is the wrapper's doing.
      for (const [how, program, needs] of [
        ["alone", alone, []],
        ["behind the wrapper", behind, [built]],
      ] as const) {
        const name = `from ${client.name} to ${kind.name} ${how}`;
        part(name, [...needs, front, ...kind.needs, ...client.needs], async () => {
          await using scratch = new Scratch();
          const server = kind.start(scratch);
          await using listener = await tcpserver(scratch, program(server));
          const mail = trickyLetter();
          expect(ending(await client.send(scratch, listener.port, mail))).toBe("exit 0");
          await listener.sessionsEnd();
          const stored = server.stored().map((one) => readable(given(client, one, mail)));
          expect(stored).toEqual([readable({ ...mail, octets: unixLines(mail.octets) })]);
        });
      }
    }
  }

  part(
    "and Postfix delivers what it has taken from the wrapper",
    [built, front, ...postfixDelivery, ...curl.needs],
    async () => {
      await using scratch = new Scratch();
      const server = postfix.start(scratch);
      await using listener = await tcpserver(scratch, behind(server));
      const mail = trickyLetter();
      expect(ending(await curl.send(scratch, listener.port, mail))).toBe("exit 0");
      await listener.sessionsEnd();
      const [inMailbox = ""] = await delivered(scratch, 1);
      // Here Postfix adds what it adds on the way to a mailbox, on top.
      const text = unixLines(mail.octets).toString("latin1");
      const onTop = inMailbox.slice(0, -text.length).split(/\n(?![ \t])/);
      expect(inMailbox.slice(-text.length)).toBe(text);
      expect(onTop.map((header) => header.replace(/:.*/s, ""))).toEqual([
        "Return-Path",
        "X-Original-To",
        "Delivered-To",
        "Received",
        "Received",
        "",
      ]);
    },
  );
});

describe("CHUNKING is not offered", () => {
  for (const kind of [exim, postfix]) {
    const needs = [front, ...kind.needs, ...eximClient.needs];
    part(`though ${kind.name} does it, and an exim4 client would use it`, needs, async () => {
      await using scratch = new Scratch();
      await using listener = await tcpserver(scratch, alone(kind.start(scratch)));
      expect(ending(await eximClient.send(scratch, listener.port, trickyLetter()))).toBe("exit 0");
      expect(wentByBdat(scratch)).toBe(true);
    });

    part(`so an exim4 client sends ${kind.name} its mail by DATA`, [built, ...needs], async () => {
      await using scratch = new Scratch();
      const server = kind.start(scratch);
      await using listener = await tcpserver(scratch, behind(server));
      expect(ending(await eximClient.send(scratch, listener.port, trickyLetter()))).toBe("exit 0");
      expect(wentByBdat(scratch)).toBe(false);
      await listener.sessionsEnd();
      expect(server.stored().length).toBe(1);
    });
  }
});

describe("A mail of 32 MiB with 8-bit text, long lines and leading dots is stored unchanged", () => {
  const unlimited = ["--max-message-size", "0"];
  const searched = [...unlimited, "--block-body", "never\\s+there", "--bare-newline", "normalize"];
  for (const { kind, how, options, more } of [
    ...servers.map((kind) => ({ kind, how: "", options: unlimited, more: [] })),
    {
      kind: mailfront,
      how: ", searched on its way",
      options: searched,
      more: [option("smtp", "block-body")],
    },
  ]) {
    part(`by ${kind.name}${how}`, [built, front, ...kind.needs, ...curl.needs, ...more], async () => {
      await using scratch = new Scratch();
      const server = kind.start(scratch);
      await using listener = await tcpserver(scratch, behind(server, ...options));
      const mail = bigLetter();
      expect(mail.octets.length).toBeGreaterThan(32 * 1024 * 1024);
      expect(ending(await curl.send(scratch, listener.port, mail))).toBe("exit 0");
      await listener.sessionsEnd();
      const stored = server.stored();
      expect(stored.map(({ octets }) => octets.length)).toEqual([unixLines(mail.octets).length]);
      // Not compared by the test library, which would print both.
      expect(stored[0]!.octets.equals(unixLines(mail.octets))).toBe(true);
    });
  }
});

/** No two lines that follow each other are alike, and their lengths have nothing to do with any buffer's. */
function bigLetter(): Mail {
  const eightBit = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => 0x80 + i));
  const block: string[] = [];
  for (let i = 0; i < 997; i++) {
    block.push(`${i} ${eightBit.slice(i % 128)}`);
    block.push(`.${"dots".repeat(i % 7)}`, ".", "..", "");
    if (i % 3 === 0) block.push(`${i}`.padEnd(988, eightBit));
  }
  const text = block.map((line) => `${line}\r\n`).join("");
  return letter(text.repeat(Math.ceil((32 * 1024 * 1024) / text.length)), "big");
}

describe("The client's address in the server's argument list", () => {
  const address = "203.0.113.7";

  part("stands in exim4's Received: header and in its log", [built, ...exim.needs], async () => {
    await using scratch = new Scratch();
    const server = exim.start(scratch);
    // As stunnel and other fronts tell it, who hand over no socket of the client's.
    const environment = [`TCPREMOTEIP=${address}`, "TCPREMOTEPORT=49152"];
    await using client = pipe(scratch, ["/usr/bin/env", ...environment, ...behind(server)]);
    await greet(client.talk);
    await envelope(client.talk);
    expect(await client.talk.ask(`${letter("text\r\n").octets.toString("latin1")}.`)).toStartWith("250 ");
    await quit(client.talk);
    await scratch.quiet();
    expect(traceOf(scratch)).toContain(`from [${address}] (helo=client.test`);
    expect(logOf(scratch)).toContain(` H=(client.test) [${address}] U=`);
  });

  part(
    "is the peer's, whatever the environment says",
    [built, front, ...exim.needs, ...curl.needs],
    async () => {
      await using scratch = new Scratch();
      const server = exim.start(scratch);
      const argv = ["/usr/bin/env", `TCPREMOTEIP=${address}`, `REMOTE_HOST=${address}`, ...behind(server)];
      await using listener = await tcpserver(scratch, argv);
      expect(ending(await curl.send(scratch, listener.port, letter("text\r\n")))).toBe("exit 0");
      await listener.sessionsEnd();
      expect(traceOf(scratch)).toMatch(/from (localhost )?\(?\[127\.0\.0\.1\]/);
      expect(traceOf(scratch) + logOf(scratch)).not.toContain(address);
    },
  );

  const traceOf = (scratch: Scratch) =>
    mailbox(scratch)
      .map((text) => /^Received: (?:.|\n[ \t])*/m.exec(text)?.[0])
      .join("\n");
  const logOf = (scratch: Scratch) => readFileSync(`${scratch.path}/log/mainlog`, "latin1");
});
