// The process that answers Prometheus: who it is, where it listens, what it tells whom, and that it comes back, changes
// place or goes as it must, while clients notice nothing. FAULTS.md has it in short.

import { describe, expect } from "bun:test";
import { lstatSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { type Conversation, dial } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, option, root, waiting } from "./parts/missing.ts";
import { ask, numbersAt } from "./parts/numbers.ts";
import { listening } from "./parts/port.ts";
import { run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { envelope, greeted, mail, ports, Serving } from "./parts/serving.ts";
import { Standing } from "./parts/standing.ts";
import { descriptorsOf, isAlive, kill, userOf } from "./parts/supervised.ts";
import { protowrap } from "./parts/wrapper.ts";

const needs = [built, option("smtp", "metrics")];
const at = (place: number | string) => [
  "--metrics",
  typeof place === "string" ? `unix:${place}` : `127.0.0.1:${place}`,
];
const MESSAGES = 'messages_total{service="mx",protocol="smtp"}';

/** Somebody who is here all the time, and is served all the time. */
async function guest(port: number): Promise<Conversation> {
  return greeted(await dial(port, { reads: true }));
}

async function message(talk: Conversation): Promise<void> {
  expect(await envelope(talk, "kit.test")).toStartWith("250");
  expect(await talk.ask("DATA")).toStartWith("354");
  expect(await talk.ask("hello\r\n.")).toStartWith("250");
}

/** Whoever answers there, once somebody does. */
async function answering(place: number | string, ms = 10_000): Promise<void> {
  const end = Date.now() + ms;
  for (;;) {
    const isUp = await ask(place).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (isUp) return;
    if (Date.now() > end) throw new Error(`nobody answers at ${place}`);
    await Bun.sleep(50);
  }
}

function filtersOf(pid: number): number {
  return Number(/^Seccomp_filters:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
}

describe("Whoever asks for numbers", () => {
  waiting("has them by GET at /metrics, and nothing else anywhere", needs, async () => {
    await using scratch = new Scratch();
    const [place] = await ports(1);
    await using _ = await Standing.start(scratch, { options: at(place) });
    const got = await ask(place);
    expect(got.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await got.text()).toContain('protowrap_workers{protocol="smtp"} 1\n');
    const head = await ask(place, "/metrics", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await ask(place, "/metrics?x=y")).status).toBe(200);
    for (const path of ["/", "/metrics/", "/etc/passwd", "/../metrics/x"]) {
      const nothing = await ask(place, path);
      expect([path, nothing.status, await nothing.text()]).toEqual([path, 404, "/metrics\n"]);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const refused = await ask(place, "/metrics", { method });
      expect([method, refused.status, refused.headers.get("allow")]).toEqual([method, 405, "GET, HEAD"]);
    }
    await using old = await dial(Number(place));
    await old.send("GET /metrics HTTP/1.0\r\n\r\n");
    expect(await old.end()).toStartWith("HTTP/1.1 200 OK\r\n");
    const large = await ask(place, "/metrics", { method: "POST", body: "x".repeat(100_000) });
    expect(large.status).toBeGreaterThanOrEqual(400);
  });

  waiting("at a path is the wrapper's user or of its group, and nobody else", needs, async () => {
    await using scratch = new Scratch();
    const path = `${scratch.path}/numbers`;
    await using standing = await Standing.start(scratch, { options: at(path) });
    expect(statSync(path).mode & 0o7777).toBe(0o660);
    if (root.there) expect(statSync(path).uid).toBe(userOf(standing.workers[0]!));
    expect((await numbersAt(path))['workers{protocol="smtp"}']).toBe(1);
    // What one that was killed has left there is in nobody's way, nor is its process, which is about to leave.
    const [scraper] = standing.scrapers;
    kill(scraper!, "SIGSTOP");
    standing.kill("SIGKILL");
    await standing.exit();
    setTimeout(() => kill(scraper!, "SIGCONT"), 700);
    expect(lstatSync(path).isSocket()).toBe(true);
    await using other = new Scratch();
    await using again = await Standing.start(other, { options: at(path) });
    expect((await numbersAt(path))['workers{protocol="smtp"}']).toBe(1);
    expect(again.scrapers).toHaveLength(1);
  });

  waiting("in great number, or without a word, keeps no client from being served", needs, async () => {
    await using scratch = new Scratch();
    const [place] = await ports(1);
    await using standing = await Standing.start(scratch, { options: at(place) });
    await using talk = await guest(standing.port);
    const before = descriptorsOf(standing.pid);
    const crowd = await Promise.all(
      Array.from({ length: 300 }, async (_, number) => {
        // From an address of their own: their ports are nobody's who wants to listen at one.
        const one = await dial(place, { reads: true, from: "127.0.0.77" });
        if (number % 2) await one.send("GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ");
        return one;
      }),
    );
    const slowly = setInterval(() => {
      for (const one of crowd) void one.send("x").catch(() => {});
    }, 100);
    try {
      for (let time = 0; time < 3; time++) {
        const began = performance.now();
        await message(talk);
        await using other = await standing.dial("127.0.0.9");
        await greeted(other);
        expect(performance.now() - began).toBeLessThan(3_000);
        expect((await ask(place)).status).toBe(200);
      }
      expect(descriptorsOf(standing.pid) - before).toBeLessThan(20);
    } finally {
      clearInterval(slowly);
      for (const one of crowd) one.cut();
    }
    // Many at a time have one answer of the supervisor.
    const all = await Promise.all(Array.from({ length: 100 }, () => ask(place).then(({ status }) => status)));
    expect(new Set(all)).toEqual(new Set([200]));
  });
});

describe("The process", () => {
  waiting("is nobody's but the wrapper's, and can do next to nothing", [...needs, root], async () => {
    await using scratch = new Scratch();
    const [place] = await ports(1);
    await using standing = await Standing.start(scratch, { options: at(place) });
    const [scraper, ...others] = standing.scrapers;
    expect(others).toEqual([]);
    expect(userOf(scraper!)).toBe(userOf(standing.workers[0]!));
    const status = readFileSync(`/proc/${scraper}/status`, "utf8");
    const value = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1];
    expect([value("NoNewPrivs"), value("CapEff")]).toEqual(["1", "0000000000000000"]);
    // Filters of the machine that the tests run on are everybody's.
    expect(filtersOf(scraper!)).toBe(filtersOf(standing.workers[0]!));
    expect(filtersOf(scraper!)).toBeGreaterThan(filtersOf(standing.pid));
    expect(Number(readFileSync(`/proc/${scraper}/stat`, "utf8").split(") ")[1]!.split(" ")[16])).toBe(19);
  });

  waiting("that is killed is told of and comes back, while clients notice nothing", needs, async () => {
    await using scratch = new Scratch();
    const [place] = await ports(1);
    const path = `${scratch.path}/numbers`;
    for (const where of [place, path]) {
      await using standing = await Standing.start(scratch, { options: at(where) });
      await using talk = await guest(standing.port);
      await message(talk);
      const [scraper] = standing.scrapers;
      kill(scraper!, "SIGKILL");
      await until("its end", () => !isAlive(scraper!) || undefined);
      await message(talk);
      await answering(where, 6_000);
      const told = `event=fault error="--metrics: ${at(where)[1]}: the process that answers Prometheus has gone: SIGKILL"`;
      expect(standing.log).toContain(told);
      expect(standing.scrapers).toHaveLength(1);
      expect((await numbersAt(where))['messages_total{protocol="smtp"}']).toBe(2);
      expect((await numbersAt(where))['faults_total{protocol="smtp"}']).toBe(1);
    }
  });

  waiting("leaves with its supervisor, however that goes", needs, async () => {
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      await using scratch = new Scratch();
      const [place] = await ports(1);
      await using standing = await Standing.start(scratch, { options: at(place) });
      const [scraper] = standing.scrapers;
      standing.kill(signal);
      await standing.exit();
      await until("its end", () => !(isAlive(scraper!) || listening(place)) || undefined);
    }
  });
});

