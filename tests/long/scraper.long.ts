// More than the process that answers Prometheus has descriptors for, who come and say nothing, or an octet a second: they
// are let go of after ten seconds, and meanwhile take nothing from clients.

import { expect } from "bun:test";
import { connect, type Socket } from "node:net";
import { smtpReply } from "../e2e/parts/conversation.ts";
import { until } from "../e2e/parts/deadline.ts";
import { built, waiting } from "../e2e/parts/missing.ts";
import { ask } from "../e2e/parts/numbers.ts";
import { freePort } from "../e2e/parts/port.ts";
import { Scratch } from "../e2e/parts/scratch.ts";
import { Standing } from "../e2e/parts/standing.ts";
import { descriptorsOf } from "../e2e/parts/supervised.ts";

for (const kind of ["a port", "a path"])
  waiting(`A crowd at ${kind} is let go of, and clients are served all the while`, [built], async () => {
    await using scratch = new Scratch();
    const port = await freePort();
    const path = `${scratch.path}/numbers`;
    const place = kind === "a port" ? port : path;
    const options = ["--metrics", kind === "a port" ? `127.0.0.1:${port}` : `unix:${path}`];
    await using standing = await Standing.start(scratch, { options });
    const [scraper] = standing.scrapers;
    const crowd: Socket[] = [];
    let gone = 0;
    for (let number = 0; number < 1100; number++) {
      const one =
        typeof place === "number"
          ? connect({ port: place, host: "127.0.0.1", localAddress: "127.0.0.77" })
          : connect(place);
      crowd.push(one.on("error", () => {}).on("close", () => gone++));
      if (number % 100 === 0) await Bun.sleep(20);
    }
    const slowly = setInterval(() => {
      for (const one of crowd.slice(0, 200)) one.write("G");
    }, 1000);
    try {
      await until("all descriptors taken", () => descriptorsOf(scraper!) > 1000 || undefined);
      while (gone < 900) {
        const began = performance.now();
        await using talk = await standing.dial();
        await talk.read(smtpReply);
        expect(performance.now() - began).toBeLessThan(2_000);
        await Bun.sleep(500);
      }
      expect((await ask(place)).status).toBe(200);
      expect(standing.scrapers).toEqual([scraper!]);
    } finally {
      clearInterval(slowly);
      for (const one of crowd) one.destroy();
    }
  });
