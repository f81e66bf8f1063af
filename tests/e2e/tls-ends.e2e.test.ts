// How a session in TLS ends: with close_notify or without, in a message or between two, and with a client that says all
// it has at once and leaves.

import { describe, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { part } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { SITUATIONS, TlsFront, tlsNeeds, type Visit } from "./parts/tlsfront.ts";

const fates = (scratch: Scratch) =>
  existsSync(`${scratch.path}/fate`) ? readFileSync(`${scratch.path}/fate`, "latin1") : "";

const ENVELOPE = "EHLO c.test\r\nMAIL FROM:<a@c.test>\r\nRCPT TO:<u@kit.test>\r\nDATA\r\n";

/** In TLS. */
async function come(front: TlsFront): Promise<Visit> {
  const visit = await front.come();
  await visit.client.talk.read(smtpReply);
  expect(await visit.client.talk.ask("STARTTLS")).toStartWith("220 ");
  await visit.client.secure();
  return visit;
}

/** In the middle of a message, in TLS. */
async function inData(front: TlsFront): Promise<Visit> {
  const visit = await come(front);
  const { talk } = visit.client;
  await talk.send(ENVELOPE);
  for (const status of ["250-", "250 ", "250 ", "354 "])
    expect(await talk.read(smtpReply)).toStartWith(status);
  await talk.send("Subject: half\r\n\r\nhalf\r\n");
  await Bun.sleep(100);
  return visit;
}

for (const situation of SITUATIONS)
  describe(`A session in TLS, ${situation}`, () => {
    const stand = (scratch: Scratch) =>
      TlsFront.stand(situation, scratch, { protocol: "smtp", mode: "required" });

    for (const [what, leave] of [
      ["the end of the connection", (visit: Visit) => visit.client.end()],
      ["a reset", (visit: Visit) => visit.client.reset()],
      ["close_notify", (visit: Visit) => visit.client.notify()],
      [
        "close_notify and the end of the connection",
        (visit: Visit) => {
          visit.client.notify();
          visit.client.end();
        },
      ],
      [
        "half a record and the end of the connection",
        (visit: Visit) => {
          visit.client.raw("\x17\x03\x03\0\x40");
          visit.client.end();
        },
      ],
      ["octets that are no record", (visit: Visit) => visit.client.raw(".\r\n.\r\n")],
      ["a forged record", (visit: Visit) => visit.client.raw(`\x17\x03\x03\0\x20${".\r\n".repeat(11)}`)],
    ] as const)
      part(`that ends in a message by ${what} commits nothing`, tlsNeeds, async () => {
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        await using visit = await inData(front);
        leave(visit);
        await visit.end();
        await until("a server that is gone", () => (front.standing?.servers.length ?? 0) === 0 || undefined);
        // Neither taken for whole, nor ended by an end of its input.
        expect(fates(scratch)).toBe("");
        expect(visit.log()).toContain("event=incomplete-message");
        expect(visit.log()).not.toMatch(/event=(?:message|fault) /);
      });

    part("that ends with the message's last octet but one commits nothing", tlsNeeds, async () => {
      await using scratch = new Scratch();
      await using front = await stand(scratch);
      await using visit = await inData(front);
      await visit.client.talk.send(".\r");
      visit.client.notify();
      visit.client.end();
      await visit.end();
      expect(fates(scratch)).toBe("");
    });

    part("in which all is said at once, QUIT too, has all its answers", tlsNeeds, async () => {
      for (const half of ["notify", "end", "both"] as const) {
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        await using visit = await come(front);
        const { client } = visit;
        await client.talk.send(`EHLO c.test\r\n${"NOOP\r\n".repeat(50)}RSET\r\nQUIT\r\n`);
        if (half !== "end") client.notify();
        if (half !== "notify") client.end();
        const said = await client.talk.end();
        expect([half, said.match(/^250 2\.0\.0 /gm)?.length]).toEqual([half, 51]);
        expect(said).toContain("221 2.0.0 ");
        expect(await client.ended).toBe("notify");
        await visit.end();
        expect(visit.log()).toMatch(/event=end reason=quit /);
      }
    });

    part("that ends between two commands ends its server's, without a QUIT of ours", tlsNeeds, async () => {
      for (const how of ["notify", "end", "reset"] as const) {
        await using scratch = new Scratch();
        await using front = await stand(scratch);
        await using visit = await come(front);
        expect(await visit.client.talk.ask("EHLO c.test")).toStartWith("250");
        visit.client[how]();
        await visit.end();
        expect(front.heard).toEqual(["EHLO c.test"]);
        expect(visit.log()).toMatch(/event=end reason=client-(?:end|lost) /);
      }
    });

    part("with a client that does not close ends all the same", tlsNeeds, async () => {
      await using scratch = new Scratch();
      await using front = await stand(scratch);
      await using visit = await come(front);
      expect(await visit.client.talk.ask("QUIT")).toStartWith("221 ");
      expect(await visit.client.ended).toBe("notify");
      await visit.end();
    });

    part("a message of some megabytes comes whole, in records of any size", tlsNeeds, async () => {
      await using scratch = new Scratch();
      await using front = await stand(scratch);
      await using visit = await come(front);
      const { talk } = visit.client;
      await talk.send(ENVELOPE);
      for (const status of ["250-", "250 ", "250 ", "354 "])
        expect(await talk.read(smtpReply)).toStartWith(status);
      const lines = Array.from({ length: 8_000 }, (_, line) => `${line} ${"x".repeat(line % 70)}`);
      await talk.send(`${lines.join("\r\n")}\r\n`);
      visit.client.send("last\r\n.\r\n", { record: 1 });
      expect(await talk.read(smtpReply, 20_000)).toStartWith("250 2.0.0 ");
      expect(fates(scratch)).toBe("whole\n");
      const message = readFileSync(`${scratch.path}/message`, "latin1").split("\n").slice(0, -1);
      expect(message.filter((line) => !/^[A-Za-z-]+: |^$/.test(line))).toEqual([...lines, "last"]);
    });
  });
