// What runs in a worker, tried from inside by a protocol from outside: each forbidden thing is denied, what sessions
// need works, and the worker serves on. Under load no call is denied that anything of ours needed.

import { describe, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, option, part, program, root } from "./parts/missing.ts";
import { rbldnsd, rbldnsdNeeds } from "./parts/rbldnsd.ts";
import { Scratch } from "./parts/scratch.ts";
import { Standing } from "./parts/standing.ts";
import { isAlive, kill, userOf } from "./parts/supervised.ts";

const listens = [built, option("smtp", "listen")];
const FIXTURE = resolve(`${import.meta.dir}/../fixtures/forbidden.js`);

const DENIED = [
  ...[
    "fork",
    "vfork",
    "execve",
    "ptrace",
    "kill",
    "tkill",
    "prlimit",
    "setuid",
    "setgid",
    "setresuid",
    "io_uring",
  ],
  ...["connect", "inet", "inet6", "datagram", "netlink", "unix", "x32", "unshare"],
  ...["spawn", "write", "append", "remove", "tcp"],
];

/** The first line begins the try, each further one asks what came of it. */
async function ask(standing: Standing, what: string): Promise<string> {
  await using talk = await standing.dial();
  const line = /^[^\r\n]*\r\n/;
  await talk.ask(what, line);
  for (;;) {
    const answer = await talk.ask(what, line);
    if (answer !== "pending\r\n") return answer.trim();
    await Bun.sleep(20);
  }
}

const ZONE = { zone: "bl.test", ipv4: ["127.0.0.7 :2:Sends spam"] };
const listsAt = (address: string) => ["--dnsbl", "bl.test=2", "--resolver", address];

describe.each([
  [false, false],
  [true, false],
  [true, true],
])("In a worker (of root's: %p, with lists: %p)", (asRoot, withLists) => {
  const needs = [
    ...[...listens, ...(asRoot ? [root] : [program("setpriv")])],
    ...(withLists ? rbldnsdNeeds : []),
  ];
  const server = ["--", "/bin/sh", "-c", "exec cat"];

  part("nothing forbidden can be done, and everything needed", needs, async () => {
    await using scratch = new Scratch();
    await using names = withLists ? await rbldnsd(scratch, [ZONE]) : null;
    await using standing = await Standing.start(scratch, {
      ...{ protocol: FIXTURE, unprivileged: !asRoot, server },
      options: ["--max-connections-per-ip", "0", ...(names === null ? [] : listsAt(names.address))],
    });
    const outcomes = new Map<string, string>();
    for (const what of DENIED) outcomes.set(what, (await ask(standing, what)).split(" ")[0]!);
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(DENIED.map((what) => [what, "denied"])));
    expect(existsSync("/tmp/protowrap-forbidden")).toBe(false);
    expect(await ask(standing, "read")).toBe("done true");
    expect(await ask(standing, "thread")).toBe("done here");
    expect(await ask(standing, "dump")).toBe("done 2 1 0");
    expect(standing.log).not.toContain("state=left");
    expect(standing.names).toHaveLength(withLists ? 1 : 0);
  });
});

