// A message that comes too slowly, over a real socket, in real time: five minutes and a little.

import { expect } from "bun:test";
import { smtpReply } from "../e2e/parts/conversation.ts";
import { built, part } from "../e2e/parts/missing.ts";
import { Scratch } from "../e2e/parts/scratch.ts";
import { onScript, smtpScript } from "../e2e/parts/scripted.ts";

part(
  "A message of less than --min-rate is given up after five minutes, and one that keeps to it is not",
  [built],
  async () => {
    await using scratch = new Scratch();
    const drip = async (octets: number) => {
      await using wrapper = await onScript(scratch, "smtp", smtpScript("say '250 2.0.0 taken'"));
      for (const line of ["", "EHLO c.test", "MAIL FROM:<a@c.test>", "RCPT TO:<u@kit.test>", "DATA"]) {
        if (line !== "") await wrapper.talk.send(`${line}\r\n`);
        await wrapper.talk.read(smtpReply);
      }
      const since = performance.now();
      for (let time = 0; time < 33 && !wrapper.log().includes("event=end"); time++) {
        await wrapper.talk.send(`${"x".repeat(octets - 2)}\r\n`);
        await Bun.sleep(10_000);
      }
      const took = (performance.now() - since) / 1000;
      if (wrapper.talk.received.includes("421 ")) return { took, said: await wrapper.talk.end() };
      return { took, said: await wrapper.talk.ask(".") };
    };
    const [slow, quick] = await Promise.all([drip(100), drip(220)]);
    expect(slow!.said).toMatch(/^421 4\.4\.2 /);
    expect(slow!.took).toBeGreaterThan(299);
    expect(slow!.took).toBeLessThan(325);
    expect(quick!.said).toBe("250 2.0.0 taken\r\n");
  },
  400_000,
);
