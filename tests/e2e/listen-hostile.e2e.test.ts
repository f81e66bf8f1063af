// Somebody got hold of a worker, and says to the supervisor what he likes: it costs the log, the supervisor and other
// clients next to nothing, and is told of nobody else. And what honest workers tell, however much, is all there.

import { describe, expect } from "bun:test";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type Conversation, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, option, part } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { Standing } from "./parts/standing.ts";
import { cpuMilliseconds } from "./parts/supervised.ts";

const listens = [built, option("smtp", "listen")];
const FIXTURE = resolve(`${import.meta.dir}/../fixtures/hostile.js`);
const LINE = /^[^\r\n]*\r\n/;

const MESSAGE = 'message {"octets":1,"recipients":1,"reply":"250 x","from":"a","to":["b"]}';

interface Scene extends AsyncDisposable {
  readonly standing: Standing;
  /** Of the first worker, which does what its client says. */
  readonly hostile: Conversation;
  /** Of the other worker. */
  readonly other: Conversation;
  readonly worker: number;
  /** Numbers of the two sessions. */
  readonly own: number;
  readonly foreign: number;
  readonly size: () => number;
}

async function scene(level = "2", options: readonly string[] = []): Promise<Scene> {
  const scratch = new Scratch();
  const standing = await Standing.start(scratch, {
    ...{ protocol: FIXTURE, server: ["--", "/bin/sh", "-c", "exec cat", scratch.path] },
    options: ["--workers", "2", "--max-connections-per-ip", "0", "--log-level", level, ...options],
  });
  const ready = /state=ready/g;
  await until("both workers", () => (standing.log.match(ready)?.length === 2 ? true : undefined));
  const hostile = await standing.dial("127.0.0.5");
  const sessions = () => [...standing.log.matchAll(/session=\S+?\.(\d+)\.(\d+) .*event=connect/g)];
  const first = await until("its session", () => sessions()[0]);
  const other = await standing.dial("127.0.0.6");
  const second = await until("the other's", () => sessions()[1]);
  expect(second[1]).not.toBe(first[1]);
  return {
    ...{ standing, hostile, other, worker: Number(first[1]), own: Number(first[2]) },
    ...{ foreign: Number(second[2]), size: () => statSync(`${scratch.path}/log`).size },
    async [Symbol.asyncDispose]() {
      for (const talk of [hostile, other]) talk.cut();
      await standing[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

/** Its worker is ended, the other's client notices nothing, and there are two workers again. */
async function isEnded({ standing, hostile, other, worker }: Scene, why: RegExp): Promise<void> {
  await until("its end", () =>
    new RegExp(`state=left worker-pid=${worker}`).test(standing.log) ? true : undefined,
  );
  expect(standing.log).toMatch(why);
  await hostile.end();
  expect(await other.ask("hello", LINE)).toBe("said\r\n");
  await until("another worker", () => (standing.workers.length === 2 ? true : undefined));
  expect(standing.workers).not.toContain(worker);
}

describe("A worker that is in somebody's hands", () => {
  part("tells whom its own proxies speak for, once, and no others", listens, async () => {
    await using stage = await scene("2", ["--accept-proxy", "127.0.0.7"]);
    const { hostile, standing, own, foreign } = stage;
    const told = (session: number, address: string) =>
      `1 told ${session} {"client":{"address":"${address}","port":1},"server":{"address":null,"port":null}}`;
    // Clients that are known stay who they are, and one that is another worker's is none of its business.
    await using one = await standing.dial("127.0.0.7");
    await using two = await standing.dial("127.0.0.7");
    await Bun.sleep(300);
    const untold = [1, 2].map((more) => Math.max(own, foreign) + more);
    for (const session of [own, foreign, ...untold]) await hostile.ask(told(session, "192.0.2.1"), LINE);
    for (const session of [own, ...untold]) await hostile.ask(`1 log ${session} connect {}`, LINE);
    for (const talk of [one, two]) await talk.send("PROXY TCP4 192.0.2.9 192.0.2.25 9 25\r\n");
    const connects = () =>
      [...standing.log.matchAll(/client=(\S+?):\d+ .*event=connect/g)].map(([, who]) => who);
    await until("an honest one", () => connects().includes("192.0.2.9") || undefined);
    // Of its own it can lie: to the log, and to the server of that one session.
    expect(connects().sort()).toEqual(["127.0.0.5", "127.0.0.5", "127.0.0.6", "192.0.2.1", "192.0.2.9"]);
    expect(standing.log).not.toContain("event=fault");
  });

  part("tells the log of its own sessions, and of no others", listens, async () => {
    await using stage = await scene();
    const { hostile, standing, own, foreign } = stage;
    const failed =
      'login-failed {"method":"PASS","attempt":1,"reason":"refused","delay":3,"user":"x\\n y client=192.0.2.1:1"}';
    for (const session of [foreign, own + 100, own])
      expect(await hostile.ask(`1 log ${session} ${failed}`, LINE)).toBe("said\r\n");
    await until("its own", () => (standing.log.includes("event=login-failed") ? true : undefined));
    const told = standing.log.split("\n").filter((line) => line.includes("login-failed"));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /: session=\S+ client=127\.0\.0\.5:\d+ protocol=hostile event=login-failed .* user="x\\x0a y client=192\.0\.2\.1:1"$/,
    );
    // What is no entry is not told at all, and costs nobody anything.
    expect(await hostile.ask(`1 log ${own} login-failed {"user":"z"}`, LINE)).toBe("said\r\n");
    expect(await hostile.ask(`1 log ${own} nothing {}`, LINE)).toBe("said\r\n");
    expect(standing.workers).toContain(stage.worker);
  });

  part("tells more than any should, is cut, told of, and ended", listens, async () => {
    await using stage = await scene();
    const { standing, own, worker, size } = stage;
    const cpu = cpuMilliseconds(standing.pid);
    await stage.hostile.send(`5000000 log ${own} ${MESSAGE}\r\n`);
    await isEnded(stage, new RegExp(`event=fault worker-pid=${worker} error="it says too much"`));
    expect(standing.log.match(new RegExp(`event=log-capped worker-pid=${worker} lines=`, "g"))).toHaveLength(
      1,
    );
    expect(size()).toBeGreaterThan(1_000_000);
    expect(size()).toBeLessThan(20_000_000);
    expect(cpuMilliseconds(standing.pid) - cpu).toBeLessThan(8_000);
  });

  part("fills no more than a session's share with what has one", listens, async () => {
    await using stage = await scene("5");
    const { standing, own, size } = stage;
    const cpu = cpuMilliseconds(standing.pid);
    await stage.hostile.send(`5000000 log ${own} server-line {"said":"${"x".repeat(300)}"}\r\n`);
    await isEnded(stage, /it says too much/);
    expect(standing.log.match(/event=server-line/g)).toHaveLength(2000);
    expect(size()).toBeLessThan(2_000_000);
    expect(cpuMilliseconds(standing.pid) - cpu).toBeLessThan(3_000);
  });

  for (const [name, said, why] of [
    ["answers what nobody asked", "5000000 pong", /it says too much/],
    ["talks of sessions that are not its own", "5000000 done 4000000", /it says too much/],
    ["says what no worker does", "1 jump 1", /error="it says what no worker does"/],
    ["tells what is no object", "1 log 1 connect {", /error="it says what no worker does"/],
    ["begins a line that never ends", "part 5000000 x", /state=left worker-pid=\d+ how=closed/],
  ] as const)
    part(`${name}, and is ended`, listens, async () => {
      await using stage = await scene();
      await stage.hostile.send(`${said}\r\n`);
      await isEnded(stage, why);
      expect(stage.size()).toBeLessThan(10_000);
    });
});

describe("An honest worker", () => {
  part(
    "is never cut, also with 64 clients that make it tell all it may",
    listens,
    async () => {
      await using scratch = new Scratch();
      const options = ["--log-level", "5", "--max-errors", "0", "--max-connections-per-ip", "0"];
      await using standing = await Standing.start(scratch, { options });
      const [worker] = standing.workers;
      const talks = await Promise.all(Array.from({ length: 64 }, () => standing.dial()));
      const client = async (talk: Conversation) => {
        await talk.read(smtpReply);
        // Two lines of the log each, of which there may be a thousand.
        for (let turn = 0; turn < 550; turn++) await talk.ask("NOOP x");
        expect(await talk.ask("QUIT")).toStartWith("221 ");
      };
      await Promise.all(talks.map(client));
      await until("all ends", () => (standing.log.match(/event=end /g)?.length === 64 ? true : undefined));
      expect(standing.log.match(/event=log-capped lines=1000$/gm)).toHaveLength(64);
      expect(standing.log.match(/event=(?:command|server-line|reply-line) /g)).toHaveLength(64_000);
      expect(standing.log).not.toContain("event=log-lost");
      expect(standing.log).not.toContain("event=fault");
      expect(standing.workers).toEqual([worker!]);
    },
    90_000,
  );
});
