// Mail from real clients to real servers, through the built program: what is stored is what was sent, and
// what must not be stored is not.

import { describe, expect } from "bun:test";
import { dial, smtpReply } from "./parts/conversation.ts";
import { curl } from "./parts/curl.ts";
import { exim } from "./parts/exim.ts";
import { inetd, inetdNeeds } from "./parts/inetd.ts";
import { type Mail, readable, trickyLetter, unixLines } from "./parts/mail.ts";
import { mailfront } from "./parts/mailfront.ts";
import type { MailServer } from "./parts/mailserver.ts";
import { built, type Need, part, program } from "./parts/missing.ts";
import { pipe } from "./parts/pipe.ts";
import { postfix } from "./parts/postfix.ts";
import { ending } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { envelope, greet } from "./parts/session.ts";
import { smtplib } from "./parts/smtplib.ts";
import { recorded } from "./parts/status.ts";
import { swaks, swaksThroughPipes } from "./parts/swaks.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { forKit, wrapped } from "./parts/wrapper.ts";

const servers = [mailfront, exim];
const front = program("tcpserver");

const behind = (server: MailServer) => wrapped("smtp", server.behind, ...forKit);
const alone = (server: MailServer) => [...server.alone.argv];

function expectStored(server: MailServer, ...mails: Mail[]): void {
  const sent = mails.map((mail) => readable({ ...mail, octets: unixLines(mail.octets) }));
  expect(server.stored().map(readable)).toEqual(sent);
}

describe("A mail arrives octet for octet", () => {
  const throughInetd: Need[] = [built, ...inetdNeeds, ...mailfront.needs, ...smtplib.needs];
  part("through openbsd-inetd, whose fd 2 is the client", throughInetd, async () => {
    await using scratch = new Scratch();
    const server = mailfront.start(scratch);
    await using listener = await inetd(scratch, behind(server));
    const mail = trickyLetter();
    expect(ending(await smtplib.send(scratch, listener.port, mail))).toBe("exit 0");
    await listener.sessionsEnd();
    expectStored(server, mail);
  });

  part("through bare pipes", [built, ...mailfront.needs, ...swaks.needs], async () => {
    await using scratch = new Scratch();
    const server = mailfront.start(scratch);
    const mail = trickyLetter();
    expect(ending(await swaksThroughPipes(scratch, behind(server), mail))).toBe("exit 0");
    await scratch.quiet();
    expectStored(server, mail);
  });

  part("to several recipients in one transaction", [built, front, ...exim.needs, ...curl.needs], async () => {
    await using scratch = new Scratch();
    const server = exim.start(scratch);
    await using listener = await tcpserver(scratch, behind(server));
    const mail = {
      ...trickyLetter(),
      recipients: ["kituser@kit.test", "o'neil+x@kit.test", "Postmaster@kit.test"],
    };
    expect(ending(await curl.send(scratch, listener.port, mail))).toBe("exit 0");
    await listener.sessionsEnd();
    const [stored] = server.stored();
    expect([...stored!.recipients].sort()).toEqual([...mail.recipients].sort());
    expectStored(server, { ...mail, recipients: stored!.recipients });
  });

  part("twice in one session, the second after RSET", [built, front, ...mailfront.needs], async () => {
    await using scratch = new Scratch();
    const server = mailfront.start(scratch);
    await using listener = await tcpserver(scratch, behind(server));
    await using talk = await dial(listener.port);
    await greet(talk);
    await envelope(talk);
    expect(await talk.ask("first\r\n.")).toStartWith("250 ");
    await envelope(talk);
    expect(await talk.ask("second\r\n.")).toStartWith("250 ");
    expect(await talk.ask("MAIL FROM:<dropped@client.test>")).toStartWith("250 ");
    expect(await talk.ask("RSET")).toStartWith("250 ");
    await envelope(talk);
    expect(await talk.ask("third\r\n.")).toStartWith("250 ");
    expect(await talk.ask("QUIT")).toStartWith("221 ");
    expect(await talk.end()).toBe("");
    await listener.sessionsEnd();
    const texts = server.stored().map((mail) => mail.octets.toString("latin1"));
    expect(texts.sort()).toEqual(["first\n", "second\n", "third\n"]);
  });
});