describe("Blackhole lists", () => {
  /** What a client at that address is told of its sender. */
  async function mail(standing: Standing, from: string): Promise<string> {
    await using talk = await standing.dial(from);
    await talk.read(smtpReply);
    await talk.ask("EHLO c.test");
    const reply = await talk.ask("MAIL FROM:<a@c.test>");
    await talk.ask("QUIT");
    return reply.slice(0, 9);
  }

  part(
    "are asked by a process that has no client, and no rights either",
    [...listens, root, ...rbldnsdNeeds],
    async () => {
      await using scratch = new Scratch();
      await using names = await rbldnsd(scratch, [ZONE]);
      const options = listsAt(names.address);
      await using standing = await Standing.start(scratch, { options });
      expect(await mail(standing, "127.0.0.7")).toBe("550 5.7.1");
      expect(await mail(standing, "127.0.0.8")).toStartWith("250 ");
      await until("why", () =>
        /client=127\.0\.0\.7:.* event=dnsbl-listed zone=bl\.test/.test(standing.log) ? true : undefined,
      );
      expect(standing.log).not.toContain("dnsbl-silent");
      const [asker] = standing.names;
      const status = readFileSync(`/proc/${asker}/status`, "utf8");
      expect(userOf(asker!)).toBe(65534);
      expect([/Seccomp:\s+(\d)/.exec(status)![1], /NoNewPrivs:\s+(\d)/.exec(status)![1]]).toEqual(["2", "1"]);
      standing.kill("SIGTERM");
      expect(await standing.exit()).toBe(0);
      await until("its end", () => (isAlive(asker!) ? undefined : true));
    },
  );

  part(
    "that nobody asks any more block nobody, until another worker takes over",
    [...listens, ...rbldnsdNeeds],
    async () => {
      await using scratch = new Scratch();
      await using names = await rbldnsd(scratch, [ZONE]);
      const options = listsAt(names.address);
      await using standing = await Standing.start(scratch, { options });
      const [[worker], [asker]] = [standing.workers, standing.names];
      await using talk = await standing.dial("127.0.0.8");
      await talk.read(smtpReply);
      kill(asker!, "SIGKILL");
      expect(await mail(standing, "127.0.0.7")).toStartWith("250 ");
      await until("silence", () =>
        standing.log.includes("event=dnsbl-silent zone=bl.test") ? true : undefined,
      );
      await until("another worker", () =>
        standing.log.match(/state=ready/g)?.length === 2 ? true : undefined,
      );
      expect(standing.log).toMatch(
        new RegExp(`event=fault worker-pid=${worker} error=.*asked lists.*SIGKILL`),
      );
      expect(await mail(standing, "127.0.0.7")).toBe("550 5.7.1");
      // The old worker stays for whom it has.
      expect(await talk.ask("NOOP")).toStartWith("250 ");
      expect(await talk.ask("QUIT")).toStartWith("221 ");
      await until("its end", () => (standing.workers.includes(worker!) ? undefined : true));
      expect(standing.names).toHaveLength(1);
    },
  );

  part("go with their worker, and with the supervisor", [...listens, ...rbldnsdNeeds], async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch, { options: listsAt("127.0.0.1:9") });
    const [[worker], [asker]] = [standing.workers, standing.names];
    kill(worker!, "SIGKILL");
    await until("its end", () => (isAlive(asker!) ? undefined : true));
    await until("another", () => (standing.log.match(/state=ready/g)?.length === 2 ? true : undefined));
    expect(standing.log).not.toContain("event=fault");
    const [next] = standing.names;
    standing.kill("SIGKILL");
    await until("its end", () => (isAlive(next!) ? undefined : true));
  });
});

part(
  "A worker under load is denied nothing that it needs",
  [...listens, program("strace"), root],
  async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch);
    const trace = `${scratch.path}/trace`;
    const [worker] = standing.workers;
    const tracer = Bun.spawn(["strace", "-f", "-qq", "-e", "signal=none", "-o", trace, "-p", String(worker)]);
    await until("a trace", () => (existsSync(trace) ? true : undefined));
    await Bun.sleep(300);
    for (let round = 0; round < 5; round++) {
      const talks = await Promise.all(Array.from({ length: 10 }, () => standing.dial()));
      for (const talk of talks) {
        await talk.read(smtpReply);
        await talk.ask("EHLO c.test");
        await talk.ask("MAIL FROM:<a@c.test>");
        await talk.ask("RCPT TO:<u@kit.test>");
        await talk.ask("DATA");
        await talk.ask(`Subject: x\r\n\r\n${"text\r\n".repeat(20_000)}.`);
        await talk.ask("QUIT");
        await talk[Symbol.asyncDispose]();
      }
    }
    tracer.kill("SIGINT");
    await tracer.exited;
    const lines = readFileSync(trace, "latin1").split("\n");
    expect(lines.length).toBeGreaterThan(1000);
    expect(lines.filter((line) => /= -1 (?:EPERM|EACCES|ENOSYS) /.test(line))).toEqual([]);
  },
);
