// Standing alone: who is let in, who does what, and what becomes of clients, servers and the log when a process of ours
// or a server is killed, hangs, or is told to end.

import { describe, expect } from "bun:test";
import { renameSync } from "node:fs";
import type { Conversation } from "./parts/conversation.ts";
import { pop3Status, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, option, part, program, root, waiting } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { CLEAR, greetedBy, intoData, SPEECHES, type Speech } from "./parts/speech.ts";
import { Standing, UNPRIVILEGED } from "./parts/standing.ts";
import { cpuMilliseconds, descriptorsOf, isAlive, kill, userOf } from "./parts/supervised.ts";

const listens = [built, option("smtp", "listen")];

async function greeted(talk: Conversation, ms = 10_000): Promise<void> {
  expect(await talk.read(smtpReply, ms)).toStartWith("220 ");
}

/** In the middle of a message. */
async function inData(standing: Standing, speech: Speech = CLEAR): Promise<Conversation> {
  const talk = await speech.dial(standing.port);
  await intoData(talk);
  await talk.send("Subject: half\r\n\r\nhalf");
  await Bun.sleep(100);
  return talk;
}

describe("A listener", () => {
  for (const unprivileged of [false, true])
    part(
      `serves ${unprivileged ? "as whoever started it" : "with its privileges apart"}`,
      [...listens, ...(unprivileged ? [program("setpriv")] : [root])],
      async () => {
        await using scratch = new Scratch();
        await using standing = await Standing.start(scratch, { unprivileged });
        await using talk = await standing.dial();
        await greeted(talk);
        await talk.ask("EHLO c.test");
        await talk.ask("MAIL FROM:<a@c.test>");
        await talk.ask("RCPT TO:<u@kit.test>");
        await talk.ask("DATA");
        expect(await talk.ask("Subject: x\r\n\r\nx\r\n.")).toStartWith("250 ");
        const [worker] = standing.workers;
        const [server] = standing.servers;
        expect([userOf(standing.pid), userOf(worker!), userOf(server!)]).toEqual(
          unprivileged ? [65534, 65534, 65534] : [0, 65534, 1],
        );
        expect(await talk.ask("QUIT")).toStartWith("221 ");
        expect(await talk.end()).toBe("");
        expect(standing.fates).toEqual(["whole"]);
        await until("the end of the session", () => (/event=end /.test(standing.log) ? true : undefined));
        expect(standing.log).toMatch(
          /session=\S+ client=127\.0\.0\.1:\d+ protocol=smtp event=message .*reply=/,
        );
        expect(standing.log).toMatch(/event=end .*server-exit=0/);
        standing.kill("SIGTERM");
        expect(await standing.exit()).toBe(0);
        await scratch.quiet();
      },
    );

  part("holds a client's socket in the worker alone", [...listens, root, program("ss")], async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch);
    await using talk = await standing.dial();
    await greeted(talk);
    // The listening socket is the supervisor's own; of the connection it has nothing any more.
    const before = descriptorsOf(standing.pid);
    await using another = await standing.dial();
    await greeted(another);
    const holders = Bun.spawnSync(["ss", "-Htnp", `sport = :${standing.port}`]).stdout.toString();
    const pids = [...holders.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid));
    expect([...new Set(pids)]).toEqual(standing.workers);
    expect(descriptorsOf(standing.pid) - before).toBeLessThanOrEqual(2);
  });

  part("serves POP3, and a server over TCP", listens, async () => {
    await using scratch = new Scratch();
    const script = "printf '+OK x\\r\\n'; while read -r line; do printf '+OK\\r\\n'; done";
    await using inner = await Standing.start(scratch, {
      protocol: "pop3",
      server: ["--", "/bin/sh", "-c", script, scratch.path],
    });
    await using second = new Scratch();
    await using outer = await Standing.start(second, {
      protocol: "pop3",
      server: ["--connect", `127.0.0.1:${inner.port}`],
    });
    for (let round = 0; round < 3; round++) {
      await using talk = await outer.dial();
      expect(await talk.read(pop3Status)).toStartWith("+OK ");
      expect(await talk.ask("QUIT", pop3Status)).toStartWith("+OK");
      expect(await talk.end()).toBe("");
    }
    expect(outer.log.match(/event=connect/g)).toHaveLength(3);
  });

  part(
    "tells a server that the client says no more, and the client what it still says",
    listens,
    async () => {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch, {
        protocol: "line",
        server: ["--", "/bin/sh", "-c", "cat; echo all", scratch.path],
      });
      await using talk = await standing.dial();
      await talk.send("hello\r\n");
      talk.halfClose();
      expect(await talk.end(5_000)).toBe("hello\r\nall\n");
      await until(
        "the end of the session",
        () => / event=end .*server-exit=0/.test(standing.log) || undefined,
      );
    },
  );

  part("has a server over TCP for each of hundreds that come at once", listens, async () => {
    await using scratch = new Scratch();
    using inner = Bun.listen({
      ...{ hostname: "127.0.0.1", port: 0 },
      socket: { open: (socket) => void socket.write("220 x\r\n"), data() {} },
    });
    await using standing = await Standing.start(scratch, {
      server: ["--connect", `127.0.0.1:${inner.port}`],
      options: ["--max-connections-per-ip", "0", "--max-connections", "0"],
    });
    const [worker] = standing.workers;
    // What it is passed waits for it: more than fits.
    kill(worker!, "SIGSTOP");
    const talks = await Promise.all(Array.from({ length: 400 }, () => standing.dial()));
    await Bun.sleep(1000);
    kill(worker!, "SIGCONT");
    const heard = await Promise.all(talks.map((talk) => talk.read(smtpReply)));
    expect(heard.filter((line) => line.startsWith("220 "))).toHaveLength(400);
    expect(standing.log).not.toContain("event=server-unavailable");
    for (const talk of talks) talk.cut();
  });

  part("tells clients of a server that cannot be reached, or started", listens, async () => {
    for (const [told, server] of [
      ["destination=127.0.0.1:1 error=ECONNREFUSED", ["--connect", "127.0.0.1:1"]],
      ["destination=/nonexistent/server error=ENOENT", ["--", "/nonexistent/server"]],
    ] as const) {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch, { server });
      await using talk = await standing.dial();
      expect(await talk.read(smtpReply)).toStartWith("421 4.3.0 ");
      await talk.end();
      await until("the log", () => (standing.log.includes("event=server-unavailable") ? true : undefined));
      expect(standing.log).toContain(told);
      // At once and together: a server that is gone before its session knows it keeps no place.
      const talks = await Promise.all(Array.from({ length: 15 }, () => standing.dial()));
      for (const talk of talks) expect(await talk.read(smtpReply)).toStartWith("421 4.3.0 ");
      for (const talk of talks) await talk.end();
      await until("their ends", () =>
        standing.log.match(/event=end reason=server-unavailable/g)?.length === 16 ? true : undefined,
      );
    }
  });

  part("serves a protocol from outside that nobody can play, and refuses in its words", listens, async () => {
    await using scratch = new Scratch();
    const module = scratch.file(
      "words.js",
      `export default { name: "words", dialogue: "lock-step", unavailable: () => "",
         refusal: (_, why) => "NO " + why + "\\r\\n",
         converse: () => ({
           lineLimit: () => 80,
           clientLine: () => ({ client: "NO\\r\\n", next: "command" }),
           serverLine: (text) => ({ client: text + "\\r\\n", next: "command" }),
           serverLost: () => ({ next: "close" }),
           expired: () => ({ next: "close" }),
           tooManyErrors: () => ({ next: "close" }),
         }) };`,
    );
    const server = ["--", "/bin/sh", "-c", "echo hello; cat", scratch.path];
    const plan = { protocol: module, server, options: ["--max-connections", "1"] };
    await using standing = await Standing.start(scratch, plan);
    await using talk = await standing.dial();
    expect(await talk.read(/^.*\r\n/)).toBe("hello\r\n");
    await using late = await standing.dial();
    expect(await late.end()).toBe("NO all\r\n");
  });

  part("on IPv6 and IPv4 serves both", listens, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch, {
      listens: (port) => ["--listen", `127.0.0.1:${port}`, "--listen", `[::1]:${port}`],
    });
    await using four = await standing.dial();
    await greeted(four);
    const heard = Promise.withResolvers<string>();
    const six = await Bun.connect({
      ...{ hostname: "::1", port: standing.port },
      socket: { data: (_, octets) => heard.resolve(octets.toString()) },
    });
    expect(await heard.promise).toStartWith("220 ");
    six.end();
    await until("the client in the log", () => (standing.log.includes("client=[::1]:") ? true : undefined));
  });

  part("that finds its port taken says so, and leaves", listens, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch);
    await using second = new Scratch();
    await using late = await Standing.launch(second, {}, standing.port);
    expect(await late.exit()).toBe(71);
    expect(late.log).toMatch(/event=fault .*somebody listens there already/);
  });

  part("ends when its workers fail before they are ready", listens, async () => {
    await using scratch = new Scratch();
    const module = scratch.file(
      "broken.js",
      `let made = 0;
       export default { name: "broken", dialogue: "stream", unavailable: () => "",
         converse() { throw new Error("not today"); } };`,
    );
    await using standing = await Standing.launch(scratch, { protocol: module });
    expect(await standing.exit()).toBe(70);
    expect(standing.log).toContain("not today");
    expect(standing.log.match(/event=worker state=left/g)).toHaveLength(3);
  });
});

