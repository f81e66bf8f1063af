// The protocol that knows only lines, in front of a server it knows nothing of: IMAP, with lines of at most
// 100 octets. Short commands work, long lines are shortened, dropped or the end, and the server's octets pass.
// A literal is lines to it, too: what becomes of one says why it is no protocol for IMAP.

import { describe, expect } from "bun:test";
import { type Conversation, dial } from "./parts/conversation.ts";
import { Dovecot, dovecotNeeds } from "./parts/dovecot.ts";
import type { Front } from "./parts/front.ts";
import { answerTo, curlImap, imaplib, timeless } from "./parts/imap.ts";
import { letter, trickyLetter } from "./parts/mail.ts";
import { built, part, program } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { connected } from "./parts/wrapper.ts";

const mails = [trickyLetter("one"), letter("short\r\n", "two"), letter("", "three")];
const needs = [built, program("tcpserver"), ...dovecotNeeds];
const limit = 100;
/** A tag so long that the line it begins is too long. The server answers with the tag that reached it. */
const longTag = "T".repeat(200);

function front(scratch: Scratch, dovecot: Dovecot, ...options: string[]): Promise<Front> {
  const argv = connected(
    "line",
    dovecot.imapPort,
    "--log",
    "none",
    "--max-line-length",
    `${limit}`,
    ...options,
  );
  return tcpserver(scratch, argv);
}

describe("Short commands of IMAP work through lines of 100 octets", () => {
  for (const client of [imaplib, curlImap]) {
    part(`and ${client.name} gets every message octet for octet`, [...needs, ...client.needs], async () => {
      await using scratch = new Scratch();
      await using dovecot = await Dovecot.with(scratch, mails);
      await using listener = await front(scratch, dovecot);
      const reference = await client.fetch(scratch, dovecot.imapPort, mails.length);
      const got = await client.fetch(scratch, listener.port, mails.length);
      expect(got).toEqual(reference);
      expect(got.join("\n")).toContain("y".repeat(987));
      expect(dovecot.contents()).toBe(dovecot.whole(mails));
    });
  }

  part("LOGIN, SELECT, FETCH and LOGOUT are answered as without the wrapper", needs, async () => {
    await using scratch = new Scratch();
    await using dovecot = await Dovecot.with(scratch, mails);
    await using listener = await front(scratch, dovecot);
    const heard: string[] = [];
    for (const port of [dovecot.imapPort, listener.port]) {
      await using talk = await dial(port);
      await login(talk);
      for (const command of ["EXAMINE INBOX", "FETCH 1:3 (UID BODY.PEEK[])", "LOGOUT"])
        expect(await ask(talk, "s", command)).toContain("s OK ");
      expect(await talk.end()).toBe("");
      heard.push(timeless(talk.received));
    }
    expect(heard[1]).toBe(heard[0]!);
    for (const { octets } of mails)
      expect(heard[1]).toContain(`BODY[] {${octets.length}}\r\n${octets.toString("latin1")})\r\n`);
  });

  part("a LOGIN with literals is prompted for, line by line", needs, async () => {
    await using scratch = new Scratch();
    await using dovecot = await Dovecot.with(scratch, mails);
    await using listener = await front(scratch, dovecot);
    await using talk = await dial(listener.port);
    await talk.read(/^\* OK [^\r\n]*\r\n/);
    expect(await talk.ask("a LOGIN {7}", /^\+ [^\r\n]*\r\n/)).toStartWith("+ ");
    expect(await talk.ask("kituser {7}", /^\+ [^\r\n]*\r\n/)).toStartWith("+ ");
    expect(await talk.ask("kitpass", answerTo("a"))).toContain("a OK ");
  });

  part("a client that has said all and half-closes is still answered", needs, async () => {
    await using scratch = new Scratch();
    await using dovecot = await Dovecot.with(scratch, mails);
    await using listener = await front(scratch, dovecot);
    await using talk = await dial(listener.port);
    await login(talk);
    await talk.send("s EXAMINE INBOX\r\nt FETCH 1:3 BODY.PEEK[]\r\nunfinished");
    talk.halfClose();
    await talk.read(answerTo("s"));
    expect(await talk.read(answerTo("t"))).toContain(mails[0]!.octets.toString("latin1"));
    expect(await talk.end()).not.toContain("unfinished"); // dropped, as a last line without an end is
  });
});