describe("A whole session sent at once", () => {
  const commands = [
    "EHLO client.test",
    "MAIL FROM:<alice@client.test>",
    "RCPT TO:<kituser@kit.test>",
    "DATA",
  ];
  const lines = [...commands, "text", ".", "NOOP", "BOGUS", "QUIT", "NOOP"];
  const codes = ["220", "250", "250", "250", "354", "250", "250", "500", "221"];
  for (const kind of servers) {
    part(
      `and half-closed is answered to its end, with ${kind.name}`,
      [built, front, ...kind.needs],
      async () => {
        await using scratch = new Scratch();
        const server = kind.start(scratch);
        await using listener = await tcpserver(scratch, behind(server));
        await using talk = await dial(listener.port);
        await talk.send(lines.map((line) => `${line}\r\n`).join(""));
        talk.halfClose();
        const answers = await talk.end();
        expect([...answers.matchAll(/^\d{3}(?= )/gm)].map(String)).toEqual(codes);
        await listener.sessionsEnd();
        expect(server.stored().length).toBe(1);
      },
    );
  }
});

describe("A session ends", () => {
  part(
    "soon after QUIT, even when the client never hangs up",
    [built, front, ...mailfront.needs],
    async () => {
      await using scratch = new Scratch();
      const server = mailfront.start(scratch);
      await using listener = await tcpserver(scratch, behind(server));
      await using talk = await dial(listener.port);
      await greet(talk);
      expect(await talk.ask("QUIT")).toStartWith("221 ");
      await listener.sessionsEnd(4_000);
    },
  );

  for (const kind of servers) {
    part(
      `with ${kind.name} and all when the client is lost between commands`,
      [built, front, ...kind.needs],
      async () => {
        await using scratch = new Scratch();
        const server = kind.start(scratch);
        await using listener = await tcpserver(scratch, behind(server));
        await using talk = await dial(listener.port);
        await greet(talk);
        talk.cut();
        await listener.sessionsEnd(4_000);
      },
    );
  }
});

describe("Nothing but SMTP reaches a client whose socket is fd 2", () => {
  // Mailfront is chatty on its stderr, and the log levels show everything.
  for (const log of [[], ["--log", "stderr"]]) {
    const name = `with ${log.length > 0 ? log.join(" ") : "the default log"} at the highest level`;
    part(name, [built, ...inetdNeeds, ...mailfront.needs], async () => {
      await using scratch = new Scratch();
      const server = mailfront.start(scratch);
      const options = [...log, "--log-level", "5", "--relay-domain", "kit.test"];
      await using listener = await inetd(scratch, wrapped("smtp", server.behind, ...options));
      await using talk = await dial(listener.port);
      await greet(talk);
      expect(await talk.ask("VRFY root")).toStartWith("502 ");
      expect(await talk.ask("MAIL FROM:<alice@client.test>")).toStartWith("250 ");
      expect(await talk.ask("RCPT TO:<victim@evil.test>")).toStartWith("550 ");
      expect(await talk.ask("QUIT")).toStartWith("221 ");
      expect(await talk.end()).toBe("");
      expect(talk.received.split("\r\n").filter((line) => !/^\d{3}[ -]/.test(line))).toEqual([""]);
    });
  }
});

describe("A foreign recipient", () => {
  // No -oMa here: exim believes in a local submitter, as every MTA on a pipe does.
  const asLocal = (server: MailServer) => ({ argv: server.alone.argv, user: server.behind.user });

  part("is taken by exim4 alone on a pipe, which makes it an open relay", [...exim.needs], async () => {
    await using scratch = new Scratch();
    const server = exim.start(scratch);
    await using client = pipe(scratch, asLocal(server).argv);
    await greet(client.talk);
    await envelope(client.talk, "victim@evil.test");
    expect(await client.talk.ask("relayed\r\n.")).toStartWith("250 ");
    expect(await client.talk.ask("QUIT")).toStartWith("221 ");
    await scratch.quiet();
    expect(server.stored().map((mail) => mail.recipients)).toEqual([["victim@evil.test"]]);
  });

  for (const where of ["a pipe", "tcpserver"]) {
    part(
      `is refused by the wrapper in front of the same exim4 on ${where}`,
      [built, front, ...exim.needs],
      async () => {
        await using scratch = new Scratch();
        const server = exim.start(scratch);
        const argv = wrapped("smtp", asLocal(server), ...forKit);
        await using caller = where === "a pipe" ? pipe(scratch, argv) : await tcpserver(scratch, argv);
        await using talk = "talk" in caller ? caller.talk : await dial(caller.port);
        await greet(talk);
        expect(await talk.ask("MAIL FROM:<kituser@kit.test>")).toStartWith("250 ");
        for (const to of ["victim@evil.test", "victim@kit.test.evil.test", "victim%evil.test@kit.test"])
          expect(await talk.ask(`RCPT TO:<${to}>`)).toStartWith("550 5.7.1 ");
        expect(await talk.ask("RCPT TO:<@kit.test:victim@evil.test>")).toMatch(/^550 5\.\d\.\d /);
        expect(await talk.ask("DATA")).toMatch(/^(503|554) 5\.5\.1 /);
        expect(await talk.ask("QUIT")).toStartWith("221 ");
        expect(await talk.end()).toBe("");
        if ("sessionsEnd" in caller) await caller.sessionsEnd();
        else await scratch.quiet();
        expect(server.stored()).toEqual([]);
      },
    );
  }
});

