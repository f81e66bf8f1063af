// A listener in front of several servers: each gets its share, and who is dead or silent is left alone, tried without a
// client, and taken back. Clients notice little of it.

import { dlopen } from "bun:ffi";
import { describe, expect } from "bun:test";
import { connect, createServer, type Server } from "node:net";
import { close } from "../../src/os/libc.ts";
import { listenOn } from "../../src/os/listening.ts";
import { Authority, openssl } from "./parts/authority.ts";
import { dial, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { MailHost } from "./parts/mailhost.ts";
import { built, waiting } from "./parts/missing.ts";
import { freePort } from "./parts/port.ts";
import { Scratch } from "./parts/scratch.ts";
import { Standing } from "./parts/standing.ts";
import { smtpServer, TlsServer } from "./parts/tlsserver.ts";

const needs = [built];
/** Of --server-retry, and for a silent server: half of --server-timeout. */
const [RETRY, SILENCE] = [2, 3];
/** Seconds for what is done at once, on a machine with much else to do; nobody waited for a server then. */
const AT_ONCE = 4;

function inFrontOf(
  scratch: Scratch,
  servers: readonly string[],
  retry = RETRY,
  silence = SILENCE,
): Promise<Standing> {
  return Standing.start(scratch, {
    options: [
      ...["--server-retry", String(retry), "--server-timeout", String(2 * silence)],
      ...["--max-connections", "0", "--max-connections-per-ip", "0"],
    ],
    server: servers.flatMap((server) => ["--connect", server]),
  });
}

/** One session. @returns seconds until the client was greeted, and what by */
async function visit(standing: Standing): Promise<{ seconds: number; greeting: string }> {
  const began = performance.now();
  await using talk = await dial(standing.port);
  const greeting = await talk.read(smtpReply, 20_000);
  const seconds = (performance.now() - began) / 1000;
  if (!greeting.startsWith("220")) return { seconds, greeting };
  try {
    await talk.ask("HELO client.test");
    await Bun.sleep(Math.random() * 40);
    await talk.ask("QUIT");
    await talk.end();
  } catch {
    // Its server was killed or frozen when it had been greeted: nobody can take that one's place.
  }
  return { seconds, greeting };
}

/** Clients one after the other, so many at a time. */
async function load(standing: Standing, atATime: number, goesOn: () => boolean): Promise<number[]> {
  const waits: number[] = [];
  const one = async () => {
    while (goesOn()) {
      const { seconds, greeting } = await visit(standing);
      expect(greeting).toStartWith("220 ");
      waits.push(seconds);
    }
  };
  await Promise.all(Array.from({ length: atATime }, one));
  return waits;
}

async function crowd(standing: Standing, count: number): Promise<number[]> {
  let left = count;
  return load(standing, 16, () => left-- > 0);
}

/** Of each, beside its weight's. */
function expectShares(hosts: readonly [MailHost, number][], before: readonly number[]): void {
  const had = hosts.map(([host], index) => host.served - before[index]!);
  const all = had.reduce((sum, it) => sum + it, 0);
  const weights = hosts.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [index, [, weight]] of hosts.entries()) {
    const beside = had[index]! / all / (weight / weights);
    expect([had, beside > 0.9 && beside < 1.1]).toEqual([had, true]);
  }
}

const told = (standing: Standing, port: number) =>
  [...standing.log.matchAll(/event=server-unreachable destination=\S+:(\d+) (.*)/g)]
    .filter(([, where]) => Number(where) === port)
    .map(([, , what]) => what!.replace(/seconds=[\d.]+/, "seconds=N"));

