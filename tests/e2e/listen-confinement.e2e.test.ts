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
  ...["connect", "inet", "inet6", "netlink", "unix", "x32", "unshare"],
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

describe.each([false, true])("In a worker (of root's: %p)", (asRoot) => {
  const needs = [...listens, ...(asRoot ? [root] : [program("setpriv")])];
  const server = ["--", "/bin/sh", "-c", "exec cat"];

  part("nothing forbidden can be done, and everything needed", needs, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch, {
      ...{ protocol: FIXTURE, unprivileged: !asRoot, server },
      options: ["--max-connections-per-ip", "0"],
    });
    const outcomes = new Map<string, string>();
    for (const what of DENIED) outcomes.set(what, (await ask(standing, what)).split(" ")[0]!);
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(DENIED.map((what) => [what, "denied"])));
    expect(existsSync("/tmp/protowrap-forbidden")).toBe(false);
    expect(await ask(standing, "read")).toBe("done true");
    expect(await ask(standing, "thread")).toBe("done here");
    expect(await ask(standing, "dump")).toBe("done 2 1 0");
    expect(standing.log).not.toContain("state=left");
  });
});

part("A worker asks blackhole lists all the same", [...listens, ...rbldnsdNeeds], async () => {
  await using scratch = new Scratch();
  await using names = await rbldnsd(scratch, [{ zone: "bl.test", ipv4: ["127.0.0.7 :2:Sends spam"] }]);
  const options = ["--dnsbl", "bl.test", "--resolver", names.address];
  await using standing = await Standing.start(scratch, { options });
  for (const [client, answer] of [
    ["127.0.0.7", "550 5.7.1 "],
    ["127.0.0.8", "250 "],
  ] as const) {
    await using talk = await standing.dial(client);
    await talk.read(smtpReply);
    await talk.ask("EHLO c.test");
    expect(await talk.ask("MAIL FROM:<a@c.test>")).toStartWith(answer);
  }
  expect(standing.log).not.toContain("dnsbl-silent");
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
