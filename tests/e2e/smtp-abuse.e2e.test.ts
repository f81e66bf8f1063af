// What an attacker tries on real servers through the built program: relaying, smuggling, and messages that
// are refused when most of them has been passed on already.

import { describe, expect } from "bun:test";
import { type Conversation, dial, smtpReply } from "./parts/conversation.ts";
import { exim } from "./parts/exim.ts";
import { mailfront } from "./parts/mailfront.ts";
import type { MailServer, MailServerKind } from "./parts/mailserver.ts";
import { built, option, part, program, root, waiting } from "./parts/missing.ts";
import { pipe } from "./parts/pipe.ts";
import { postfix } from "./parts/postfix.ts";
import { Scratch } from "./parts/scratch.ts";
import { envelope, greet, quit } from "./parts/session.ts";
import { recorded } from "./parts/status.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { forKit, wrapped } from "./parts/wrapper.ts";

const front = program("tcpserver");
const behind = (server: MailServer, ...options: string[]) =>
  wrapped("smtp", server.behind, ...forKit, ...options);

describe("A blocked recipient", () => {
  /** Each is the mailbox of kituser to some server, or to one that is not careful. */
  const written = [
    ...[
      "<kituser@kit.test>",
      '<"kituser"@kit.test>',
      '<"kit\\user"@KIT.test>',
      "<KitUser@kit.test>",
      "<kituser>",
    ],
    ...['<kit"user"@kit.test>', "<kit\\user@kit.test>", '<"kit"."user"@kit.test>', "<kituser(x)@kit.test>"],
    ...["<kituser@kit.test.>", "< kituser@kit.test >", "kituser@kit.test", "kituser", '"kituser"@kit.test'],
    ...["<kituser%kit.test@kit.test>", "<kit.test!kituser@kit.test>", '<"kituser@kit.test"@kit.test>'],
    ...[
      "<@kit.test:kituser@kit.test>",
      "<kituser\0@kit.test>",
      "<kituser @kit.test>",
      "<kitu\xc5\xbfer@kit.test>",
    ],
  ];

  for (const kind of [exim, postfix])
    for (const syntax of ["strict", "lax"])
      part(
        `is reached at ${kind.name} in no way of writing it, --syntax ${syntax}`,
        [built, ...kind.needs],
        async () => {
          await using scratch = new Scratch();
          const server = kind.start(scratch);
          const rule = ["--block-address", "^kituser@", "--syntax", syntax, "--max-errors", "0"];
          await using client = pipe(scratch, behind(server, ...rule));
          await greet(client.talk);
          expect(await client.talk.ask("MAIL FROM:<alice@client.test>")).toStartWith("250 ");
          for (const path of written)
            expect([path, await client.talk.ask(`RCPT TO:${path}`)]).toEqual([
              ...[path, expect.stringMatching(/^5[0-9]{2} 5\./)],
            ]);
          expect(await client.talk.ask('RCPT TO:<"Other"@KIT.test>')).toStartWith("250 ");
          expect(await client.talk.ask("DATA")).toStartWith("354 ");
          expect(await client.talk.ask("text\r\n.")).toStartWith("250 ");
          await quit(client.talk);
          await scratch.quiet();
          expect(server.stored().map((mail) => mail.recipients)).toEqual([["Other@kit.test"]]);
        },
      );
});

describe("A foreign recipient", () => {
  const foreign = [
    "victim@evil.test",
    "victim@kit.test.evil.test",
    "victim%evil.test@kit.test",
    "victim!evil",
  ];

  // Without -oMa: exim believes in a local submitter, as every mail server on a pipe does.
  const asLocal = [
    { kind: exim, argvOf: (server: MailServer) => server.alone.argv },
    { kind: postfix, argvOf: (server: MailServer) => server.behind.argv },
  ];
  for (const { kind, argvOf } of asLocal) {
    part(`is taken by ${kind.name} alone on a pipe, which makes it an open relay`, kind.needs, async () => {
      await using scratch = new Scratch();
      const server = kind.start(scratch);
      await using client = pipe(scratch, argvOf(server));
      await greet(client.talk);
      await envelope(client.talk, "victim@evil.test");
      expect(await client.talk.ask("relayed\r\n.")).toStartWith("250 ");
      await quit(client.talk);
      await scratch.quiet();
      expect(server.stored().map((mail) => mail.recipients)).toEqual([["victim@evil.test"]]);
    });

    for (const where of ["a pipe", "tcpserver"]) {
      const name = `is refused in front of ${kind.name} on ${where}, and its neighbours get their mail`;
      part(name, [built, front, ...kind.needs], async () => {
        await using scratch = new Scratch();
        const server = kind.start(scratch);
        const argv = wrapped("smtp", { ...server.behind, argv: argvOf(server) }, ...forKit);
        await using caller = where === "a pipe" ? pipe(scratch, argv) : await tcpserver(scratch, argv);
        await using talk = "talk" in caller ? caller.talk : await dial(caller.port);
        await greet(talk);
        // The sender's own domain opens nothing.
        expect(await talk.ask("MAIL FROM:<kituser@kit.test>")).toStartWith("250 ");
        expect(await talk.ask("RCPT TO:<first@kit.test>")).toStartWith("250 ");
        for (const to of foreign) expect(await talk.ask(`RCPT TO:<${to}>`)).toStartWith("550 5.7.1 ");
        expect(await talk.ask("RCPT TO:<second@kit.test>")).toStartWith("250 ");
        expect(await talk.ask("DATA")).toStartWith("354 ");
        expect(await talk.ask("text\r\n.")).toStartWith("250 ");
        await quit(talk);
        if ("sessionsEnd" in caller) await caller.sessionsEnd();
        else await scratch.quiet();
        const recipients = server.stored().map((mail) => [...mail.recipients].sort());
        expect(recipients).toEqual([["first@kit.test", "second@kit.test"]]);
      });
    }
  }
});

