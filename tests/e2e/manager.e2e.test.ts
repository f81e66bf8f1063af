// What a listener tells whoever manages services, over a real socket: as a unit with Type=notify and WatchdogSec= has it.

import { describe, expect } from "bun:test";
import { smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, option, part, program, waiting } from "./parts/missing.ts";
import { notified, ServiceManager } from "./parts/notify.ts";
import { Scratch } from "./parts/scratch.ts";
import { Standing } from "./parts/standing.ts";

const needs = [built, option("smtp", "listen"), program("env"), ...notified];

describe("A manager of services", () => {
  for (const kind of ["a path", "an abstract name"])
    waiting(`with ${kind} is told that the listener serves, reads again, and leaves`, needs, async () => {
      await using scratch = new Scratch();
      const name = kind === "a path" ? `${scratch.path}/notify` : `@protowrap-test-${process.pid}`;
      await using manager = await ServiceManager.stand(name);
      const heard = (words: string) => until(words, () => manager.told.includes(words) || undefined, 15_000);
      const by = () => ["env", `NOTIFY_SOCKET=${name}`];
      await using standing = await Standing.start(scratch, { by });
      await heard("READY=1");
      await heard("STATUS=0 sessions, generation 1");
      {
        await using _ = await standing.dial();
        await heard("STATUS=1 session, generation 1");
      }
      await heard("STATUS=0 sessions, generation 1");
      standing.kill("SIGHUP");
      await heard("RELOADING=1");
      await until(
        "ready again",
        () => manager.told.filter((one) => one === "READY=1").length === 2 || undefined,
        5000,
      );
      expect(manager.told).not.toContain("WATCHDOG=1");
      standing.kill("SIGTERM");
      await heard("STOPPING=1");
    });

  waiting("that wants signs of life gets one in each half of its time", needs, async () => {
    await using scratch = new Scratch();
    const name = `${scratch.path}/notify`;
    await using manager = await ServiceManager.stand(name);
    const by = () => ["env", `NOTIFY_SOCKET=${name}`, "WATCHDOG_USEC=400000"];
    await using _ = await Standing.start(scratch, { by });
    const signs = () => manager.told.filter((one) => one === "WATCHDOG=1").length;
    const before = signs();
    await Bun.sleep(2000);
    expect(signs() - before).toBeGreaterThan(5);
    expect(signs() - before).toBeLessThan(12);
  });

  part("that is not there is not missed", needs, async () => {
    await using scratch = new Scratch();
    const by = () => ["env", `NOTIFY_SOCKET=${scratch.path}/nobody`, "WATCHDOG_USEC=100000"];
    await using standing = await Standing.start(scratch, { by });
    await using talk = await standing.dial();
    expect(await talk.read(smtpReply)).toStartWith("220 ");
  });
});