describe("A listener lets in", () => {
  part("a third address at once, whatever a hundred silent clients of two others do", listens, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch);
    const talks = await Promise.all(
      Array.from({ length: 100 }, (_, index) => standing.dial(index % 2 === 0 ? "127.0.0.2" : "127.0.0.3")),
    );
    const heard = await Promise.all(talks.map((talk) => talk.read(smtpReply)));
    expect(heard.filter((line) => line.startsWith("220 "))).toHaveLength(40);
    expect(heard.filter((line) => line.startsWith("421 4.7.0 "))).toHaveLength(60);
    const started = performance.now();
    await using third = await standing.dial("127.0.0.4");
    await greeted(third);
    expect(performance.now() - started).toBeLessThan(100);
    for (const talk of talks) talk.cut();
    expect(
      standing.log.match(/event=refused-connection reason=per-ip key=127\.0\.0\.[23] count=1/g),
    ).toHaveLength(2);
  });

  part("nobody who has reset the connection before: no server is started for them", listens, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch);
    standing.kill("SIGSTOP");
    for (let count = 0; count < 5; count++) {
      const gone = await standing.dial();
      await gone.send("EHLO c.test\r\n");
      gone.cut();
    }
    await Bun.sleep(50); // the kernel has the resets, and the supervisor none of the clients
    standing.kill("SIGCONT");
    await using talk = await standing.dial();
    await greeted(talk);
    await until("the log", () => (standing.log.includes("event=connect") ? true : undefined));
    expect(standing.log).not.toContain("client=unknown");
    expect(standing.log.match(/event=connect/g)).toHaveLength(1);
  });

  part("no more than there may be in all, and as many again when they have left", listens, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch, { options: ["--max-connections", "1"] });
    await using first = await standing.dial();
    await greeted(first);
    await using second = await standing.dial();
    expect(await second.read(smtpReply)).toStartWith("421 4.3.2 ");
    expect(await second.end()).toBe("");
    await first.ask("QUIT");
    await first.end();
    await until("room", () => (/event=end /.test(standing.log) ? true : undefined));
    await Bun.sleep(50);
    await using third = await standing.dial();
    await greeted(third);
  });

  part("nobody who is blocked, and nobody who comes too often", listens, async () => {
    await using scratch = new Scratch();
    const options = ["--block-ip", "127.0.0.66", "--max-connection-rate", "2"];
    await using standing = await Standing.start(scratch, { options });
    await using blocked = await standing.dial("127.0.0.66");
    expect(await blocked.read(smtpReply)).toStartWith("554 5.7.1 ");
    for (const reply of ["220 ", "220 ", "421 4.7.0 "]) {
      await using talk = await standing.dial("127.0.0.5");
      expect(await talk.read(smtpReply)).toStartWith(reply);
    }
    // A client is told first, and the log then.
    await until("the log", () => (standing.log.includes("reason=rate key=127.0.0.5") ? true : undefined));
    expect(standing.log).toContain("reason=block-ip key=127.0.0.66");
    expect(standing.servers.length).toBeLessThanOrEqual(2);
  });

  part("nobody of a flood, at the cost of a tenth of a millisecond each", listens, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch, { options: ["--max-connections-per-ip", "1"] });
    await using holder = await standing.dial("127.0.0.2");
    await greeted(holder);
    const before = cpuMilliseconds(standing.pid);
    const refusals = 3000;
    for (let round = 0; round < refusals / 100; round++) {
      const talks = await Promise.all(Array.from({ length: 100 }, () => standing.dial("127.0.0.2")));
      const heard = await Promise.all(talks.map((talk) => talk.read(smtpReply)));
      expect(heard.filter((line) => line.startsWith("421 4.7.0 "))).toHaveLength(100);
      for (const talk of talks) talk.cut();
    }
    expect((cpuMilliseconds(standing.pid) - before) / refusals).toBeLessThan(0.1);
    await using honest = await standing.dial("127.0.0.3");
    await greeted(honest);
    // The first of the minute; the others make one line when it is over.
    expect(standing.log.match(/event=refused-connection/g)).toHaveLength(1);
  });

  part("or refuses every one of a thousand that come at once", listens, async () => {
    await using scratch = new Scratch();
    const options = ["--max-connections", "100", "--max-connections-per-ip", "0"];
    await using standing = await Standing.start(scratch, { options });
    const talks = await Promise.all(Array.from({ length: 1000 }, () => standing.dial()));
    const heard = await Promise.all(talks.map((talk) => talk.read(smtpReply, 20_000)));
    const greetings = heard.filter((line) => line.startsWith("220 ")).length;
    expect(greetings).toBe(100);
    expect(heard.filter((line) => line.startsWith("421 4.3.2 "))).toHaveLength(900);
    for (const talk of talks) talk.cut();
    await until("nobody left", () => (standing.servers.length === 0 ? true : undefined), 15_000);
  });
});

