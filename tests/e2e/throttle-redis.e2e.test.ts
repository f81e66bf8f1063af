// Guesses, counted in Redis: as they are in memory, by many hosts together, and what becomes of them while it is away,
// slow or something else.

import { describe, expect } from "bun:test";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import fc from "fast-check";
import { MemoryCounter } from "../../src/throttle/counter.ts";
import { RedisCounter } from "../../src/throttle/redis.ts";
import { SCRIPT } from "../../src/throttle/redis-script.ts";
import { counted, events, recovers } from "../throttle/trials.ts";
import { Authority, openssl } from "./parts/authority.ts";
import { until } from "./parts/deadline.ts";
import { built, option, part, program, root, waiting } from "./parts/missing.ts";
import { freePort } from "./parts/port.ts";
import { Redis, redisServer } from "./parts/redis.ts";
import { Scratch } from "./parts/scratch.ts";
import { Stage } from "./parts/stage.ts";
import { userOf } from "./parts/supervised.ts";
import { type Said, triedFrom } from "./parts/trying.ts";

const needs = [built, option("pop3", "throttle"), redisServer];

function placeAt(port: number) {
  return { host: "127.0.0.1", port, database: 0, isTls: false, user: null, password: null, ca: null };
}

/** So many guesses of one address, one after the other. */
async function guesses(stage: Stage, count: number, address = "192.0.2.1", name = "u"): Promise<Said[]> {
  const said: Said[] = [];
  for (let at = 0; at < count; at++)
    said.push(await triedFrom(stage.from(address), `${name}${at}`, `wrong-${at}`));
  return said;
}

/** Whether it is told, within seconds. */
async function comes(stage: Stage, ...states: string[]): Promise<void> {
  // Of two services with one place the last that was read tells it.
  const told = () =>
    stage.serving.log.match(/event=throttle-store state=\w+/g)?.map((text) => text.replace(/.*=/, "")) ?? [];
  await until(states.join(), () => told().join() === states.join() || undefined, 12_000);
}

describe("Redis", () => {
  part("counts as memory does, whatever comes", needs, async () => {
    await using scratch = new Scratch();
    await using redis = await Redis.start(scratch);
    const clock = new Bun.RedisClient(`redis://127.0.0.1:${redis.port}`);
    const timed = SCRIPT.replace(
      'local time = redis.call("TIME")',
      'local clock = tonumber(redis.call("GET", "clock")) local time = {math.floor(clock / 1000), clock % 1000 * 1000}',
    );
    expect(timed).not.toBe(SCRIPT);
    const inRedis = new RedisCounter(placeAt(redis.port), timed);
    await fc.assert(
      fc.asyncProperty(events, async (all) => {
        let now = 1_700_000_000_000;
        await clock.send("FLUSHALL", []);
        const set = () => clock.send("SET", ["clock", String(now)]);
        await set();
        const said = await counted(inRedis, all, async (milliseconds) => {
          now += milliseconds;
          if (milliseconds > 0) await set();
        });
        now = 1_700_000_000_000;
        const memory = await counted(new MemoryCounter(() => now), all, (milliseconds) => {
          now += milliseconds;
        });
        expect(said).toEqual([...memory]);
      }),
      { numRuns: 50, endOnFailure: true },
    );
    await clock.send("FLUSHALL", []);
    let now = 1_700_000_000_000;
    const pause = (milliseconds: number) => {
      now += milliseconds;
      return clock.send("SET", ["clock", String(now)]);
    };
    await pause(0);
    expect(await recovers(inRedis, pause)).toBe(true);
    inRedis.close();
    clock.close();
  });

  part("is counted in by hosts together, with a password and in TLS", [...needs, openssl], async () => {
    await using scratch = new Scratch();
    const authority = await Authority.make(scratch);
    const tls = await authority.identity("IP:127.0.0.1");
    await using redis = await Redis.start(scratch, { password: "k4nari3", tls });
    const password = scratch.file("password", "k4nari3\n");
    Bun.spawnSync(["chmod", "-R", "a+rX", scratch.path]);
    const throttle = `rediss://127.0.0.1:${redis.port},password=${password},ca=${authority.root.certificate}`;
    await using one = await Stage.open({ throttle });
    await using other = await Stage.open({ throttle });
    expect(await guesses(one, 4)).toEqual(new Array(4).fill("wrong"));
    for (const { serving } of [one, other]) expect(serving.log).not.toContain("event=throttle-store");
    expect(await guesses(other, 4, "192.0.2.1", "v")).toEqual(["wrong", "wrong", "later", "later"]);
    // A password that one of them has heard before is no guess at the other.
    for (const stage of [one, other, one])
      expect(await triedFrom(stage.from("192.0.2.9"), "v", "old")).toBe("wrong");
    for (const { serving } of [one, other])
      await until("a repeated password", () => / repeat=yes /.exec(serving.log) ?? undefined);
    await using stranger = await Redis.start(scratch, {
      password: "k4nari3",
      tls: await authority.identity("DNS:other.test"),
    });
    await using warned = await Stage.open({
      throttle: throttle.replace(String(redis.port), String(stranger.port)),
    });
    await comes(warned, "lost");
    expect(one.serving.log + one.serving.stderr).not.toContain("k4nari3");
  });

  part(
    "is talked to by a process that is nobody in particular",
    [...needs, root, program("ss")],
    async () => {
      await using scratch = new Scratch();
      await using redis = await Redis.start(scratch);
      await using stage = await Stage.open({ throttle: `redis://127.0.0.1:${redis.port}` });
      expect(await guesses(stage, 1)).toEqual(["wrong"]);
      const holders = Bun.spawnSync(["ss", "-Htnp", `dport = :${redis.port}`]).stdout.toString();
      const pids = [...holders.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid));
      expect(pids).toHaveLength(1);
      expect(pids).not.toContain(stage.serving.pid);
      expect(userOf(pids[0]!)).toBe(65534);
      // It is started again when it goes.
      process.kill(pids[0]!, "SIGKILL");
      await Bun.sleep(300);
      // What was asked of it just then has failed, and is told: that is over in a moment.
      if (stage.serving.log.includes("event=throttle-store state=lost")) await comes(stage, "lost", "back");
      expect(await guesses(stage, 6, "192.0.2.1", "v")).toEqual([...new Array(5).fill("wrong"), "later"]);
    },
  );
});

