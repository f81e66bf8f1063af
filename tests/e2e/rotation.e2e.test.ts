// A log that is rotated, and a syslog that is restarted, under sessions that go on: no line is lost, none is told twice,
// and what nobody could keep is counted.

import { describe, expect } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
} from "node:fs";
import { type Conversation, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { replaced, sample } from "./parts/deploy.ts";
import { built, root, unpacked, waiting } from "./parts/missing.ts";
import { parrot, parrotNeeds } from "./parts/parrot.ts";
import { pipe } from "./parts/pipe.ts";
import { ending, run } from "./parts/process.ts";
import { rsyslog, rsyslogNeeds } from "./parts/rsyslog.ts";
import { Scratch } from "./parts/scratch.ts";
import { Standing } from "./parts/standing.ts";
import { wrapped } from "./parts/wrapper.ts";

const needs = [built, ...parrotNeeds];

/** A session that can be asked for a line of the log. */
interface Session extends AsyncDisposable {
  readonly talk: Conversation;
  /** Tells a listener that the file is another. */
  readonly reopen?: () => void;
}

const SITUATIONS: Readonly<Record<string, (scratch: Scratch, log: string) => Promise<Session>>> = {
  "a process per connection": async (scratch, log) => {
    const how = ["--relay-domain", "kit.test", "--log", log, "--log-level", "3", "--max-errors", "0"];
    return pipe(scratch, wrapped("smtp", parrot("smtp"), ...how));
  },
  "a listener": async (scratch, log) => {
    const options = ["--log", log, "--log-level", "3"];
    const standing = log.startsWith("file:")
      ? await Standing.start(scratch, { options })
      : await Standing.launch(scratch, { options });
    const talk = await until(
      "a listener",
      () => (standing.workers.length > 0 ? true : undefined),
      15_000,
    ).then(() => standing.dial());
    return {
      talk,
      reopen: () => standing.kill("SIGUSR1"),
      async [Symbol.asyncDispose]() {
        talk.cut();
        await standing[Symbol.asyncDispose]();
      },
    };
  },
};

async function greeted({ talk }: Session): Promise<void> {
  expect(await talk.read(smtpReply)).toStartWith("220 ");
}

/** What the session was told to say in its log, in order. */
function noops(text: string): string[] {
  return [...text.matchAll(/ event=command verb=NOOP line="NOOP (\w+)"/g)].map(([, word]) => word!);
}

for (const [name, start] of Object.entries(SITUATIONS)) {
  describe(`The log of ${name}`, () => {
    waiting("that gets another name is the old file's to the end, unless somebody tells", needs, async () => {
      await using scratch = new Scratch();
      const log = `${scratch.path}/log`;
      const read = (path: string) => readFileSync(path, "latin1");
      await using session = await start(scratch, `file:${log}`);
      await greeted(session);
      await session.talk.ask("NOOP one");
      renameSync(log, `${log}.1`);
      await session.talk.ask("NOOP two");
      await until("two", () => noops(read(`${log}.1`)).length === 2 || undefined);
      if (session.reopen === undefined) {
        await session.talk.ask("QUIT");
        await until("the end", () => read(`${log}.1`).includes("event=end") || undefined);
        return;
      }
      session.reopen();
      await until("the new file", () => statSync(log, { throwIfNoEntry: false }) !== undefined || undefined);
      expect(statSync(log).mode & 0o777).toBe(0o640);
      await session.talk.ask("NOOP three");
      await session.talk.ask("QUIT");
      await until("the end", () => read(log).includes("event=end") || undefined);
      expect([noops(read(`${log}.1`)), noops(read(log))]).toEqual([["one", "two"], ["three"]]);
      expect(read(log)).toContain("event=reload state=reopened");
    });

    waiting("that is copied and cut has no hole, and goes on at its beginning", needs, async () => {
      await using scratch = new Scratch();
      const log = `${scratch.path}/log`;
      await using session = await start(scratch, `file:${log}`);
      await greeted(session);
      await session.talk.ask("NOOP one");
      await until("one", () => noops(readFileSync(log, "latin1")).length === 1 || undefined);
      copyFileSync(log, `${log}.1`);
      truncateSync(log);
      await session.talk.ask("NOOP two");
      await until("two", () => noops(readFileSync(log, "latin1")).length === 1 || undefined);
      const text = readFileSync(log, "latin1");
      expect(text).not.toContain("\0");
      expect(text).toMatch(/^\d{4}-/);
      expect([noops(readFileSync(`${log}.1`, "latin1")), noops(text)]).toEqual([["one"], ["two"]]);
    });

    for (const way of ["unix", "syslog+tcp"])
      waiting(
        `waits for a syslog that is restarted, by ${way}: each line comes once`,
        [...needs, ...rsyslogNeeds],
        async () => {
          await using scratch = new Scratch();
          const first = await rsyslog(scratch);
          const target = way === "unix" ? `unix:${first.socket}` : `${way}://127.0.0.1:${first.port}`;
          await using session = await start(scratch, target);
          await greeted(session);
          await session.talk.ask("NOOP one");
          await until("one", () => noops(first.lines().join("\n")).length === 1 || undefined);
          await first[Symbol.asyncDispose]();
          await Bun.sleep(200); // that it is gone has to be noticed, or TCP believes that a line was taken
          await session.talk.ask("NOOP two");
          await session.talk.ask("NOOP three");
          await using second = await rsyslog(scratch, first.port);
          await until("three", () => noops(second.lines().join("\n")).includes("three") || undefined, 10_000);
          await session.talk.ask("NOOP four");
          await until("four", () => noops(second.lines().join("\n")).includes("four") || undefined, 10_000);
          expect(noops(second.lines().join("\n"))).toEqual(["one", "two", "three", "four"]);
          expect(second.lines().join("\n")).not.toContain("event=log-lost");
        },
      );
  });
}

waiting("A listener counts what it could not keep", [...needs, ...rsyslogNeeds], async () => {
  await using scratch = new Scratch();
  const log = ["--log", `unix:${scratch.path}/syslog.sock`, "--log-level", "3", "--max-errors", "0"];
  await using standing = await Standing.launch(scratch, { options: log });
  await until("a listener", () => (standing.workers.length > 0 ? true : undefined), 15_000);
  // Each line has two hundred characters of it and more, and what waits is half a megabyte at most.
  const flood = Array.from({ length: 900 }, (_, at) => `NOOP n${at}x${"y".repeat(300)}\r\n`).join("");
  const talks = await Promise.all([1, 2, 3].map(() => standing.dial()));
  for (const talk of talks) expect(await talk.read(smtpReply)).toStartWith("220 ");
  await Promise.all(
    talks.map(async (talk) => {
      await talk.send(flood);
      for (let at = 0; at < 900; at++) await talk.read(smtpReply);
    }),
  );
  await using server = await rsyslog(scratch);
  const told = await until("the count", () => {
    const text = server.lines().join("\n");
    return text.includes("event=log-lost") ? text : undefined;
  });
  const lost = Number(/ event=log-lost lines=(\d+)$/m.exec(told)![1]);
  expect(lost).toBeGreaterThan(100);
  expect(told.match(/ event=command verb=NOOP /g)!.length + lost).toBe(3 * 900);
});

const logrotate = unpacked("logrotate", "usr/sbin/logrotate");

waiting("logrotate does it by the file that ships", [built, logrotate, root], async () => {
  await using scratch = new Scratch();
  const directory = scratch.directory("logs");
  const log = `${directory}/mx.log`;
  await using standing = await Standing.launch(scratch, { options: ["--log", `file:${log}`] });
  const tells = (words: string) => existsSync(log) && readFileSync(log, "latin1").includes(words);
  await until("a listener", () => tells("state=ready") || undefined, 15_000);
  const units = "systemctl kill --kill-who=main --signal=USR1 $unit.service 2>/dev/null || true";
  const conf = replaced(sample("logrotate/protowrap"), {
    "/var/log/protowrap/*.log": `${directory}/*.log`,
    [units]: `kill -USR1 ${standing.pid}`,
  });
  const command = [logrotate.path, "--force", "--state", `${scratch.path}/state`, scratch.file("conf", conf)];
  for (const rotated of ["mx.log.1", "mx.log.2.gz"]) {
    chmodSync(directory, 0o755); // logrotate does nothing where others may write
    expect(ending(await run(scratch, command))).toBe("exit 0");
    expect(existsSync(`${directory}/${rotated}`)).toBe(true);
    await until("a line in the new file", () => tells("state=reopened") || undefined);
    expect(statSync(log).mode & 0o777).toBe(0o640);
  }
});