describe("A second message smuggled into the first", () => {
  const second = "MAIL FROM:<smuggled@evil.test>\r\nRCPT TO:<kituser@kit.test>\r\nDATA\r\nsmuggled\r\n.\r\n";
  // With a header: exim would write an empty one.
  const first = "Subject: first\r\n\r\nfirst";
  /** Without a NUL, and what is stored for it when normalized: bare LF ends a line, bare CR is a blank. */
  const normalized: Record<string, string> = {
    "\n.\n": "\n.\n",
    "\n.\r\n": "\n.\n",
    "\r.\r": " . ",
    "\r.\r\n": " .\n",
    "\r\n.\n": "\n.\n",
    "\r\n.\r": "\n ", // the dot stands first in its line: it is stuffing
    "\n.\r": "\n ",
    "\r.\n": " .\n",
    "\r\n.\r\r\n": "\n \n",
    "\r\r\n.\r\r\n": " \n \n",
  };
  const bare = Object.keys(normalized);
  const withNul = ["\r\n\0.\r\n", "\r\0\n.\r\n", "\r\n.\0\r\n", "\r\n.\r\0\n"];

  const unix = (text: string) => text.replaceAll("\r\n", "\n");

  /** One session in which everything is sent at once, and all it was answered after the 354. */
  async function smuggle(port: number, fake: string): Promise<string[]> {
    await using talk = await dial(port);
    await greet(talk);
    await envelope(talk);
    await talk.send(`${first}${fake}${second}QUIT\r\n`);
    const answers = await talk.end();
    return [...answers.matchAll(/^\d{3}(?= )/gm)].map(String);
  }

  for (const kind of [mailfront, exim, postfix]) {
    waiting(
      `is refused with the first, whatever ends it for ${kind.name}`,
      [built, front, ...kind.needs],
      async () => {
        await using scratch = new Scratch();
        const server = kind.start(scratch);
        await using listener = await tcpserver(scratch, behind(server));
        for (const fake of [...bare, ...withNul])
          expect({ fake, answers: await smuggle(listener.port, fake) }).toEqual({
            fake,
            answers: ["550", "221"],
          });
        await listener.sessionsEnd();
        expect(server.stored()).toEqual([]);
      },
    );

    waiting(
      `is text of the first when ${kind.name} gets it normalized`,
      [built, front, ...kind.needs],
      async () => {
        await using scratch = new Scratch();
        const server = kind.start(scratch);
        await using listener = await tcpserver(scratch, behind(server, "--bare-newline", "normalize"));
        for (const fake of bare)
          expect({ fake, answers: await smuggle(listener.port, fake) }).toEqual({
            fake,
            answers: ["250", "221"],
          });
        for (const fake of withNul)
          expect({ fake, answers: await smuggle(listener.port, fake) }).toEqual({
            fake,
            answers: ["550", "221"],
          });
        await listener.sessionsEnd();
        const text = unix(second.slice(0, -".\r\n".length));
        const stored = server.stored().map(({ sender, octets }) => [sender, octets.toString("latin1")]);
        const whole = bare.map((fake) => ["alice@client.test", `${unix(first)}${normalized[fake]}${text}`]);
        expect(stored.sort()).toEqual(whole.sort());
      },
    );

    // Two of the sixteen hold a true end of a message. What follows that is the client's next command.
    waiting(
      `has an octet NUL before its first command, for ${kind.name}`,
      [built, front, ...kind.needs],
      async () => {
        await using scratch = new Scratch();
        const server = kind.start(scratch);
        await using listener = await tcpserver(scratch, behind(server));
        const answers = ["250", "500", "503", "503", "500", "500", "221"];
        expect(await smuggle(listener.port, "\r\n.\r\n\0")).toEqual(answers);
        await listener.sessionsEnd();
        expect(server.stored().map(({ octets }) => octets.toString("latin1"))).toEqual([`${unix(first)}\n`]);
      },
    );

    waiting(`comes after a NUL and a true end, for ${kind.name}`, [built, front, ...kind.needs], async () => {
      await using scratch = new Scratch();
      const server = kind.start(scratch);
      await using listener = await tcpserver(scratch, behind(server));
      const goesOn = kind !== exim;
      const answers = goesOn ? ["550", "250", "250", "354", "250", "221"] : ["550", "421"];
      expect(await smuggle(listener.port, "\0\r\n.\r\n")).toEqual(answers);
      await listener.sessionsEnd();
      // It is a message of its own, and it is the first that is refused.
      const texts = server.stored().map(({ octets }) => octets.toString("latin1"));
      expect(texts).toEqual(goesOn ? ["smuggled\n"] : []);
    });
  }
});

