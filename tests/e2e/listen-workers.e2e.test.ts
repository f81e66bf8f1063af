// Workers of a listener that do nothing any more, and what is left when a listener leaves: who waits is heard by
// somebody, and no server outlives us.

import { describe, expect } from "bun:test";
import type { Conversation } from "./parts/conversation.ts";
import { smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, option, waiting } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { Standing } from "./parts/standing.ts";
import { cpuMilliseconds, descriptorsOf, isAlive, kill } from "./parts/supervised.ts";

const listens = [built, option("smtp", "listen")];
const EVERYBODY = ["--max-connections", "0", "--max-connections-per-ip", "0"];

/** Seconds after which a worker that says nothing is given nobody any more, with some to spare. */
const SILENT = 4.5;

async function ready(standing: Standing, workers: number): Promise<number> {
  await until("workers", () => (standing.log.match(/state=ready/g)?.length === workers ? true : undefined));
  return Number(/state=ready worker-pid=(\d+)/.exec(standing.log)![1]);
}

/** What a client hears first: the code of a reply, or that it is closed. */
async function hears(talk: Conversation): Promise<string> {
  const line = await talk.read(smtpReply, 20_000).catch((error) => String(error));
  return /hung up$/.test(line) ? "closed" : line.slice(0, 3);
}

describe("A worker that takes nothing any more", () => {
  waiting(
    "costs nobody who comes later, where there is another",
    listens,
    async () => {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch, { options: ["--workers", "2", ...EVERYBODY] });
      const stopped = await ready(standing, 2);
      kill(stopped, "SIGSTOP");
      await Bun.sleep(SILENT * 1000);
      const started = performance.now();
      const talks = await Promise.all(Array.from({ length: 20 }, () => standing.dial()));
      expect(await Promise.all(talks.map(hears))).toEqual(new Array(20).fill("220"));
      expect(performance.now() - started).toBeLessThan(1000);
      // And once it goes on it has clients again.
      kill(stopped, "SIGCONT");
      await Bun.sleep(2500);
      const more = await Promise.all(Array.from({ length: 10 }, () => standing.dial()));
      expect(await Promise.all(more.map(hears))).toEqual(new Array(10).fill("220"));
      const servedBy = [...standing.log.matchAll(/session=\S+?\.(\d+)\.\d+ .*event=connect/g)];
      expect(servedBy.filter(([, pid]) => Number(pid) === stopped).length).toBeGreaterThan(0);
      expect(standing.log).not.toContain("state=hung");
      for (const talk of [...talks, ...more]) talk.cut();
    },
    60_000,
  );

  waiting(
    "and is alone keeps clients waiting for its successor",
    listens,
    async () => {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch, { options: EVERYBODY });
      kill(await ready(standing, 1), "SIGSTOP");
      await Bun.sleep(SILENT * 1000);
      await using talk = await standing.dial();
      expect(await hears(talk)).toBe("220");
      expect(standing.log).toMatch(/state=hung.*state=ready/s);
    },
    60_000,
  );

  waiting(
    "while hundreds come is passed what it can hold, and everybody hears something",
    listens,
    async () => {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch, { options: EVERYBODY });
      const before = descriptorsOf(standing.pid);
      kill(await ready(standing, 1), "SIGSTOP");
      const cpu = cpuMilliseconds(standing.pid);
      const talks = await Promise.all(Array.from({ length: 450 }, () => standing.dial()));
      await Bun.sleep(3000);
      // It is not asked in a loop whether it takes some now.
      expect(cpuMilliseconds(standing.pid) - cpu).toBeLessThan(1500);
      const heard = await Promise.all(talks.map(hears));
      const count = (what: string) => heard.filter((one) => one === what).length;
      // Those that were on their way to it and those that waited go to its successor, or are told after ten seconds.
      expect(count("220")).toBeGreaterThan(100);
      expect(count("220") + count("421")).toBe(450);
      for (const talk of talks) talk.cut();
      await until("nobody", () => (standing.servers.length === 0 ? true : undefined), 15_000);
      await Bun.sleep(200);
      expect(descriptorsOf(standing.pid) - before).toBeLessThanOrEqual(2);
      await using next = await standing.dial();
      expect(await hears(next)).toBe("220");
    },
    90_000,
  );
});

describe("When a listener is told to end", () => {
  waiting("servers of sessions that are over are ended before it leaves", listens, async () => {
    await using scratch = new Scratch();
    // It leaves neither when it is asked to, nor at the end of its input.
    const script = "trap '' TERM; printf '220 x\\r\\n'; while :; do sleep 1; done";
    const server = ["--", "/bin/sh", "-c", script, scratch.path];
    await using standing = await Standing.start(scratch, { server });
    const worker = await ready(standing, 1);
    await using talk = await standing.dial();
    expect(await hears(talk)).toBe("220");
    const [pid] = standing.servers;
    kill(worker, "SIGKILL");
    await until("its end in the log", () => (standing.log.includes("state=left") ? true : undefined));
    standing.kill("SIGTERM");
    expect(await standing.exit()).toBe(0);
    expect(isAlive(pid!)).toBe(false);
    await scratch.quiet();
  });
});