/** Accepts, and says nothing. */
async function silent(): Promise<{ port: number; opened: () => number } & Disposable> {
  let opened = 0;
  const server: Server = createServer((socket) => {
    opened++;
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return { port, opened: () => opened, [Symbol.dispose]: () => void server.close() };
}

/** Its queue is full, and nobody takes from it: the system answers nobody. */
async function fullListener(port: number): Promise<{ end(): void }> {
  const fd = listenOn({ host: "127.0.0.1", port }, false);
  const { symbols } = dlopen("libc.so.6", { listen: { args: ["i32", "i32"], returns: "i32" } });
  expect(symbols.listen(fd, 0)).toBe(0);
  const held = Array.from({ length: 3 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await Bun.sleep(300);
  return {
    end() {
      for (const socket of held) socket.destroy();
      close(fd);
    },
  };
}

describe("A listener in front of several servers", () => {
  waiting(
    "shares clients by weight; one killed and one frozen cost each client one wait at most, and are taken back",
    needs,
    async () => {
      await using scratch = new Scratch();
      await using heavy = await MailHost.start();
      await using killed = await MailHost.start();
      await using frozen = await MailHost.start();
      const servers = [
        `127.0.0.1:${heavy.port},weight=2`,
        ...[killed, frozen].map((it) => `127.0.0.1:${it.port}`),
      ];
      await using standing = await inFrontOf(scratch, servers);
      const hosts: [MailHost, number][] = [
        [heavy, 2],
        [killed, 1],
        [frozen, 1],
      ];
      await crowd(standing, 400);
      expectShares(hosts, [0, 0, 0]);
      expect(standing.log).not.toContain("server-unreachable");

      const end = performance.now() + (SILENCE + 2 * RETRY + 1) * 1000;
      const under = load(standing, 16, () => performance.now() < end);
      await Bun.sleep(300);
      frozen.freeze();
      await killed.kill();
      const waits = await under;
      expect(Math.max(...waits)).toBeLessThan(2 * SILENCE - 0.5);
      // Those who were there when it froze; who came later is not sent there.
      expect(waits.filter((seconds) => seconds > 0.8 * SILENCE).length).toBeLessThanOrEqual(16);
      expect(waits.length).toBeGreaterThan(200);
      expect(told(standing, killed.port)).toHaveLength(1);
      expect(told(standing, killed.port)[0]).toMatch(
        /^error=(?:ECONNREFUSED|ECONNRESET|"hung up before it greeted") state=left-alone retry=2$/,
      );
      expect(told(standing, frozen.port)).toEqual([
        `error="no greeting in time" state=left-alone retry=${RETRY}`,
      ]);
      expect(told(standing, heavy.port)).toEqual([]);

      frozen.thaw();
      await killed.begin();
      for (const { port } of [killed, frozen])
        await until("its return", () => told(standing, port)[1], (RETRY + 4) * 1000);
      expect(told(standing, killed.port)[1]).toBe("state=back seconds=N");
      const before = hosts.map(([host]) => host.served);
      await crowd(standing, 400);
      expectShares(hosts, before);
      expect(standing.log.match(/event=server-unreachable/g)).toHaveLength(4);
      expect(standing.log).not.toContain("event=server-unavailable");
    },
    90_000,
  );

  waiting(
    "says that there is none while all are dead, and serves at once when one is back",
    needs,
    async () => {
      await using scratch = new Scratch();
      await using one = await MailHost.start();
      await using other = await MailHost.start();
      await using standing = await inFrontOf(
        scratch,
        [one, other].map(({ port }) => `127.0.0.1:${port}`),
      );
      await Promise.all([one.kill(), other.kill()]);
      for (let client = 0; client < 6; client++) {
        const { seconds, greeting } = await visit(standing);
        expect(greeting).toStartWith("421 4.3.0 ");
        expect(seconds).toBeLessThan(AT_ONCE);
      }
      expect(standing.log.match(/event=server-unreachable/g)).toHaveLength(2);
      await other.begin();
      await until("its return", () => told(standing, other.port)[1], (RETRY + 4) * 1000);
      const { seconds, greeting } = await visit(standing);
      expect(greeting).toStartWith("220 ");
      expect(seconds).toBeLessThan(AT_ONCE);
    },
  );

  waiting("finds the one that is back by a client, too, before it is tried", needs, async () => {
    await using scratch = new Scratch();
    await using host = await MailHost.start();
    await using standing = await inFrontOf(scratch, [`127.0.0.1:${host.port}`], 600);
    await host.kill();
    expect((await visit(standing)).greeting).toStartWith("421 ");
    await host.begin();
    expect((await visit(standing)).greeting).toStartWith("220 ");
    await until("its return", () => told(standing, host.port)[1]);
    await host.kill();
    expect((await visit(standing)).greeting).toStartWith("421 ");
    // What is to be tried in ten minutes keeps nobody.
    standing.kill("SIGTERM");
    expect(await standing.exit(5_000)).toBe(0);
  });

  waiting("leaves one alone whose name nobody knows", needs, async () => {
    await using scratch = new Scratch();
    await using host = await MailHost.start();
    await using standing = await inFrontOf(scratch, ["no-such-host.invalid:25", `127.0.0.1:${host.port}`]);
    const waits = await crowd(standing, 40);
    expect(Math.max(...waits)).toBeLessThan(AT_ONCE);
    expect(standing.log.match(/event=server-unreachable/g)).toHaveLength(1);
    expect(standing.log).toMatch(/destination=no-such-host\.invalid:25 error=\S+ state=left-alone retry=2/);
  });

  waiting("tries another beside one that neither accepts nor refuses", needs, async () => {
    await using scratch = new Scratch();
    const port = await freePort();
    const held = await fullListener(port);
    await using host = await MailHost.start();
    await using standing = await inFrontOf(scratch, [
      `127.0.0.1:${port},weight=9999`,
      `127.0.0.1:${host.port}`,
    ]);
    const first = await visit(standing);
    expect(first.greeting).toStartWith("220 ");
    expect(first.seconds).toBeGreaterThan(1);
    expect(first.seconds).toBeLessThan(6);
    // It has had its chance: nobody else waits for it.
    const others = [await visit(standing), await visit(standing), await visit(standing)];
    expect(Math.min(...others.map(({ seconds }) => seconds))).toBeLessThan(1.5);
    await until("the log", () => told(standing, port)[0], 15_000);
    expect(told(standing, port)).toEqual(['error="no answer in time" state=left-alone retry=2']);
    held.end();
  });

  waiting("takes another for one that hangs up before it greets", needs, async () => {
    await using scratch = new Scratch();
    const rude = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve));
    const { port } = rude.address() as { port: number };
    await using host = await MailHost.start();
    await using standing = await inFrontOf(scratch, [
      `127.0.0.1:${port},weight=9999`,
      `127.0.0.1:${host.port}`,
    ]);
    for (const wait of await crowd(standing, 20)) expect(wait).toBeLessThan(AT_ONCE);
    expect(told(standing, port)).toEqual(['error="hung up before it greeted" state=left-alone retry=2']);
    await Bun.sleep((RETRY + 1) * 1000);
    expect(told(standing, port)).toHaveLength(1); // it was tried, and hung up again
    rude.close();
  });

  waiting("waits for the only one that may still speak", needs, async () => {
    await using scratch = new Scratch();
    const slow = createServer((socket) => {
      socket.on("error", () => {});
      setTimeout(() => socket.write("220 late\r\n"), 6500);
    });
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const { port } = slow.address() as { port: number };
    await using dead = await MailHost.start();
    await dead.kill();
    await using standing = await inFrontOf(
      scratch,
      [`127.0.0.1:${port}`, `127.0.0.1:${dead.port}`],
      RETRY,
      5,
    );
    await using talk = await standing.dial();
    expect(await talk.read(smtpReply, 12_000)).toStartWith("220 ");
    await until("its return", () => told(standing, port).find((it) => it.startsWith("state=back")));
    slow.close();
  });

  waiting(
    "leaves one alone that does not come to speak TLS, until it does",
    [...needs, openssl],
    async () => {
      await using scratch = new Scratch();
      const authority = await Authority.make(scratch);
      const plan = smtpServer();
      using right = new TlsServer({ ...plan, identity: await authority.identity("DNS:mx.test") });
      using wrong = new TlsServer({ ...plan, identity: await authority.identity("DNS:wrong.test") });
      using mute = await silent();
      const tls = `name=mx.test,ca=${authority.root.certificate}`;
      const servers = [
        `127.0.0.1:${wrong.port},tls=starttls,${tls}`,
        `127.0.0.1:${mute.port},tls=implicit,${tls}`,
        `127.0.0.1:${right.port},tls=starttls,${tls}`,
      ];
      await using standing = await inFrontOf(scratch, servers);
      const talks = await Promise.all(Array.from({ length: 6 }, () => standing.dial()));
      const began = performance.now();
      for (const talk of talks) expect(await talk.read(smtpReply, 9_000)).toStartWith("220 ");
      expect((performance.now() - began) / 1000).toBeLessThan(SILENCE + 2);
      for (const talk of talks) talk.cut();
      const isNot = 'error="certificate is not for mx.test" state=left-alone retry=2';
      expect(told(standing, wrong.port)).toEqual([isNot]);
      expect(told(standing, mute.port)).toEqual(['error="no greeting in time" state=left-alone retry=2']);
      // It accepts, and speaks: who it is only a client can find out, and it is told of no more.
      await Bun.sleep((RETRY + 1) * 1000);
      const asked = () => wrong.clear.match(/STARTTLS/g)?.length ?? 0;
      const before = asked();
      for (let client = 0; client < 4; client++) {
        await using talk = await standing.dial();
        expect(await talk.read(smtpReply, 9_000)).toStartWith("220 ");
      }
      expect([1, 2]).toContain(asked() - before);
      expect(told(standing, wrong.port)).toEqual([isNot]);
      expect(wrong.inside).toBe("");
    },
  );
});
