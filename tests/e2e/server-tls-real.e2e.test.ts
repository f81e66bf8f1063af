// Real servers behind TLS: Postfix and Dovecot, asked for it or from the first octet on, and stunnel in front of one
// that speaks none.

import { describe, expect } from "bun:test";
import { Authority, openssl } from "./parts/authority.ts";
import { pop3Status, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { Dovecot, dovecotNeeds } from "./parts/dovecot.ts";
import { letter } from "./parts/mail.ts";
import { built, part, program } from "./parts/missing.ts";
import { freePort } from "./parts/port.ts";
import { mailbox, postfixDelivery, smtpd } from "./parts/postfix.ts";
import { run, Service } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { smtpScript } from "./parts/scripted.ts";
import { inFront, SITUATIONS } from "./parts/situation.ts";
import { Standing } from "./parts/standing.ts";
import { smtpServer, TlsServer } from "./parts/tlsserver.ts";

const listBody = /^\+OK[^\r\n]*\r\n(?:[^\r\n]*\r\n)*?\.\r\n/;

for (const situation of SITUATIONS)
  describe(`Real servers behind TLS, and ${situation}`, () => {
    part(
      "Postfix is told a mail inside, and says so in it",
      [built, openssl, ...postfixDelivery],
      async () => {
        await using scratch = new Scratch();
        const authority = await Authority.make(scratch);
        const port = await freePort();
        await using _ = await smtpd(scratch, port, await authority.identity("DNS:mx.test"));
        const tls = `tls=starttls,name=mx.test,ca=${authority.root.certificate}`;
        await using front = await inFront(
          scratch,
          situation,
          "smtp",
          "--connect",
          `127.0.0.1:${port},${tls}`,
        );
        await using talk = await front.dial();
        expect(await talk.read(smtpReply)).toStartWith("220 ");
        expect(await talk.ask("EHLO client.test")).not.toContain("STARTTLS");
        for (const line of ["MAIL FROM:<a@client.test>", "RCPT TO:<u@kit.test>"])
          expect(await talk.ask(line)).toStartWith("250 ");
        expect(await talk.ask("DATA")).toStartWith("354 ");
        expect(await talk.ask("Subject: x\r\n\r\ninside\r\n.")).toStartWith("250 ");
        expect(await talk.ask("QUIT")).toStartWith("221 ");
        const [text] = await until(
          "the mail",
          () => (mailbox(scratch).length > 0 ? mailbox(scratch) : undefined),
          10_000,
        );
        expect(text).toMatch(/^\s+\(using TLSv1\.3 with cipher /m);
      },
    );

    for (const how of ["starttls", "implicit"] as const)
      part(`Dovecot gives a mail, by ${how}`, [built, openssl, ...dovecotNeeds], async () => {
        await using scratch = new Scratch();
        const authority = await Authority.make(scratch);
        const identity = await authority.identity("DNS:mx.test,IP:127.0.0.1");
        await using dovecot = await Dovecot.with(scratch, [letter("body\r\n")], identity);
        const port = how === "starttls" ? dovecot.pop3Port : dovecot.pop3sPort;
        const where = `127.0.0.1:${port},tls=${how},ca=${authority.root.certificate}`;
        await using front = await inFront(scratch, situation, "pop3", "--connect", where);
        await using talk = await front.dial();
        expect(await talk.read(pop3Status)).toStartWith("+OK");
        expect(await talk.ask("CAPA", listBody)).not.toContain("STLS");
        expect(await talk.ask("USER kituser", pop3Status)).toStartWith("+OK");
        expect(await talk.ask("PASS kitpass", pop3Status)).toStartWith("+OK");
        expect(await talk.ask("RETR 1", listBody)).toContain("\r\n\r\nbody\r\n");
        expect(await talk.ask("QUIT", pop3Status)).toStartWith("+OK");
        // In its own log Dovecot tells whether it was TLS.
        const log = () => Bun.file(`${scratch.path}/dovecot.log`).text();
        expect(await log()).toMatch(/Login: user=<kituser>.* TLS/);
      });

    part(
      "stunnel stands in front of one that speaks none",
      [built, openssl, program("stunnel4")],
      async () => {
        await using scratch = new Scratch();
        const authority = await Authority.make(scratch);
        const { certificate, key } = await authority.identity("DNS:mx.test");
        const port = await freePort();
        const script = scratch.file("stub", smtpScript("say '250 2.0.0 taken'"));
        const conf = `foreground = yes\npid =\ncert = ${certificate}\nkey = ${key}\n[kit]\naccept = 127.0.0.1:${port}\nexec = /bin/sh\nexecArgs = sh ${script}\n`;
        await using stunnel = new Service(scratch, ["stunnel4", scratch.file("stunnel.conf", conf)]);
        await stunnel.listens(port);
        const tls = `tls=implicit,name=mx.test,ca=${authority.root.certificate}`;
        await using front = await inFront(
          scratch,
          situation,
          "smtp",
          "--connect",
          `127.0.0.1:${port},${tls}`,
        );
        await using talk = await front.dial();
        expect(await talk.read(smtpReply)).toStartWith("220 ");
        await talk.ask("EHLO client.test");
        await talk.ask("MAIL FROM:<a@client.test>");
        expect(await talk.ask("RCPT TO:<u@kit.test>")).toStartWith("250 ");
        expect(await talk.ask("DATA")).toStartWith("354 ");
        expect(await talk.ask("inside\r\n.")).toStartWith("250 ");
        expect(await talk.ask("QUIT")).toStartWith("221 ");
      },
    );

    part("one that speaks only TLS 1.1 is none", [built, openssl], async () => {
      await using scratch = new Scratch();
      const authority = await Authority.make(scratch);
      const { certificate, key } = await authority.identity("DNS:mx.test");
      const port = await freePort();
      const old = ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"];
      const files = ["-cert", certificate, "-key", key];
      const argv = ["openssl", "s_server", "-www", "-accept", `127.0.0.1:${port}`, ...files, ...old];
      await using server = new Service(scratch, argv);
      await server.listens(port);
      const tls = `tls=implicit,name=mx.test,ca=${authority.root.certificate}`;
      await using front = await inFront(scratch, situation, "smtp", "--connect", `127.0.0.1:${port},${tls}`);
      await using talk = await front.dial();
      expect(await talk.read(smtpReply)).toStartWith("421 ");
      expect(front.log).toMatch(/event=server-unreachable .*error="no TLS: TLSV1_ALERT_PROTOCOL_VERSION"/);
      // It is one that speaks.
      const client = ["openssl", "s_client", "-connect", `127.0.0.1:${port}`, ...old];
      const { stdout } = await run(scratch, client, { input: new Uint8Array(0) });
      expect(stdout.toString()).toContain("Cipher is ECDHE-");
    });
  });

describe("A listener between two that speak TLS", () => {
  for (const how of ["optional", "implicit"] as const)
    part(`speaks it with both, where clients have it ${how}`, [built, openssl], async () => {
      await using scratch = new Scratch();
      const authority = await Authority.make(scratch);
      const identity = await authority.identity("DNS:mx.test");
      using server = new TlsServer({ identity, ...smtpServer() });
      const own = ["--tls", how, "--tls-cert", identity.certificate, "--tls-key", identity.key];
      const tls = `tls=starttls,name=mx.test,ca=${authority.root.certificate}`;
      await using standing = await Standing.start(scratch, {
        options: own,
        server: ["--connect", `127.0.0.1:${server.port},${tls}`],
      });
      const asks = how === "optional" ? ["-starttls", "smtp"] : [];
      const argv = ["openssl", "s_client", "-quiet", "-connect", `127.0.0.1:${standing.port}`, ...asks];
      const input = Buffer.from("EHLO inner.test\r\nNOOP\r\nQUIT\r\n");
      const { stdout } = await run(scratch, argv, { input });
      expect(stdout.toString()).toMatch(/250-[^\r\n]*\r\n(?:250.*\r\n)+221 /);
      expect(server.inside).toContain("EHLO inner.test\r\n");
      expect(server.clear).toMatch(/^EHLO [^\r\n]+\r\nSTARTTLS\r\n$/);
      expect(standing.log).toContain("event=tls ");
    });
});