describe("A line of more than 100 octets", () => {
  part("is none while it has 100 with its end", needs, async () => {
    await using scratch = new Scratch();
    await using dovecot = await Dovecot.with(scratch, mails);
    await using listener = await front(scratch, dovecot, "--on-long-line", "close");
    await using talk = await dial(listener.port);
    await login(talk);
    const tag = "T".repeat(limit - 2 - " NOOP".length);
    expect(await ask(talk, tag, "NOOP")).toStartWith(`${tag} OK `);
  });

  part("is cut to 100, and its rest is no line of its own", needs, async () => {
    await using scratch = new Scratch();
    await using dovecot = await Dovecot.with(scratch, mails);
    await using listener = await front(scratch, dovecot); // the default
    await using talk = await dial(listener.port);
    await login(talk);
    // Behind the cut a command is waiting for whoever takes what is left for a new line.
    await talk.send(`${"T".repeat(limit - 2)}x LOGOUT ${"x".repeat(200)}\r\nz NOOP\r\n`);
    const answers = (await talk.read(answerTo("z"))).split("\r\n");
    expect(answers[0]).toStartWith(`${"T".repeat(limit - 2)} BAD `);
    expect(answers[1]).toStartWith("z OK ");
    expect(await ask(talk, "y", "LOGOUT")).toContain("y OK ");
  });

  part("in a literal is cut as well, and the server takes commands for the rest of it", needs, async () => {
    await using scratch = new Scratch();
    await using dovecot = await Dovecot.with(scratch, mails);
    await using listener = await front(scratch, dovecot);
    await using talk = await dial(listener.port);
    await login(talk);
    const command = "z NOOP";
    expect(await talk.ask(`b APPEND INBOX {${limit + command.length + 2}}`, /^\+ [^\r\n]*\r\n/)).toStartWith(
      "+",
    );
    await talk.send(`${"x".repeat(limit + command.length)}\r\n${command}\r\n\r\ny NOOP\r\n`);
    const answers = await talk.read(answerTo("y"));
    expect(answers).toContain("b OK ");
    expect(answers).not.toContain("z OK ");
    expect(dovecot.contents()).toContain(`${"x".repeat(limit - 2)}\n${command}`);
  });

  part("is dropped, and the next one is answered", needs, async () => {
    await using scratch = new Scratch();
    await using dovecot = await Dovecot.with(scratch, mails);
    await using listener = await front(scratch, dovecot, "--on-long-line", "drop");
    await using talk = await dial(listener.port);
    await login(talk);
    await talk.send(`${longTag} NOOP\r\nz NOOP\r\n`);
    expect(await talk.read(answerTo("z"))).toMatch(/^z OK [^\r\n]*\r\n$/);
  });

  part("is refused with a line that says so, and the next one is answered", needs, async () => {
    await using scratch = new Scratch();
    await using dovecot = await Dovecot.with(scratch, mails);
    await using listener = await front(scratch, dovecot, "--on-long-line", "refuse");
    await using talk = await dial(listener.port);
    await login(talk);
    await talk.send(`${longTag} NOOP\r\n`);
    expect(await talk.read(/^[^\r\n]*\r\n/)).toBe("Line too long\r\n");
    expect(await ask(talk, "z", "NOOP")).toMatch(/^z OK [^\r\n]*\r\n$/);
  });

  part("closes the connection, and what follows it is not executed", needs, async () => {
    await using scratch = new Scratch();
    await using dovecot = await Dovecot.with(scratch, mails);
    await using listener = await front(scratch, dovecot, "--on-long-line", "close");
    await using talk = await dial(listener.port);
    await login(talk);
    expect(await ask(talk, "s", "SELECT INBOX")).toContain("s OK ");
    await talk.send(`${longTag} NOOP\r\nz STORE 1:* +FLAGS (\\Deleted)\r\ny EXPUNGE\r\n`);
    expect(await talk.end()).toBe("");
    await scratch.quiet([listener.pid, dovecot.pid]);
    await dovecot.idle();
    expect(dovecot.contents()).toBe(dovecot.whole(mails));
  });
});

async function login(talk: Conversation): Promise<void> {
  expect(await talk.read(/^[^\r\n]*\r\n/)).toStartWith("* OK ");
  expect(await ask(talk, "a", "LOGIN kituser kitpass")).toContain("a OK ");
}

function ask(talk: Conversation, tag: string, command: string): Promise<string> {
  return talk.ask(`${tag} ${command}`, answerTo(tag));
}
