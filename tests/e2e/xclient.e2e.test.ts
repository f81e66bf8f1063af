// --xclient: a server that offers it hears by XCLIENT who the client is, and so judges, logs and traces it.

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { Authority, openssl } from "./parts/authority.ts";
import { type Conversation, pop3Status, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { Dovecot, dovecotNeeds, submissionNeeds, withSubmission } from "./parts/dovecot.ts";
import { pemBeside } from "./parts/keypair.ts";
import { built, option, program, waiting } from "./parts/missing.ts";
import { freePort } from "./parts/port.ts";
import { mailbox, postfixDelivery, smtpd } from "./parts/postfix.ts";
import { run } from "./parts/process.ts";
import { HEADERS, UNKNOWN } from "./parts/proxying.ts";
import { Scratch } from "./parts/scratch.ts";
import { SieveServer, sieveNeeds } from "./parts/sieveserver.ts";
import { loggedIn, say } from "./parts/sievetalk.ts";
import { inFront, SITUATIONS } from "./parts/situation.ts";
import { Standing } from "./parts/standing.ts";
import { TlsTalk } from "./parts/tlstalk.ts";
import { protowrap } from "./parts/wrapper.ts";

const needs = [built, option("smtp", "xclient")];
/** By whom clients of both families come. */
const COME = ["version 1, IPv4", "version 2, IPv6"] as const;
/** To a Dovecot that believes us. */
const TRUSTING = "login_trusted_networks = 127.0.0.0/8\n";
const WORDS = ["--accept-proxy", "127.0.0.1", "--xclient", "--connect"];

async function mails(talk: Conversation, hello: "EHLO" | "HELO" = "EHLO"): Promise<void> {
  expect(await talk.read(smtpReply)).toStartWith("220 ");
  for (const line of [`${hello} c.test`, "MAIL FROM:<a@c.test>", "RCPT TO:<u@kit.test>"])
    expect(await talk.ask(line)).toStartWith("250");
  expect(await talk.ask("DATA")).toStartWith("354 ");
  expect(await talk.ask("Subject: x\r\n\r\nx\r\n.")).toStartWith("250 ");
  expect(await talk.ask("QUIT")).toStartWith("221 ");
}

/** It believes nobody but us, and relays for the clients' networks alone. */
const POSTFIX = `smtpd_authorized_xclient_hosts = 127.0.0.0/8
inet_protocols = all
mynetworks = 192.0.2.0/24 [2001:db8::]/32
`;

for (const situation of SITUATIONS)
  describe(`--xclient, ${situation}`, () => {
    waiting("Postfix traces the client", [...needs, openssl, ...postfixDelivery], async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      const port = await freePort();
      const identity = await (await Authority.make(scratch)).identity("DNS:postfix.test");
      await using _ = await smtpd(scratch, port, identity, POSTFIX);
      await using front = await inFront(
        ...([own, situation, "smtp", ...WORDS, `127.0.0.1:${port}`] as const),
      );
      for (const name of COME)
        for (const hello of ["EHLO", "HELO"] as const) {
          await using talk = await front.dial();
          await talk.send(HEADERS[name]);
          await mails(talk, hello);
        }
      await until("four mails", () => mailbox(scratch).length === 4 || undefined, 10_000);
      const traces = mailbox(scratch).map((mail) =>
        /^Received: from c\.test \(unknown \[(\S+)\]\)\s+by \S+ \(Postfix\) with (\S+)/m.exec(mail)?.slice(1),
      );
      expect(traces.sort()).toEqual([
        ["192.0.2.7", "ESMTP"],
        ["192.0.2.7", "SMTP"],
        ["IPv6:2001:db8::7", "ESMTP"],
        ["IPv6:2001:db8::7", "SMTP"],
      ]);
      const log = readFileSync(`${scratch.path}/postfix.log`, "latin1");
      expect(log).toMatch(/client=unknown\[192\.0\.2\.7\]/);
      expect(log).toMatch(/client=unknown\[2001:db8::7\]/);
      expect(front.log).not.toContain("event=xclient");
    });

    waiting(
      "no rule of Postfix's by name is passed by being behind us",
      [...needs, openssl, ...postfixDelivery],
      async () => {
        await using scratch = new Scratch();
        const port = await freePort();
        const identity = await (await Authority.make(scratch)).identity("DNS:postfix.test");
        // What 127.0.0.1 is called passes; nobody else does.
        scratch.file("names", "localhost OK\n");
        const rules = `smtpd_client_restrictions = check_client_access texthash:${scratch.path}/names, check_reverse_client_hostname_access texthash:${scratch.path}/names, reject
mynetworks = 127.0.0.0/8 192.0.2.0/24
`;
        await using _ = await smtpd(scratch, port, identity, POSTFIX + rules);
        for (const words of [WORDS, WORDS.filter((word) => word !== "--xclient")]) {
          await using own = new Scratch();
          await using front = await inFront(
            ...([own, situation, "smtp", ...words, `127.0.0.1:${port}`] as const),
          );
          await using talk = await front.dial();
          await talk.send(HEADERS["version 1, IPv4"]);
          expect(await talk.read(smtpReply)).toStartWith("220 ");
          for (const line of ["EHLO c.test", "MAIL FROM:<a@c.test>"])
            expect(await talk.ask(line)).toStartWith("250");
          const isTold = words.includes("--xclient");
          expect(await talk.ask("RCPT TO:<u@kit.test>")).toStartWith(isTold ? "554 5.7.1 " : "250 ");
        }
      },
    );

    waiting("one that does not believe us is told of", [...needs, openssl, ...postfixDelivery], async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      const port = await freePort();
      const identity = await (await Authority.make(scratch)).identity("DNS:postfix.test");
      await using _ = await smtpd(scratch, port, identity, "mynetworks = 127.0.0.0/8\n");
      await using front = await inFront(
        ...([own, situation, "smtp", ...WORDS, `127.0.0.1:${port}`] as const),
      );
      await using talk = await front.dial();
      await talk.send(HEADERS["version 1, IPv4"]);
      await mails(talk);
      await until("its word", () => /event=xclient state=missing/.exec(front.log) ?? undefined);
    });

    waiting("Dovecot's POP3 logs the client", [...needs, ...dovecotNeeds], async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using dovecot = await Dovecot.with(scratch, [], null, TRUSTING);
      await using front = await inFront(
        ...([own, situation, "pop3", ...WORDS, `127.0.0.1:${dovecot.pop3Port}`] as const),
      );
      for (const name of COME) {
        await using talk = await front.dial();
        await talk.send(HEADERS[name]);
        expect(await talk.read(pop3Status)).toStartWith("+OK");
        for (const line of ["USER kituser", "PASS kitpass", "QUIT"])
          expect(await talk.ask(line, pop3Status)).toStartWith("+OK");
      }
      await logged(scratch);
      expect(front.log).not.toContain("event=xclient");
    });

    waiting("Dovecot's submission logs the client", [...needs, ...submissionNeeds], async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      const [port, more] = await withSubmission(TRUSTING);
      await using _ = await Dovecot.with(scratch, [], null, more);
      await using front = await inFront(
        ...([own, situation, "smtp", "--auth", "pass", ...WORDS, `127.0.0.1:${port}`] as const),
      );
      for (const name of COME) {
        await using talk = await front.dial();
        await talk.send(HEADERS[name]);
        expect(await talk.read(smtpReply)).toStartWith("220 ");
        expect(await talk.ask("EHLO c.test")).toMatch(/^250.AUTH .*PLAIN/m);
        expect(await talk.ask(`AUTH PLAIN ${btoa("\0kituser\0kitpass")}`)).toStartWith("235 ");
      }
      await logged(scratch);
      // Nobody whom we do not know is taken for us.
      await using stranger = await front.dial();
      await stranger.send(UNKNOWN["version 1"]);
      expect(await stranger.read(smtpReply)).toStartWith("220 ");
      for (const line of ["EHLO c.test", `AUTH PLAIN ${btoa("\0kituser\0kitpass")}`])
        expect(await stranger.ask(line)).toMatch(/^2[35][05][- ]/);
      const log = () => readFileSync(`${scratch.path}/dovecot.log`, "latin1");
      await until("its login", () => /submission-login: .* rip=0\.0\.0\.0, /.exec(log()) ?? undefined);
      expect(front.log).not.toContain("event=xclient");
    });

    waiting("Dovecot's ManageSieve logs the client", [...needs, ...sieveNeeds], async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using server = await SieveServer.start(scratch, { more: TRUSTING });
      await using front = await inFront(
        ...([own, situation, "managesieve", ...WORDS, `127.0.0.1:${server.port}`] as const),
      );
      for (const name of COME) {
        await using talk = await front.dial();
        await talk.send(HEADERS[name]);
        // It offers it to us, and to nobody else.
        expect((await loggedIn(talk)).received).not.toContain("XCLIENT");
        expect(await say(talk, "XCLIENT ADDR=192.0.2.9")).toBe('NO "command not allowed"\r\n');
      }
      await logged(scratch);
      expect(front.log).not.toContain("event=xclient");
    });

    waiting("a ManageSieve that does not believe us is told of", [...needs, ...sieveNeeds], async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using server = await SieveServer.start(scratch);
      await using front = await inFront(
        ...([own, situation, "managesieve", ...WORDS, `127.0.0.1:${server.port}`] as const),
      );
      await using talk = await front.dial();
      await talk.send(HEADERS["version 1, IPv4"]);
      await loggedIn(talk);
      await until("its word", () => /event=xclient state=missing/.exec(front.log) ?? undefined);
      expect(server.log).toContain("user=<kituser>, method=PLAIN, rip=127.0.0.1, ");
    });

    waiting("nobody whom we do not know is taken for us by Dovecot", [...needs, ...sieveNeeds], async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using other = new Scratch();
      await using server = await SieveServer.start(scratch, { more: TRUSTING });
      await using sieve = await inFront(
        ...([own, situation, "managesieve", ...WORDS, `127.0.0.1:${server.port}`] as const),
      );
      await using pop = await inFront(
        ...([other, situation, "pop3", ...WORDS, `127.0.0.1:${server.pop3Port}`] as const),
      );
      await using writer = await sieve.dial();
      await writer.send(UNKNOWN["version 1"]);
      await loggedIn(writer);
      await using reader = await pop.dial();
      await reader.send(UNKNOWN["version 1"]);
      expect(await reader.read(pop3Status)).toStartWith("+OK");
      for (const line of ["USER kituser", "PASS kitpass", "QUIT"])
        expect(await reader.ask(line, pop3Status)).toStartWith("+OK");
      for (const login of ["managesieve", "pop3"])
        await until(
          login,
          () => new RegExp(`${login}-login: .* rip=0\\.0\\.0\\.0, `).exec(server.log) ?? undefined,
        );
    });
  });