describe("A refused message is never delivered", () => {
  const asRoot = (kind: MailServerKind): MailServerKind => ({
    name: `${kind.name} as root`,
    needs: [...kind.needs, root],
    start: (scratch) => {
      const server = kind.start(scratch);
      return { ...server, behind: { ...server.behind, user: "root" } };
    },
  });
  // Whom the wrapper outranks it ends, and starts again. A server that runs as root can only be left.
  const servers = [
    { kind: mailfront, restarts: true },
    { kind: postfix, restarts: true },
    { kind: exim, restarts: false },
    { kind: asRoot(mailfront), restarts: false },
    { kind: asRoot(postfix), restarts: false },
  ];

  const line = `${"z".repeat(78)}\r\n`;
  const short = line;
  const long = line.repeat(65_536); // 5 MiB
  const limit = (beginning: string) => ["--max-message-size", `${beginning.length + 500}`];
  const faults = [
    { fault: "a bare CR", text: "bare\rreturn\r\n", answer: /^550 5\.\d\.\d /, options: () => [], needs: [] },
    { fault: "a NUL", text: "a \0\r\n", answer: /^550 5\.\d\.\d /, options: () => [], needs: [] },
    {
      fault: "a line of 1001 octets",
      text: `${"l".repeat(999)}\r\n`,
      answer: /^550 5\.6\.0 /,
      options: () => [],
      needs: [],
    },
    { fault: "too many octets", text: line.repeat(10), answer: /^552 5\.3\.4 /, options: limit, needs: [] },
    {
      fault: "a forbidden line",
      text: "some forbidden  fruit here\r\n",
      answer: /^550 5\.7\.1 /,
      options: () => ["--block-body", "forbidden\\s+fruit"],
      needs: [option("smtp", "block-body")],
    },
  ];

  for (const { kind, restarts } of servers) {
    for (const { fault, text, answer, options, needs } of faults) {
      const name = `by ${kind.name}: ${fault}; then the session ${restarts ? "goes on" : "ends"}`;
      part(name, [built, front, ...kind.needs, ...needs], async () => {
        await using scratch = new Scratch();
        const server = kind.start(scratch);
        for (const [size, beginning] of Object.entries({ short, long })) {
          const session = recorded(scratch, behind(server, ...options(beginning)));
          await using listener = await tcpserver(scratch, session.argv);
          await using talk = await dial(listener.port);
          await greet(talk);
          await envelope(talk);
          await talk.send(beginning);
          await talk.send(`${text}${line}.\r\n`);
          expect(await talk.read(smtpReply)).toMatch(answer);
          await next(talk, restarts, size);
          await listener.sessionsEnd();
        }
        const texts = server.stored().map(({ octets }) => octets.toString("latin1"));
        expect(texts.sort()).toEqual(restarts ? ["after long\n", "after short\n"] : []);
      });
    }
  }

  /** A second transaction, which a fresh server takes without a new EHLO, and which a lost one cannot. */
  async function next(talk: Conversation, goesOn: boolean, size: string): Promise<void> {
    if (goesOn) {
      await envelope(talk);
      expect(await talk.ask(`after ${size}\r\n.`)).toStartWith("250 ");
      await quit(talk);
    } else {
      expect(await talk.ask("MAIL FROM:<alice@client.test>")).toStartWith("421 4.3.0 ");
      expect(await talk.end()).toBe("");
    }
  }
});