/** Something in front of a port, or that has its place. */
class Between implements AsyncDisposable {
  readonly port: number;
  readonly #close: () => void;

  private constructor(port: number, close: () => void) {
    this.port = port;
    this.#close = close;
  }

  static async open(meet: (client: Socket) => Socket | null): Promise<Between> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      for (const socket of [client, meet(client)])
        if (socket !== null) sockets.add(socket.on("error", () => {}));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Between((server.address() as AddressInfo).port, () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
  }

  /** Adds so many milliseconds each way. */
  static slow(port: number, milliseconds: () => number): Promise<Between> {
    return Between.open((client) => {
      const server = connect(port, "127.0.0.1");
      const pass = (from: Socket, to: Socket) =>
        from.on("data", (chunk) => setTimeout(() => to.destroyed || to.write(chunk), milliseconds()));
      pass(client, server);
      pass(server, client);
      return server;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }
}

describe("While Redis", () => {
  waiting(
    "is away guesses are counted all the same, and it is told once; and when it is back",
    needs,
    async () => {
      await using scratch = new Scratch();
      const port = await freePort();
      await using stage = await Stage.open({ throttle: `redis://127.0.0.1:${port}` });
      expect(await guesses(stage, 8)).toEqual([...new Array(6).fill("wrong"), "later", "later"]);
      await comes(stage, "lost");
      await using redis = await Redis.start(scratch, { port });
      await comes(stage, "lost", "back");
      expect(await guesses(stage, 7, "192.0.2.2")).toEqual([...new Array(6).fill("wrong"), "later"]);
      redis.pause();
      const start = Date.now();
      expect(await guesses(stage, 7, "192.0.2.3")).toEqual([...new Array(6).fill("wrong"), "later"]);
      expect(Date.now() - start).toBeLessThan(3000);
      await comes(stage, "lost", "back", "lost");
      redis.resume();
      await comes(stage, "lost", "back", "lost", "back");
      // What was counted there stands.
      expect(await guesses(stage, 1, "192.0.2.2", "v")).toEqual(["later"]);
    },
  );

  waiting("is slow it is waited for a little, and no longer", needs, async () => {
    await using scratch = new Scratch();
    await using redis = await Redis.start(scratch);
    let delay = 25;
    await using slow = await Between.slow(redis.port, () => delay);
    await using stage = await Stage.open({ throttle: `redis://127.0.0.1:${slow.port}` });
    expect(await guesses(stage, 7)).toEqual([...new Array(6).fill("wrong"), "later"]);
    expect(stage.serving.log).not.toContain("event=throttle-store");
    delay = 5000;
    const start = Date.now();
    expect(await guesses(stage, 7, "192.0.2.2")).toEqual([...new Array(6).fill("wrong"), "later"]);
    expect(Date.now() - start).toBeLessThan(3000);
    await comes(stage, "lost");
  });

  waiting("is something else its words are for nobody", needs, async () => {
    for (const words of [
      "-ERR no\r\n",
      "HTTP/1.1 400 no\r\n\r\n",
      "*3\r\n$3\r\ntry\r\n$1\r\nx\r\n$0\r\n\r\n",
      "\0".repeat(99),
    ]) {
      await using other = await Between.open((client) => {
        client.on("data", () => client.write(words));
        return null;
      });
      await using stage = await Stage.open({ throttle: `redis://127.0.0.1:${other.port}` });
      expect([words, await guesses(stage, 7)]).toEqual([words, [...new Array(6).fill("wrong"), "later"]]);
      await comes(stage, "lost");
    }
  });
});
