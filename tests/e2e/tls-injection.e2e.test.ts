// What is said in the clear behind the command that asks for TLS, to be taken for something said in TLS (CVE-2011-0411):
// none of it is ever answered or forwarded, wherever it is cut, and the log tells of it.

import { describe, expect } from "bun:test";
import { pop3Status, smtpReply, type Whole } from "./parts/conversation.ts";
import { part, waiting } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { sieveAnswer } from "./parts/sievetalk.ts";
import { SITUATIONS, TlsFront, tlsNeeds, type Visit } from "./parts/tlsfront.ts";

const PROTOCOLS = {
  smtp: {
    ask: "STARTTLS\r\n",
    greeting: smtpReply,
    evil: "EHLO evil.test\r\n",
    yes: "220 2.0.0 Ready to start TLS\r\n",
    no: "501 5.5.4 Nothing may follow STARTTLS\r\n",
    bye: "QUIT",
  },
  pop3: {
    ask: "STLS\r\n",
    greeting: pop3Status,
    evil: "CAPA\r\n",
    yes: "+OK begin TLS\r\n",
    no: "-ERR nothing may follow STLS\r\n",
    bye: "QUIT",
  },
  managesieve: {
    ask: "STARTTLS\r\n",
    greeting: sieveAnswer,
    evil: "CAPABILITY\r\n",
    yes: 'OK "begin TLS"\r\n',
    no: 'BYE "nothing may follow STARTTLS"\r\n',
    bye: "LOGOUT",
  },
} as const;

/** Octets of a read in a dialogue: src/io/reader.ts. */
const READ = 16_384;

/** A session in which nothing but the greeting is expected of the server. */
async function come(front: TlsFront, greeting: Whole): Promise<Visit> {
  const visit = await front.come();
  await visit.client.talk.read(greeting);
  return visit;
}

for (const situation of SITUATIONS)
  for (const [protocol, { ask, greeting, evil, yes, no, bye }] of Object.entries(PROTOCOLS))
    describe(`Behind ${ask.trim()} of ${protocol}, ${situation}`, () => {
      const stand = (scratch: Scratch) =>
        TlsFront.stand(situation, scratch, { protocol, mode: "optional", options: ["--tls-timeout", "5"] });

      part(
        "a command in the same segment ends the session, wherever the segment is cut",
        tlsNeeds,
        async () => {
          await using scratch = new Scratch();
          await using front = await stand(scratch);
          const whole = ask + evil;
          for (let cut = ask.length + 1; cut <= whole.length; cut += 3) {
            await using visit = await come(front, greeting);
            visit.client.raw(whole.slice(0, cut));
            expect(await visit.client.talk.end()).toBe(no);
            await visit.end();
            expect(visit.log()).toMatch(/event=tls-failed reason=injected\n/);
            expect(visit.log()).toMatch(/event=end reason=tls-failed /);
          }
          expect(front.heard).toEqual([]);
        },
      );

      part("a command in the next segment, before the answer, does the same", tlsNeeds, async () => {
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        // The kernel has both when we come to read the first.
        const standing = front.standing;
        for (let round = 0; round < 3; round++) {
          await using visit = await come(front, greeting);
          for (const pid of standing === null ? [visit.pid] : standing.workers) process.kill(pid, "SIGSTOP");
          visit.client.raw(ask);
          await Bun.sleep(30);
          visit.client.raw(evil);
          await Bun.sleep(30);
          for (const pid of standing === null ? [visit.pid] : standing.workers) process.kill(pid, "SIGCONT");
          expect(await visit.client.talk.end()).toBe(no);
          await visit.end();
          expect(visit.log()).toMatch(/event=tls-failed reason=injected\n/);
        }
        expect(front.heard).toEqual([]);
      });

      part("a command that the kernel still has does the same", tlsNeeds, async () => {
        await using scratch = new Scratch();
        const options = ["--max-errors", "0"];
        await using front = await TlsFront.stand(situation, scratch, { protocol, mode: "optional", options });
        const { standing } = front;
        // What one read gives ends with the line that asks for TLS, whether one octet was awaited before it or not.
        for (const whole of [READ, READ + 1]) {
          await using visit = await come(front, greeting);
          const before = `${"x".repeat((whole - ask.length) % 4)}${"xx\r\n".repeat((whole - ask.length) / 4)}`;
          for (const pid of standing === null ? [visit.pid] : standing.workers) process.kill(pid, "SIGSTOP");
          visit.client.raw(before + ask + evil);
          await Bun.sleep(100);
          for (const pid of standing === null ? [visit.pid] : standing.workers) process.kill(pid, "SIGCONT");
          expect(await visit.client.talk.end()).toEndWith(no);
          await visit.end();
          expect(visit.log()).toMatch(/event=tls-failed reason=injected\n/);
        }
        expect(front.heard).toEqual([]);
      });

      part("a large chunk of commands does the same", tlsNeeds, async () => {
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        await using visit = await come(front, greeting);
        visit.client.raw(ask + evil.repeat(20_000));
        expect(await visit.client.talk.end()).toStartWith(no.slice(0, 4));
        await visit.end();
        expect(visit.log()).toMatch(/event=tls-failed reason=injected\n/);
        expect(front.heard).toEqual([]);
      });

      for (const [what, octets] of [
        ["a command", evil],
        ["half a command", evil.slice(0, 3)],
        ["one octet", evil.slice(0, 1)],
      ] as const)
        part(`${what} between the answer and the handshake breaks that`, tlsNeeds, async () => {
          await using scratch = new Scratch();
          await using front = await stand(scratch);
          await using visit = await come(front, greeting);
          visit.client.raw(ask);
          await visit.client.talk.read(greeting);
          visit.client.raw(octets);
          await visit.client.refused();
          await visit.end();
          expect(visit.client.talk.received.split(yes)[1]).toBe("");
          expect(visit.log()).toMatch(/event=tls-failed reason=plaintext\n/);
          expect(visit.log()).not.toMatch(/event=tls /);
          expect(front.heard).toEqual([]);
        });

      part(
        "a hello at once is an injection, too: nobody need guess where the command ends",
        tlsNeeds,
        async () => {
          await using scratch = new Scratch();
          await using front = await stand(scratch);
          await using visit = await come(front, greeting);
          visit.client.raw(`${ask}\x16\x03\x01`);
          expect(await visit.client.talk.end()).toBe(no);
          await visit.end();
          expect(visit.log()).toMatch(/event=tls-failed reason=injected\n/);
        },
      );

      waiting("in records behind the handshake's last it is said in TLS", tlsNeeds, async () => {
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        await using visit = await come(front, greeting);
        const { client } = visit;
        client.raw(ask);
        await client.talk.read(greeting);
        client.begin();
        client.send(`${evil}${bye}\r\n`, { record: 1 });
        expect(await client.ended).toBe("notify");
        await visit.end();
        expect(front.heard).toEqual([evil.trim(), bye]);
      });
    });
