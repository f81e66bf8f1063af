// Handshakes that fail, and those that are strange and do not: how each ends, what the log calls it, and that nothing is
// ever said in the clear again.

import { describe, expect } from "bun:test";
import { hello, latin1, messageIn, NAMELESS, recordsOf } from "../wire/hellos.ts";
import { smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { waiting } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { cpuMilliseconds } from "./parts/supervised.ts";
import { SITUATIONS, TlsFront, tlsNeeds, type Visit } from "./parts/tlsfront.ts";
import type { Handshake } from "./parts/tlstalk.ts";

const MODES = ["optional", "implicit"] as const;
type Mode = (typeof MODES)[number];

/** Up to where a handshake begins. */
async function come(front: TlsFront, mode: Mode): Promise<Visit> {
  const visit = await front.come();
  if (mode === "optional") {
    await visit.client.talk.read(smtpReply);
    expect(await visit.client.talk.ask("STARTTLS")).toStartWith("220 ");
  }
  return visit;
}

/** What is said in a session that went well, up to its end. */
async function well(visit: Visit, plan: Handshake, mode: Mode): Promise<void> {
  await visit.client.secure(plan);
  const { talk } = visit.client;
  if (mode === "implicit") expect(await talk.read(smtpReply)).toStartWith("220 ");
  expect(await talk.ask("EHLO c.test")).toStartWith("250-");
  expect(await talk.ask("QUIT")).toStartWith("221 ");
  expect(await visit.client.ended).toBe("notify");
  visit.client.end();
  await visit.end();
}

const BAD: readonly (readonly [what: string, reason: string, octets: Uint8Array])[] = [
  ["plain text", "plaintext", latin1("EHLO c.test\r\n")],
  ["a hello of SSL 2", "plaintext", latin1("\x80\x2e\x01\x03\x01\0\x15\0\0\0\x10\x01\0\x80")],
  ["zeros", "plaintext", new Uint8Array(100)],
  ["a hello of 100 KB", "alert", hello({ padding: 60_000 })],
  ["a record of too many octets", "alert", latin1("\x16\x03\x01\xff\xff\x01")],
  ["an empty record", "alert", latin1("\x16\x03\x01\0\0")],
  ["another message", "alert", recordsOf(latin1("\x02\0\0\x04abcd"))],
  ["a hello that ends in a field", "alert", recordsOf(messageIn(NAMELESS).fill(0xff, 71, 73))],
];

for (const situation of SITUATIONS)
  for (const mode of MODES)
    describe(`A handshake, ${mode}, ${situation}`, () => {
      const stand = (scratch: Scratch, ...options: string[]) =>
        TlsFront.stand(situation, scratch, { protocol: "smtp", mode, options });
      /** Of clients that never came to speak TLS. */
      const isSilent = (front: TlsFront, visit: Visit, reason: string) => {
        expect(visit.log()).toMatch(new RegExp(`event=tls-failed reason=${reason}\\n`));
        expect(visit.log()).toMatch(/event=end reason=tls-failed /);
        expect(visit.log()).not.toMatch(/event=tls |event=fault/);
        expect(front.heard).toEqual([]);
      };

      waiting("that is none ends the connection, and nothing is said", tlsNeeds, async () => {
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        for (const [what, reason, octets] of BAD) {
          await using visit = await come(front, mode);
          const before = visit.client.talk.received;
          visit.client.raw(octets);
          await visit.client.ended;
          await visit.end();
          expect([what, visit.client.talk.received]).toEqual([what, before]);
          isSilent(front, visit, reason);
        }
        if (mode === "implicit") expect(front.started).toBeLessThanOrEqual(BAD.length - 5);
      });

      for (const [version, least] of [
        ["1.0", "TLSv1"],
        ["1.1", "TLSv1_1"],
      ] as const)
        waiting(`of TLS ${version} is refused`, tlsNeeds, async () => {
          await using scratch = new Scratch();
          await using front = await stand(scratch);
          await using visit = await come(front, mode);
          expect(await visit.client.refused({ least, most: least })).toMatch(/PROTOCOL_VERSION|ALERT/i);
          await visit.end();
          isSilent(front, visit, "version");
        });

      waiting("of TLS 1.2 is done, and with --tls-profile modern refused", tlsNeeds, async () => {
        const old = { most: "TLSv1_2" } as const;
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        await using visit = await come(front, mode);
        await well(visit, old, mode);
        expect(visit.log()).toMatch(/event=tls tls=TLSv1\.2 cipher=ECDHE-ECDSA-AES\S+ cert=mx\.test\n/);
        await using second = new Scratch();
        await using modern = await stand(second, "--tls-profile", "modern");
        await using refused = await come(modern, mode);
        await refused.client.refused(old);
        await refused.end();
        isSilent(modern, refused, "version");
        await using taken = await come(modern, mode);
        await well(taken, {}, mode);
      });

      waiting("without a cipher or a kind of certificate in common is refused", tlsNeeds, async () => {
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        for (const ciphers of ["AES128-SHA:@SECLEVEL=0", "ECDHE-RSA-AES128-GCM-SHA256"]) {
          await using visit = await come(front, mode);
          await visit.client.refused({ most: "TLSv1_2", ciphers });
          await visit.end();
          isSilent(front, visit, "no-cipher");
        }
      });

      waiting("that the client does not go on with is given up after --tls-timeout", tlsNeeds, async () => {
        await using scratch = new Scratch();
        await using front = await stand(scratch, "--tls-timeout", "1");
        for (const plan of [{ stop: 0 }, { stop: 3 }, { stop: 200 }, { mute: true }] as const) {
          // Before it comes: by then nobody's time has begun.
          const since = performance.now();
          await using visit = await come(front, mode);
          visit.client.begin(plan);
          await visit.client.ended;
          const took = performance.now() - since;
          expect(took).toBeWithin(900, 3000);
          await visit.end();
          isSilent(front, visit, "timeout");
        }
      });

      waiting(
        "of one octet a second has so long as --tls-timeout, and costs no processor time",
        tlsNeeds,
        async () => {
          await using scratch = new Scratch();
          await using front = await stand(scratch, "--tls-timeout", "4");
          const since = performance.now();
          await using visit = await come(front, mode);
          await Bun.sleep(300);
          const before = cpuMilliseconds(visit.pid);
          visit.client.begin({ segment: 1, pause: 1 });
          await visit.client.ended;
          expect(performance.now() - since).toBeWithin(3000, 8000);
          // A process for each client has gone by now.
          if (front.standing !== null) expect(cpuMilliseconds(visit.pid) - before).toBeLessThanOrEqual(100);
          await visit.end();
          isSilent(front, visit, "timeout");
        },
      );

      waiting("that a client leaves at any moment is over at once", tlsNeeds, async () => {
        await using scratch = new Scratch();
        await using front = await stand(scratch, "--tls-timeout", "20");
        const plans: Handshake[] = [{ stop: 0 }, { stop: 1 }, { stop: 4 }, { stop: 100 }, { mute: true }];
        for (const plan of plans)
          for (const how of ["end", "reset"] as const) {
            await using visit = await come(front, mode);
            const since = performance.now();
            visit.client.begin(plan);
            await Bun.sleep(150);
            visit.client[how]();
            await visit.end();
            const name = `${JSON.stringify(plan)} ${how}`;
            expect([name, performance.now() - since < 8_000]).toEqual([name, true]);
            expect(visit.log()).toMatch(/event=tls-failed reason=(?:eof|alert)\n/);
            expect(front.heard).toEqual([]);
          }
      });

      waiting("with an alert of the client's is over", tlsNeeds, async () => {
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        await using visit = await come(front, mode);
        visit.client.begin({ mute: true });
        await Bun.sleep(100);
        visit.client.raw("\x15\x03\x03\0\x02\x02\x28");
        await visit.client.ended;
        await visit.end();
        isSilent(front, visit, "alert");
      });

      waiting("in small pieces, or with a large hello, is done", tlsNeeds, async () => {
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        const plans: readonly Handshake[] = [
          { record: 1 },
          { record: 7, segment: 5 },
          { record: 100, segment: 64, pause: 0.002 },
          { padding: 3000 },
          { padding: 12_000, segment: 1000, pause: 0.005 },
          { padding: 2000, record: 10 },
          { sni: "mx.test" },
        ];
        for (const plan of plans) {
          await using visit = await come(front, mode);
          await well(visit, plan, mode);
        }
      });

      waiting("slow as can be is done, and costs next to nothing", tlsNeeds, async () => {
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        await using visit = await come(front, mode);
        await Bun.sleep(300);
        const before = cpuMilliseconds(visit.pid);
        visit.client.begin({ segment: 10, pause: 0.1 });
        await Bun.sleep(5_000);
        expect(cpuMilliseconds(visit.pid) - before).toBeLessThanOrEqual(150);
        const { talk } = visit.client;
        if (mode === "implicit") expect(await talk.read(smtpReply, 15_000)).toStartWith("220 ");
        expect(await talk.ask("QUIT")).toStartWith("221 ");
      });

      waiting("leaves nothing behind in a process that goes on", tlsNeeds, async () => {
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        const { standing } = front;
        if (standing === null) return;
        const [worker] = standing.workers;
        const descriptors = () =>
          Bun.spawnSync(["ls", `/proc/${worker}/fd`])
            .stdout.toString()
            .split("\n").length;
        const once = async () => {
          await using good = await come(front, mode);
          await well(good, {}, mode);
          for (const [, , octets] of BAD.slice(0, 4)) {
            await using bad = await come(front, mode);
            bad.client.raw(octets);
            await bad.client.ended;
            await bad.end();
          }
          await using gone = await come(front, mode);
          gone.client.begin({ mute: true });
          await Bun.sleep(50);
          gone.client.reset();
          await gone.end();
        };
        await once();
        const before = descriptors();
        for (let round = 0; round < 3; round++) await once();
        await until("no more descriptors than before", () => (descriptors() <= before ? true : undefined));
        expect(standing.workers).toEqual([worker!]);
      });
    });
