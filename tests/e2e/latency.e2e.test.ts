// No octet waits for an acknowledgement, whatever way the client comes: a kernel that gathers small writes keeps the
// second one back until the first is acknowledged, which a client that waits for the rest puts off for 40 ms. Medians,
// since a busy machine is slow now and then, and not every time. `npm run bench` has the figures themselves.

import { describe, expect } from "bun:test";
import { type Conversation, smtpReply } from "./parts/conversation.ts";
import { part } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { behind, pop3Script, smtpScript } from "./parts/scripted.ts";
import { TRANSPORTS } from "./parts/transport.ts";

/** Less than any delay of an acknowledgement, and far more than an exchange takes. */
const MOST_MS = 30;
/** A new connection is acknowledged at once for a while: most of these come later. */
const TIMES = 41;

const BATCH = ["MAIL FROM:<a@c.test>", "RCPT TO:<u@kit.test>", "RCPT TO:<v@kit.test>", "DATA", ""];

async function median(once: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const since = performance.now();
    await once();
    took.push(performance.now() - since);
  }
  return took.sort((a, b) => a - b)[TIMES >> 1]!;
}

async function replies(talk: Conversation, codes: readonly string[]): Promise<void> {
  for (const code of codes) expect(await talk.read(smtpReply)).toStartWith(code);
}

for (const transport of TRANSPORTS)
  describe(`By ${transport.name} no octet waits for an acknowledgement`, () => {
    part("of a pipelined batch and its message", transport.needs, async () => {
      await using scratch = new Scratch();
      await using front = await transport.stand(behind(scratch, "smtp", smtpScript("say '250 2.0.0 taken'")));
      await using link = await front.come();
      const { talk } = link;
      await talk.read(smtpReply);
      await talk.ask("EHLO c.test");
      const took = await median(async () => {
        await talk.send(BATCH.join("\r\n"));
        await replies(talk, ["250", "250", "550", "354"]);
        await talk.send("Subject: x\r\n\r\nOne line.\r\n.\r\n");
        await replies(talk, ["250 2.0.0 taken"]);
      });
      expect(took).toBeLessThan(MOST_MS);
    });

    part("of a message that is retrieved, and comes in pieces", transport.needs, async () => {
      await using scratch = new Scratch();
      const pieces = "RETR*) say '+OK'; sleep 0.001; say 'text'; say '.';;\nQUIT*)";
      const script = pop3Script("say '+OK'").replace("QUIT*)", pieces);
      await using front = await transport.stand(behind(scratch, "pop3", script));
      await using link = await front.come();
      const { talk } = link;
      await talk.read(/^\+OK.*\r\n/);
      for (const line of ["USER u", "PASS p", "STAT"]) await talk.ask(line, /^\+OK.*\r\n/);
      const took = await median(() => talk.ask("RETR 1", /^\+OK.*\r\ntext\r\n\.\r\n/));
      expect(took).toBeLessThan(MOST_MS);
    });
  });
