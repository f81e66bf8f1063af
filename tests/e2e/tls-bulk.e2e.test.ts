// Mail of megabytes in TLS, both ways: every octet arrives, whoever is slow.

import { describe, expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { part } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { SITUATIONS, TlsFront, tlsNeeds } from "./parts/tlsfront.ts";
import { protowrap } from "./parts/wrapper.ts";

/** Lines that are all different, so that none can be lost, or come twice, unseen. */
const LINES = Array.from({ length: 80_000 }, (_, line) => `${line} ${"x".repeat(line % 71)}`);
const TEXT = `Subject: bulk\r\n\r\n${LINES.join("\r\n")}\r\n`;
/** More than the kernel takes for a client that does not read. */
const ALL = Array.from({ length: 8 }, (_, part) => `${part}: ${LINES.join("\r\n")}\r\n`).join("");

for (const situation of SITUATIONS)
  describe(`Of megabytes, ${situation}`, () => {
    part("a message is delivered whole", tlsNeeds, async () => {
      await using scratch = new Scratch();
      const maildir = scratch.directory("maildir");
      for (const folder of ["new", "cur", "tmp"]) scratch.directory(`maildir/${folder}`);
      const sink = (protocol: string) => [protowrap, "sink", protocol, "--maildir", maildir];
      await using front = await TlsFront.stand(situation, scratch, {
        ...{ protocol: "smtp", mode: "implicit", server: sink("smtp") },
      });
      await using visit = await front.come();
      const { client } = visit;
      const { talk } = client;
      await client.secure();
      await talk.read(smtpReply);
      await talk.send("EHLO c.test\r\nMAIL FROM:<a@c.test>\r\nRCPT TO:<u@kit.test>\r\nDATA\r\n");
      for (const status of ["250-", "250 ", "250 ", "354 "])
        expect(await talk.read(smtpReply)).toStartWith(status);
      await talk.send(`${TEXT}.\r\n`);
      expect(await talk.read(smtpReply, 30_000)).toStartWith("250 2.0.0 ");
      expect(await talk.ask("QUIT")).toStartWith("221 ");
      await visit.end();
      const files = readdirSync(`${maildir}/new`);
      expect(files).toHaveLength(1);
      const stored = readFileSync(`${maildir}/new/${files[0]}`, "latin1").replace(/\r\n/g, "\n");
      expect(stored.endsWith(TEXT.replace(/\r\n/g, "\n"))).toBe(true);
    });

    part(
      "what a server says waits for a client that does not read, in little memory, and is heard whole",
      tlsNeeds,
      async () => {
        await using scratch = new Scratch();
        const file = scratch.file("text", ALL);
        await using front = await TlsFront.stand(situation, scratch, {
          ...{ protocol: "line", mode: "implicit" },
          server: ["/bin/sh", "-c", `read -r line; cat ${file}`, scratch.path],
        });
        await using visit = await front.come();
        const { client } = visit;
        await client.secure();
        await client.talk.send("go\r\n");
        client.suspend();
        await Bun.sleep(1500);
        expect(residentMegabytes(visit.pid)).toBeLessThan(200);
        client.resume();
        await until("all of it", () => client.talk.received.length >= ALL.length || undefined, 30_000);
        expect(client.talk.received === ALL).toBe(true);
        expect(await client.ended).toBe("notify");
      },
    );
  });

function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))![1]) / 1024;
}