waiting(
  "a server hears by --xclient once more in TLS who the client is",
  [...needs, openssl, ...postfixDelivery, program("python3")],
  async () => {
    await using scratch = new Scratch();
    await using own = new Scratch();
    const port = await freePort();
    const identity = await (await Authority.make(scratch)).identity("DNS:postfix.test");
    await using _ = await smtpd(scratch, port, identity, POSTFIX);
    const tls = ["--tls", "required", "--tls-cert", pemBeside(`${own.path}/own`)];
    const options = [...tls, ...WORDS.slice(0, -1)];
    const server = ["--connect", `127.0.0.1:${port}`];
    await using standing = await Standing.start(own, { options, server });
    await using client = await TlsTalk.dial(standing.port);
    await client.talk.send(HEADERS["version 1, IPv4"]);
    expect(await client.talk.read(smtpReply)).toStartWith("220 ");
    expect(await client.talk.ask("EHLO before.test")).toMatch(/^250.STARTTLS/m);
    expect(await client.talk.ask("STARTTLS")).toStartWith("220 ");
    await client.secure();
    for (const line of ["EHLO after.test", "MAIL FROM:<a@c.test>", "RCPT TO:<u@kit.test>"])
      expect(await client.talk.ask(line)).toStartWith("250");
    expect(await client.talk.ask("DATA")).toStartWith("354 ");
    expect(await client.talk.ask("Subject: x\r\n\r\nx\r\n.")).toStartWith("250 ");
    const mail = await until("a mail", () => mailbox(scratch)[0], 10_000);
    expect(mail).toMatch(/^Received: from after\.test \(unknown \[192\.0\.2\.7\]\)/m);
  },
);

for (const [situation, more, isDoubted] of [
  ["believes us", TRUSTING, false],
  ["does not", "", true],
] as const)
  waiting(`check asks a Dovecot that ${situation} for XCLIENT`, [...needs, ...sieveNeeds], async () => {
    await using scratch = new Scratch();
    await using server = await SieveServer.start(scratch, { more });
    for (const [protocol, port] of [
      ["pop3", server.pop3Port],
      ["managesieve", server.port],
    ] as const) {
      const argv = [protowrap, "check", protocol, "--xclient", "--connect", `127.0.0.1:${port}`];
      const stdout = (await run(scratch, argv)).stdout.toString();
      expect(stdout).toMatch(/^ *learns +by XCLIENT, if it offers that, /m);
      const doubt = "--xclient: a server does not offer XCLIENT to this host";
      expect([protocol, stdout.includes(doubt)]).toEqual([protocol, isDoubted]);
    }
  });

async function logged(scratch: Scratch): Promise<void> {
  const log = () => readFileSync(`${scratch.path}/dovecot.log`, "latin1");
  for (const address of ["192.0.2.7", "2001:db8::7"])
    await until(address, () => log().includes(`user=<kituser>, method=PLAIN, rip=${address}, `) || undefined);
}
