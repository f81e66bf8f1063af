// TLS asked for, and had: what is offered before and after it, that it forgets, and that passwords wait for it.

import { describe, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { type Conversation, pop3Status, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { part } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { SITUATIONS, TlsFront, tlsNeeds } from "./parts/tlsfront.ts";

/** One whole answer of several lines. */
const pop3List = /^\+OK[^\r\n]*\r\n(?:[^.\r\n][^\r\n]*\r\n)*\.\r\n/;

async function greeted(talk: Conversation): Promise<void> {
  expect(await talk.read(smtpReply)).toStartWith("220 ");
}

for (const situation of SITUATIONS)
  describe(`TLS, ${situation}`, () => {
    part("is offered, asked for and spoken, and forgets what was said before", tlsNeeds, async () => {
      await using scratch = new Scratch();
      await using front = await TlsFront.stand(situation, scratch, {
        ...{ protocol: "smtp", mode: "optional", options: ["--auth", "pass"] },
      });
      await using visit = await front.come();
      const { client } = visit;
      const { talk } = client;
      await greeted(talk);
      const before = await talk.ask("EHLO before.test");
      expect(before).toContain("STARTTLS");
      expect(before).not.toContain("AUTH");
      expect(await talk.ask("AUTH PLAIN AHUAc2VjcmV0")).toStartWith("504 5.5.4 ");
      expect(await talk.ask("STARTTLS now")).toStartWith("501 ");
      expect(await talk.ask("STARTTLS")).toStartWith("220 2.0.0 ");
      expect(await client.secure()).toMatchObject({ version: "TLSv1.3", certificate: "mx.test" });
      expect(await talk.ask("MAIL FROM:<a@c.test>")).toStartWith("503 ");
      const offered = await talk.ask("EHLO after.test");
      expect(offered).toContain("AUTH PLAIN LOGIN");
      expect(offered).not.toContain("STARTTLS");
      expect(await talk.ask("STARTTLS")).toStartWith("503 ");
      expect(await talk.ask("AUTH PLAIN AHUAc2VjcmV0")).toStartWith("235 ");
      expect(await talk.ask("QUIT")).toStartWith("221 ");
      expect(await client.ended).toBe("notify");
      client.notify();
      client.end();
      await visit.end();
      expect(front.heard).toEqual(["EHLO before.test", "EHLO after.test", "AUTH PLAIN AHUAc2VjcmV0", "QUIT"]);
      expect(visit.log()).toMatch(/event=tls tls=TLSv1\.3 cipher=TLS_\w+ cert=mx\.test\n/);
      expect(visit.log()).toMatch(/event=login method=PLAIN attempt=1 tls=TLSv1\.3 user=u\n/);
      expect(visit.log()).toMatch(/event=end reason=quit /);
      expect(visit.log()).not.toContain("AHUAc2VjcmV0");
    });

    part("is what a login by POP3 waits for", tlsNeeds, async () => {
      await using scratch = new Scratch();
      await using front = await TlsFront.stand(situation, scratch, { protocol: "pop3", mode: "required" });
      await using visit = await front.come();
      const { client } = visit;
      const { talk } = client;
      expect(await talk.read(pop3Status)).toStartWith("+OK ");
      expect(await talk.ask("USER u", pop3Status)).toStartWith("-ERR ");
      expect(await talk.ask("PASS secret", pop3Status)).toStartWith("-ERR ");
      expect(await talk.ask("CAPA", pop3List)).toBe("+OK\r\nSTLS\r\n.\r\n");
      expect(await talk.ask("STLS", pop3Status)).toStartWith("+OK ");
      await client.secure();
      expect(await talk.ask("CAPA", pop3List)).toBe("+OK\r\nUSER\r\n.\r\n");
      expect(await talk.ask("STLS", pop3Status)).toStartWith("-ERR ");
      expect(await talk.ask("USER u", pop3Status)).toStartWith("+OK ");
      expect(await talk.ask("PASS secret", pop3Status)).toStartWith("+OK");
      expect(await talk.ask("QUIT", pop3Status)).toStartWith("+OK");
      expect(await client.ended).toBe("notify");
      client.end();
      await visit.end();
      expect(front.heard).toEqual(["CAPA", "CAPA", "USER u", "PASS secret", "QUIT"]);
      expect(visit.log()).toMatch(/event=login method=PASS attempt=1 tls=TLSv1\.3 user=u\n/);
    });

    for (const mode of ["optional", "implicit"] as const)
      part(`${mode} is told to the server where it is spoken when that starts`, tlsNeeds, async () => {
        await using scratch = new Scratch();
        const server = [
          "/bin/sh",
          "-c",
          `printf '220 %s\\r\\n' "$PROTO $1" >"$0/told"; read -r line`,
          scratch.path,
          "{tls}",
        ];
        await using front = await TlsFront.stand(situation, scratch, { protocol: "smtp", mode, server });
        await using visit = await front.come();
        if (mode === "implicit") await visit.client.secure();
        const told = () =>
          existsSync(`${scratch.path}/told`) ? readFileSync(`${scratch.path}/told`, "latin1") : "";
        await until("a server", () => (told() === "" ? undefined : true));
        expect(told()).toBe(mode === "implicit" ? "220 SSL tls\r\n" : "220 TCP {tls}\r\n");
      });

    part("required is what mail waits for", tlsNeeds, async () => {
      await using scratch = new Scratch();
      await using front = await TlsFront.stand(situation, scratch, { protocol: "smtp", mode: "required" });
      await using visit = await front.come();
      const { client } = visit;
      const { talk } = client;
      await greeted(talk);
      for (const line of ["MAIL FROM:<a@c.test>", "AUTH PLAIN AHUAc2VjcmV0", "RSET", "VRFY u"])
        expect(await talk.ask(line)).toStartWith("530 5.7.0 ");
      for (const line of ["NOOP", "HELO c.test", "EHLO c.test"])
        expect(await talk.ask(line)).toStartWith("250");
      expect(await talk.ask("STARTTLS")).toStartWith("220 ");
      await client.secure();
      expect(await talk.ask("EHLO c.test")).toStartWith("250");
      // Pipelined as before.
      await talk.send("MAIL FROM:<a@c.test>\r\nRCPT TO:<u@kit.test>\r\nDATA\r\n");
      for (const status of ["250 ", "250 ", "354 "]) expect(await talk.read(smtpReply)).toStartWith(status);
      await talk.send("Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n");
      for (const status of ["250 ", "221 "]) expect(await talk.read(smtpReply)).toStartWith(status);
      expect(await client.ended).toBe("notify");
      client.end();
      await visit.end();
      expect(visit.log()).toMatch(/event=message .*tls=TLSv1\.3 from=/);
    });

    for (const protocol of ["smtp", "pop3", "line", "finger"] as const)
      part(
        `from the first octet on is spoken by ${protocol}, whose server starts with the client's first record`,
        tlsNeeds,
        async () => {
          await using scratch = new Scratch();
          await using front = await TlsFront.stand(situation, scratch, { protocol, mode: "implicit" });
          await using visit = await front.come();
          const { client } = visit;
          const { talk } = client;
          await Bun.sleep(300);
          expect([front.started, talk.received]).toEqual([0, ""]);
          client.begin({ stop: 20 });
          await Bun.sleep(300);
          expect([front.started, talk.received]).toEqual([0, ""]);
          await using other = await front.come();
          const { talk: inside } = other.client;
          await other.client.secure();
          if (protocol === "smtp") {
            await greeted(inside);
            expect(await inside.ask("STARTTLS")).toStartWith("503 ");
            const offered = await inside.ask("EHLO c.test");
            expect(offered).not.toContain("STARTTLS");
            expect(await inside.ask("QUIT")).toStartWith("221 ");
          } else if (protocol === "pop3") {
            expect(await inside.read(pop3Status)).toStartWith("+OK ");
            expect(await inside.ask("STLS", pop3Status)).toStartWith("-ERR ");
            expect(await inside.ask("QUIT", pop3Status)).toStartWith("+OK");
          } else {
            expect(await inside.ask("hello", /^.*\r\n/)).toBe("heard hello\r\n");
            other.client.notify();
          }
          expect(await other.client.ended).toBe("notify");
          other.client.end();
          await other.end();
          expect(front.started).toBe(1);
          expect(other.log()).toMatch(/event=tls tls=TLSv1\.3/);
          client.reset();
          await visit.end();
          expect(front.started).toBe(1);
          expect(visit.log()).toMatch(/event=tls-failed reason=eof\n/);
        },
      );
  });