describe("When", () => {
  for (const speech of SPEECHES)
    part(
      `a worker is killed its servers are ended before their input ends, and others go on${speech.name}`,
      [...listens, ...speech.needs],
      async () => {
        await using scratch = new Scratch();
        const options = ["--workers", "2", ...speech.options(`${scratch.path}/tls`)];
        await using standing = await Standing.start(scratch, { options });
        await until("two workers", () => (standing.workers.length === 2 ? true : undefined));
        await until("both ready", () =>
          standing.log.match(/state=ready/g)?.length === 2 ? true : undefined,
        );
        await using talk = await inData(standing, speech);
        await using other = await speech.dial(standing.port);
        await greetedBy(other);
        // Only the worker of the message holds its pipe: the first, since the first of equals is taken.
        const victim = Number(/session=\S+?\.(\d+)\.\d+ .*event=connect/.exec(standing.log)![1]);
        kill(victim, "SIGKILL");
        await talk.end();
        const started = performance.now();
        await using next = await speech.dial(standing.port);
        await greetedBy(next);
        expect(performance.now() - started).toBeLessThan(speech === CLEAR ? 100 : 500);
        expect(await other.ask("NOOP")).toStartWith("250 ");
        await until("a fate", () => (standing.fates.length > 0 ? true : undefined));
        expect(standing.fates).toEqual(["ended"]);
        await until("a new worker", () => (standing.workers.length === 2 ? true : undefined));
        const left = new RegExp(`event=worker state=left worker-pid=${victim} how=\\S+ sessions=1`);
        await until("the log", () => (left.test(standing.log) ? true : undefined));
      },
    );

  part("a worker is killed its servers' input stays open, however late we hear of it", listens, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch);
    await using talk = await inData(standing);
    const [worker] = standing.workers;
    standing.kill("SIGSTOP");
    kill(worker!, "SIGKILL");
    await talk.end();
    await Bun.sleep(300);
    expect(standing.fates).toEqual([]);
    standing.kill("SIGCONT");
    await until("a fate", () => (standing.fates.length > 0 ? true : undefined));
    expect(standing.fates).toEqual(["ended"]);
  });

  waiting(
    "a worker hangs, its servers are ended, and then the worker",
    listens,
    async () => {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch);
      await using talk = await inData(standing);
      const [victim] = standing.workers;
      kill(victim!, "SIGSTOP");
      await until("its end", () => (isAlive(victim!) ? undefined : true), 25_000);
      await talk.end();
      expect(standing.fates).toEqual(["ended"]);
      await using next = await standing.dial();
      await greeted(next);
      expect(standing.log).toContain("event=worker state=hung");
    },
    60_000,
  );

  for (const speech of SPEECHES)
    waiting(
      `the supervisor is killed, clients are told, and nothing is delivered by half${speech.name}`,
      [...listens, ...speech.needs],
      async () => {
        await using scratch = new Scratch();
        await using standing = await Standing.start(scratch, {
          options: speech.options(`${scratch.path}/tls`),
        });
        await using idle = await speech.dial(standing.port);
        await greetedBy(idle);
        await using _ = await inData(standing, speech);
        const { workers, servers } = standing;
        standing.kill("SIGKILL");
        expect(await idle.read(smtpReply)).toStartWith("421 ");
        await Bun.sleep(3_000);
        // The server of a message waits for the rest of it, as long as it likes; its input does not end.
        expect(standing.fates).toEqual([]);
        for (const pid of servers) kill(-pid, "SIGTERM");
        await until("their end", () => (workers.some(isAlive) ? undefined : true), 10_000);
        expect(standing.fates).not.toContain("half");
        await scratch.quiet();
      },
    );

  part("a server is killed its client is told, and nobody else notices", listens, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch);
    await using talk = await standing.dial();
    await greeted(talk);
    const [server] = standing.servers;
    await using other = await standing.dial();
    await greeted(other);
    kill(server!, "SIGKILL");
    expect(await talk.ask("EHLO c.test")).toStartWith("421 ");
    expect(await other.ask("EHLO c.test")).toStartWith("250-");
    await until("the end in the log", () =>
      /event=end .*server-exit=SIGKILL/.test(standing.log) ? true : undefined,
    );
  });

  part(
    "it is told to end, clients are told between commands, and it leaves within six seconds",
    listens,
    async () => {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch);
      await using idle = await standing.dial();
      await greeted(idle);
      await using talk = await inData(standing);
      const started = performance.now();
      standing.kill("SIGTERM");
      expect(await idle.read(smtpReply)).toStartWith("421 4.3.2 ");
      expect(await standing.exit()).toBe(0);
      expect(performance.now() - started).toBeLessThan(7_000);
      expect(standing.fates).toEqual(["ended"]);
      await talk.end();
      await scratch.quiet();
      await expect(standing.dial()).rejects.toThrow();
    },
  );

  part(
    "no process can be had, it goes on, and has a worker as soon as there may be one",
    [...listens, root],
    async () => {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch, { unprivileged: true });
      const limit = (processes: string) =>
        Bun.spawnSync([...UNPRIVILEGED, "prlimit", `--pid=${standing.pid}`, `--nproc=${processes}:`]);
      await Bun.sleep(1500); // the runtime has its threads by then: one that it is refused would be its end
      limit("1");
      for (const victim of standing.workers) kill(victim, "SIGKILL");
      await until("a try", () => (standing.log.includes("no worker can be started") ? true : undefined));
      expect(isAlive(standing.pid)).toBe(true);
      await using waiting = await standing.dial();
      const tries = () => standing.log.match(/no worker can be started/g)!.length;
      await until("two more tries", () => (tries() > 2 ? true : undefined), 10_000);
      // Not for long: the runtime lets idle threads go after ten seconds, and ends when it is refused one again.
      limit("90000");
      await until("a worker", () => (standing.workers.length === 1 ? true : undefined), 20_000);
      expect(await waiting.read(smtpReply)).toStartWith("220 ");
      await using talk = await standing.dial();
      await greeted(talk);
    },
    60_000,
  );

  for (const [format, told] of [
    ["text", (line: string) => ` event=refused .* line="${line}"$`],
    [
      "json",
      (line: string) => `"client":"127.0.0.1:\\d+","protocol":"smtp","event":"refused",.*"line":"${line}"`,
    ],
  ] as const)
    part(`a client writes what is not ASCII, the log tells it as it is, in ${format}`, listens, async () => {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch, { options: ["--log-format", format] });
      await using talk = await standing.dial();
      await greeted(talk);
      const line = Buffer.from("VRFY grüße").toString("latin1"); // octets, as the log is read here
      await talk.ask(line);
      await until("its line", () => (/event"?[=:]"?refused/.test(standing.log) ? true : undefined));
      expect(standing.log).toMatch(new RegExp(told(line), "m"));
    });

  part("the log is rotated, lines go to the new file", listens, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch);
    renameSync(`${scratch.path}/log`, `${scratch.path}/log.1`);
    standing.kill("SIGHUP");
    await until("the new file", () =>
      standing.log.includes("event=reload state=reopened") ? true : undefined,
    );
    await using talk = await standing.dial();
    await greeted(talk);
    await until("a session in it", () => (standing.log.includes("event=connect") ? true : undefined));
  });

  part(
    "no descriptor is left, clients are told, and served again afterwards",
    [...listens, root],
    async () => {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch, { options: ["--max-connections-per-ip", "0"] });
      const few = descriptorsOf(standing.pid) + 14;
      Bun.spawnSync(["prlimit", `--pid=${standing.pid}`, `--nofile=${few}:${few}`]);
      const talks = await Promise.all(Array.from({ length: 12 }, () => standing.dial()));
      const heard = await Promise.all(talks.map((talk) => talk.read(smtpReply)));
      expect(heard.some((line) => line.startsWith("421 4.3.2 "))).toBe(true);
      for (const talk of talks) talk.cut();
      await until("nobody", () => (standing.servers.length === 0 ? true : undefined), 10_000);
      await using talk = await standing.dial();
      await greeted(talk);
      expect(standing.log).toContain("event=overload");
    },
  );

  part(
    "the log blocks, clients are served all the same",
    listens,
    async () => {
      await using scratch = new Scratch();
      Bun.spawnSync(["mkfifo", `${scratch.path}/fifo`]);
      // Somebody has it open and reads nothing.
      const holder = Bun.spawn(["/bin/sh", "-c", `exec 3<>$0/fifo; sleep 60`, scratch.path]);
      await Bun.sleep(100);
      const log = `file:${scratch.path}/fifo`;
      const standing = await Standing.launch(scratch, { options: ["--log", log, "--log-level", "4"] });
      await using _ = standing;
      await until("a listener", () => (standing.workers.length > 0 ? true : undefined));
      for (let round = 0; round < 300; round++) {
        const talk = await until("a client", () => standing.dial().catch(() => undefined));
        await greeted(talk!);
        await talk!.ask("EHLO c.test");
        await talk!.ask("QUIT");
        await talk![Symbol.asyncDispose]();
      }
      holder.kill("SIGKILL");
    },
    60_000,
  );

  part("the disk under the log is full, clients are served all the same", listens, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.launch(scratch, { options: ["--log", "file:/dev/full"] });
    await until("a worker", () => (standing.workers.length > 0 ? true : undefined));
    for (let round = 0; round < 10; round++) {
      await using talk = (await until("a client", () => standing.dial().catch(() => undefined)))!;
      await greeted(talk);
      await talk.ask("EHLO c.test");
      expect(await talk.ask("QUIT")).toStartWith("221 ");
    }
    standing.kill("SIGTERM");
    expect(await standing.exit()).toBe(0);
  });

  part(
    "clients come and go, no descriptor and no process stays",
    listens,
    async () => {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch);
      const round = async () => {
        const talk = await standing.dial();
        await greeted(talk);
        if (Math.random() < 0.3) talk.cut();
        else await talk.ask("QUIT");
        await talk[Symbol.asyncDispose]();
      };
      for (let turn = 0; turn < 10; turn++) await Promise.all(Array.from({ length: 10 }, round));
      await until("nobody", () => (standing.servers.length === 0 ? true : undefined), 10_000);
      await Bun.sleep(500);
      const [worker] = standing.workers;
      const before = [descriptorsOf(standing.pid), descriptorsOf(worker!)];
      for (let turn = 0; turn < 30; turn++) await Promise.all(Array.from({ length: 10 }, round));
      await until("nobody", () => (standing.servers.length === 0 ? true : undefined), 10_000);
      await Bun.sleep(500);
      const after = [descriptorsOf(standing.pid), descriptorsOf(worker!)];
      for (const index of [0, 1]) expect(after[index]! - before[index]!).toBeLessThanOrEqual(2);
    },
    60_000,
  );

  part(
    "a worker has had ten thousand sessions, another takes its place, and nobody notices",
    listens,
    async () => {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch, { options: ["--max-connections-per-ip", "0"] });
      const [first] = standing.workers;
      await using before = await standing.dial("127.0.0.9");
      await greeted(before);
      let left = 10_050;
      const clients = Array.from({ length: 10 }, async () => {
        while (left-- > 0) expect(await greeting(standing.port)).toStartWith("220 ");
      });
      await Promise.all(clients);
      await until("another worker", () => (standing.workers.some((pid) => pid !== first) ? true : undefined));
      expect(standing.log).toContain(`event=worker state=recycled worker-pid=${first}`);
      // The old one stays for whom it has, and goes with the last.
      expect(await before.ask("NOOP")).toStartWith("250 ");
      expect(await before.ask("QUIT")).toStartWith("221 ");
      await until("its end", () => (standing.workers.includes(first!) ? undefined : true));
      expect(standing.workers).toHaveLength(1);
    },
    180_000,
  );
});

/** As cheap as a whole session can be had. */
async function greeting(port: number): Promise<string> {
  const heard = Promise.withResolvers<string>();
  await Bun.connect({
    ...{ hostname: "127.0.0.1", port },
    socket: {
      data(socket, octets) {
        heard.resolve(octets.toString("latin1"));
        socket.end();
      },
      close: () => heard.resolve(""),
    },
  });
  return heard.promise;
}