describe("A place", () => {
  waiting(
    "that somebody has keeps the listener from starting, and is told with the option",
    needs,
    async () => {
      await using scratch = new Scratch();
      const [taken, port] = await ports(2);
      using _ = Bun.listen({ hostname: "127.0.0.1", port: taken, socket: { data() {} } });
      using __ = Bun.listen({ unix: `${scratch.path}/heard`, socket: { data() {} } });
      const file = scratch.file("file", "precious");
      symlinkSync(file, `${scratch.path}/link`);
      const WRONG = [
        [taken, "somebody listens there already", 71],
        [`${scratch.path}/heard`, "somebody listens there already", 71],
        [file, "there is a file of that name, which is no socket", 71],
        [`${scratch.path}/link`, "there is a file of that name, which is no socket", 71],
        [`${scratch.path}/none/x`, expect.stringContaining("no such file or directory"), 71],
      ] as const;
      for (const [place, why, code] of WRONG) {
        const argv = [
          protowrap,
          "line",
          "--listen",
          `127.0.0.1:${port}`,
          "--log",
          "none",
          ...at(place),
          "--",
          "/bin/cat",
        ];
        const user = root.there ? ["--user", "nobody", "--server-user", "daemon"] : [];
        const outcome = await run(scratch, [...argv.slice(0, 2), ...user, ...argv.slice(2)]);
        const said = outcome.stderr.toString();
        const told = `protowrap: --metrics: ${at(place)[1]}: `;
        expect([said.slice(0, told.length), said.slice(told.length).trimEnd(), outcome.code]).toEqual([
          told,
          why,
          code,
        ]);
      }
      expect(readFileSync(file, "utf8")).toBe("precious");
    },
  );

  waiting(
    "is another after a reload, and the numbers go on; one that cannot be had changes nothing",
    needs,
    async () => {
      await using scratch = new Scratch();
      const [port, place, fresh, taken] = await ports(4);
      const on = (where: string, more = {}) => ({ mx: mail(scratch, port, { metrics: where, ...more }) });
      await using serving = await Serving.start(scratch, on(`127.0.0.1:${place}`));
      await using talk = await guest(port);
      await message(talk);
      using _ = Bun.listen({ hostname: "127.0.0.1", port: taken, socket: { data() {} } });
      serving.write(on(`127.0.0.1:${taken}`));
      const kept = await serving.reload();
      expect(kept).toContain("event=reload state=kept error=");
      expect(kept).toMatch(/protowrap\.toml:\d+: metrics: 127\.0\.0\.1:\d+: somebody listens there already/);
      const [scraper] = serving.scrapers;
      expect((await numbersAt(place))[MESSAGES]).toBe(1);
      // Another rule is no other place.
      serving.write(on(`127.0.0.1:${place}`, { "relay-domain": ["kit.test", "b.test"] }));
      expect(await serving.reload()).toContain("state=reloaded");
      await message(talk);
      expect((await numbersAt(place))[MESSAGES]).toBe(2);
      expect(serving.scrapers).toEqual([scraper!]);
      serving.write(on(`127.0.0.1:${fresh}`));
      expect(await serving.reload()).toContain("state=reloaded");
      await until("the old one's end", () => (!isAlive(scraper!) && !listening(place)) || undefined);
      await message(talk);
      expect((await numbersAt(fresh))[MESSAGES]).toBe(3);
      expect((await numbersAt(fresh))['clients{service="mx",protocol="smtp"}']).toBe(1);
      // Nobody asks any more.
      serving.write({ mx: mail(scratch, port) });
      expect(await serving.reload()).toContain("state=reloaded");
      await until("nobody there", () => !listening(fresh) || undefined);
      expect(serving.scrapers).toEqual([]);
      await message(talk);
      expect(serving.log).not.toContain("event=fault");
    },
  );

  waiting("stays where the wrapper's user becomes another, who answers then", [...needs, root], async () => {
    await using scratch = new Scratch();
    const [port] = await ports(1);
    const path = `${scratch.path}/numbers`;
    const by = (user: string) => ({ mx: mail(scratch, port, { metrics: `unix:${path}`, user }) });
    await using serving = await Serving.start(scratch, by("nobody"));
    const [first] = serving.scrapers;
    serving.write(by("daemon"));
    expect(await serving.reload()).toContain("state=reloaded");
    await until("another", () => (isAlive(first!) ? undefined : serving.scrapers[0]));
    await answering(path);
    expect([userOf(serving.scrapers[0]!), statSync(path).uid]).toEqual([1, 1]);
    expect(serving.log).not.toContain("event=fault");
  });

  waiting(
    "has each of the services that are there, also one that came back with clients of before",
    needs,
    async () => {
      await using scratch = new Scratch();
      const [one, two, place] = await ports(3);
      const metrics = `127.0.0.1:${place}`;
      const mx = mail(scratch, one, { metrics });
      const sub = mail(scratch, two, { metrics });
      await using serving = await Serving.start(scratch, { mx, sub });
      await using talk = await guest(two);
      await message(talk);
      serving.write({ mx });
      await serving.reload();
      serving.write({ mx, sub });
      await serving.reload();
      await using late = await guest(two);
      await message(late);
      const text = await (await ask(place)).text();
      const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      const names = lines.map((line) => line.replace(/ \S+$/, ""));
      expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
      const numbers = await numbersAt(place);
      expect(numbers['clients{service="sub",protocol="smtp"}']).toBe(2);
      expect(numbers['messages_total{service="sub",protocol="smtp"}']).toBe(2);
      expect(numbers['clients{service="mx",protocol="smtp"}']).toBe(0);
    },
  );
});

waiting(
  "A process for each connection makes nothing of it, which check tells, but of what is no place",
  needs,
  async () => {
    await using scratch = new Scratch();
    const alone = [protowrap, "check", "line", ...at(9125), "--", "/bin/cat"];
    expect((await run(scratch, alone)).stdout.toString()).toContain(
      "warning: --metrics: has no effect without --listen, or a listening socket that is passed\n",
    );
    const user = root.there ? ["--user", "nobody", "--server-user", "daemon"] : [];
    for (const [place, code, told] of [
      ["127.0.0.1:9125", 0, ""],
      [
        "9125",
        64,
        "protowrap: --metrics: expected ADDRESS:PORT, such as 127.0.0.1:9125, or unix:/PATH, got ",
      ],
    ] as const) {
      const argv = [protowrap, "line", ...user, "--log", "none", "--metrics", place, "--", "/bin/cat"];
      const outcome = await run(scratch, argv);
      expect([place, outcome.code]).toEqual([place, code]);
      expect(outcome.stderr.toString()).toStartWith(told);
    }
  },
);