describe("A second message smuggled into the first", () => {
  const second = "MAIL FROM:<smuggled@evil.test>\r\nRCPT TO:<kituser@kit.test>\r\nDATA\r\nsmuggled\r\n.\r\n";

  part("is believed by mailfront alone", [front, ...mailfront.needs], async () => {
    await using scratch = new Scratch();
    const server = mailfront.start(scratch);
    await using listener = await tcpserver(scratch, alone(server));
    await using talk = await dial(listener.port);
    await greet(talk);
    await envelope(talk);
    await talk.send(`first\n.\n${second}QUIT\r\n`);
    await talk.end();
    await listener.sessionsEnd();
    expect(server.stored().map((mail) => mail.sender)).toContain("smuggled@evil.test");
  });

  // None of these holds a true CRLF.CRLF, so all that follows is text of the first message, up to the end
  // of the second.
  const fakes = [
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r.\r\n",
    "\r\n.\r",
    "\r.\n",
    "\n.\r",
    "\r\n.\r\r\n",
  ];
  const withNul = ["\r\n\0.\r\n", "\r\0\n.\r\n", "\r\n.\0\r\n", "\r\n.\r\0\n"];
  for (const kind of servers) {
    part(
      `is text of the first behind the wrapper, for ${kind.name}`,
      [built, front, ...kind.needs],
      async () => {
        await using scratch = new Scratch();
        const server = kind.start(scratch);
        await using listener = await tcpserver(scratch, behind(server));
        for (const fake of [...fakes, ...withNul]) {
          await using talk = await dial(listener.port);
          await greet(talk);
          await envelope(talk);
          await talk.send(`first${fake}${second}`);
          const answer = await talk.read(smtpReply);
          await talk.send("QUIT\r\n");
          expect({ fake, answer, rest: await talk.end() }).toEqual({
            fake,
            answer: expect.stringMatching(/^550 5\.\d\.\d /),
            rest: expect.stringMatching(/^(221|421) [^\r\n]*\r\n$/),
          });
        }
        await listener.sessionsEnd();
        expect(server.stored()).toEqual([]);
      },
    );
  }
});

describe("A message that does not come to its end is not stored", () => {
  const beginnings = ["half a li", "a line\r\n", "a line\r\n.", "a line\r\n.\r"];
  for (const kind of [...servers, postfix]) {
    for (const how of ["reset", "half-close"] as const) {
      part(`by ${kind.name} after a ${how}`, [built, front, ...kind.needs], async () => {
        await using scratch = new Scratch();
        const server = kind.start(scratch);
        const session = recorded(scratch, behind(server));
        await using listener = await tcpserver(scratch, session.argv);
        for (const beginning of beginnings) {
          await using talk = await dial(listener.port);
          await greet(talk);
          await envelope(talk);
          await talk.send(beginning);
          // Long enough for the text to be on its way to the server: it is not the wrapper alone that must not act.
          await Bun.sleep(30);
          if (how === "reset") talk.cut();
          else {
            talk.halfClose();
            expect(await talk.end()).toMatch(/^(421 [^\r\n]*\r\n)?$/);
          }
        }
        await listener.sessionsEnd();
        expect(session.codes()).toEqual(beginnings.map(() => 0));
        expect(server.stored()).toEqual([]);
      });
    }

    // More than once where a session is quick: the server goes while octets are still on their way to it.
    const times = kind === mailfront ? 10 : 2;
    part(`by ${kind.name} when a bad octet comes after 5 MiB`, [built, front, ...kind.needs], async () => {
      await using scratch = new Scratch();
      const server = kind.start(scratch);
      const session = recorded(scratch, behind(server));
      await using listener = await tcpserver(scratch, session.argv);
      for (let time = 0; time < times; time++) {
        await using talk = await dial(listener.port);
        await greet(talk);
        await envelope(talk);
        await talk.send(`${"z".repeat(78)}\r\n`.repeat(65_536));
        await talk.send(`bare\rreturn\r\n${"z".repeat(78)}\r\n.\r\n`);
        expect(await talk.read(smtpReply)).toMatch(/^550 5\.\d\.\d /);
        await talk.send("QUIT\r\n");
        expect(await talk.end()).toMatch(/^(221|421) [^\r\n]*\r\n$/);
      }
      await listener.sessionsEnd();
      expect(session.codes()).toEqual(Array(times).fill(0));
      expect(server.stored()).toEqual([]);
    });
  }
});
