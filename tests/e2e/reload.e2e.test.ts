// A configuration that is read again while clients are served: all of it takes the place of what was, or nothing, and
// who is there keeps what was when he came.

import { describe, expect } from "bun:test";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { type CertificatePlan, makeCertificate } from "../certificate.ts";
import { type Conversation, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, part, program, waiting } from "./parts/missing.ts";
import { notified, ServiceManager } from "./parts/notify.ts";
import { listening } from "./parts/port.ts";
import { Scratch } from "./parts/scratch.ts";
import { envelope, greeted, mail, pop, ports, type ServiceTable, Serving } from "./parts/serving.ts";
import { Standing } from "./parts/standing.ts";
import { descriptorsOf } from "./parts/supervised.ts";
import { tlsNeeds } from "./parts/tlsfront.ts";
import { TlsTalk } from "./parts/tlstalk.ts";

const needs = [built];

async function isServed(serving: Serving, port: number): Promise<void> {
  await using talk = await serving.dial(port);
  await greeted(talk);
}

describe("A file that is read again", () => {
  part("and is wrong changes nothing, and what is wrong is told with its line", needs, async () => {
    await using scratch = new Scratch();
    const [one, two, taken] = await ports(3);
    const services = { mx: mail(scratch, one), pop: pop(two) };
    await using serving = await Serving.start(scratch, services);
    const { workers } = serving;
    await using early = await greeted(await serving.dial(one));
    using _ = Bun.listen({ hostname: "127.0.0.1", port: taken, socket: { data() {} } });
    const free = (await ports(1))[0];
    const failing = scratch.file(
      "failing.mjs",
      `${MODULE}\nif (process.argv.includes("--worker")) throw new Error("no");`,
    );
    const WRONG: readonly (readonly [told: RegExp, change: () => void])[] = [
      [/protowrap\.toml:\d+: bogus: unknown key/, () => serving.write(services, "bogus = 1")],
      [/protowrap\.toml:\d+: .*= = 1|protowrap\.toml:\d+: /, () => serving.write(services, "= = 1")],
      [
        /\[service\.more\]: expected protocol/,
        () => serving.write({ ...services, more: { ...pop(free), protocol: "x" } }),
      ],
      [
        /\[service\.more\]: 127\.0\.0\.1:\d+ cannot be listened on: somebody listens there already/,
        () => serving.write({ mx: mail(scratch, free), pop: services.pop, more: pop(taken) }),
      ],
      [
        /workers of more fail before they are ready/,
        () => serving.write({ mx: mail(scratch, free), more: { ...pop(two), protocol: failing } }),
      ],
      [/--config: expected a TOML file that can be read/, () => renameSync(...moved(scratch))],
    ];
    for (const [told, change] of WRONG) {
      change();
      const line = await serving.reload();
      expect(line).toContain("event=reload state=kept error=");
      expect(line).toMatch(told);
      expect(listening(free)).toBe(false);
      expect(serving.workers.sort()).toEqual(workers.sort());
      await isServed(serving, one);
    }
    expect(await envelope(early, "kit.test")).toStartWith("250");
    serving.write({ ...services, mx: mail(scratch, one, { "relay-domain": ["b.test"] }) });
    expect(await serving.reload()).toContain("event=reload state=reloaded generation=2");
  });

  part(
    "does not stop the clients' service where a file has become a named pipe",
    [...needs, program("mkfifo")],
    async () => {
      await using scratch = new Scratch();
      const [one] = await ports(1);
      await using serving = await Serving.start(scratch, { mx: mail(scratch, one) });
      const pipe = scratch.directory("pipes");
      for (const name of ["log", "key", "config"]) Bun.spawnSync(["mkfifo", `${pipe}/${name}`]);
      serving.write({ mx: mail(scratch, one, { log: `file:${pipe}/log` }) });
      expect(await serving.reload()).toMatch(/state=kept error=.*protowrap\.toml:\d+: log: ENXIO/);
      await isServed(serving, one);
      const tls = { tls: "optional", "tls-cert": [`${pipe}/key`] };
      serving.write({ mx: mail(scratch, one, tls) });
      expect(await serving.reload()).toMatch(
        /state=kept error=.*protowrap\.toml:\d+: tls-cert: .*no regular file/,
      );
      await isServed(serving, one);
      renameSync(`${pipe}/config`, `${scratch.path}/protowrap.toml`);
      expect(await serving.reload()).toMatch(/state=kept error=.*--config: expected a regular file/);
      await isServed(serving, one);
      renameSync(`${scratch.path}/log`, `${scratch.path}/log.1`);
      renameSync(`${pipe}/log`, `${scratch.path}/log`);
      serving.kill("SIGUSR1");
      await isServed(serving, one);
      serving.kill("SIGTERM");
      expect(await serving.exit()).toBe(0);
      expect(readFileSync(`${scratch.path}/log.1`, "latin1")).toMatch(
        /event=reload state=kept error=.*ENXIO/,
      );
    },
  );

  part("has new rules for who comes, and the old ones for who is there", needs, async () => {
    await using scratch = new Scratch();
    const [one, two] = await ports(2);
    const services = { mx: mail(scratch, one), pop: pop(two) };
    await using serving = await Serving.start(scratch, services);
    const [mx, other] = await workersOf(serving);
    await using early = await greeted(await serving.dial(one));
    serving.write({
      ...services,
      mx: mail(scratch, one, { "relay-domain": ["new.test"], "max-connections": 2 }),
    });
    expect(await serving.reload()).toContain("state=reloaded generation=2");
    await using late = await greeted(await serving.dial(one));
    expect(await envelope(late, "kit.test")).toStartWith("550");
    expect(await late.ask("RCPT TO:<b@new.test>")).toStartWith("250");
    expect(await envelope(early, "kit.test")).toStartWith("250");
    await using refused = await serving.dial(one);
    expect(await refused.read(smtpReply)).toStartWith("421 4.3.2 ");
    // The service that is the same keeps its worker; the old one of the other serves who is left.
    expect(serving.workers).toContain(other!);
    expect(serving.workers).toContain(mx!);
    expect(await early.ask("QUIT")).toStartWith("221");
    await until("the old worker's end", () => !serving.workers.includes(mx!) || undefined);
    expect(await late.ask("NOOP")).toStartWith("250");
    // Read again without a change it is the same.
    const before = serving.workers.sort();
    expect(await serving.reload()).toContain("state=reloaded generation=2");
    expect(serving.workers.sort()).toEqual(before);
  });

  part("adds, removes and moves services, and no port that stays is closed", needs, async () => {
    await using scratch = new Scratch();
    const [stays, goes, moves, fresh] = await ports(4);
    await using serving = await Serving.start(scratch, {
      stays: mail(scratch, stays, { hostname: "stays.test" }),
      goes: mail(scratch, goes, { hostname: "goes.test" }),
      moves: mail(scratch, moves, { hostname: "moves.test" }),
    });
    await using inGone = await greeted(await serving.dial(goes));
    await using inMoved = await greeted(await serving.dial(moves));
    let isOver = false;
    const names = new Set<string>();
    // Each port that stays takes a client at every moment, whoever has it.
    const visitors = [stays, moves].map(async (port) => {
      while (!isOver) {
        await using talk = await serving.dial(port);
        const line = await talk.read(smtpReply);
        if (!line.startsWith("220 ")) throw new Error(line);
        names.add(line.split(" ")[1]!);
      }
    });
    await Bun.sleep(300);
    serving.write({
      stays: mail(scratch, stays, {
        hostname: "stays.test",
        listen: [`127.0.0.1:${stays}`, `127.0.0.1:${moves}`],
      }),
      moves: mail(scratch, fresh, { hostname: "moves.test" }),
    });
    expect(await serving.reload()).toContain("state=reloaded generation=2");
    await Bun.sleep(300);
    isOver = true;
    await Promise.all(visitors);
    expect([...names].sort()).toEqual(["moves.test", "stays.test"]);
    await using first = await serving.dial(moves);
    expect(await first.read(smtpReply)).toStartWith("220 stays.test ");
    await using second = await serving.dial(fresh);
    expect(await second.read(smtpReply)).toStartWith("220 moves.test ");
    expect(listening(goes)).toBe(false);
    for (const talk of [inGone, inMoved]) expect(await envelope(talk, "kit.test")).toStartWith("250");
    expect(serving.log).toMatch(
      new RegExp(`service=moves event=listening address=127\\.0\\.0\\.1:${fresh}\n`),
    );
    await inGone.ask("QUIT");
    serving.kill("SIGTERM");
    expect(await inMoved.end()).toStartWith("421 4.3.2 moves.test");
    expect(await serving.exit()).toBe(0);
  });

  part(
    "ten times, with 200 clients in a message and 200 idle, loses none of them",
    needs,
    async () => {
      await using scratch = new Scratch();
      const [port] = await ports(1);
      const limits = { "max-connections": 2000, "max-connections-per-ip": 0 };
      const under = (generation: number) => ({
        mx: mail(scratch, port, { ...limits, "relay-domain": [`of${generation}.test`] }),
      });
      await using serving = await Serving.start(scratch, under(1));
      const come = async (generation: number) => {
        const talk = await greeted(await serving.dial(port));
        expect(await envelope(talk, `of${generation}.test`)).toStartWith("250");
        return talk;
      };
      const inMessage: Conversation[] = [];
      const idle: { readonly talk: Conversation; readonly generation: number }[] = [];
      for (let generation = 1; generation <= 10; generation++) {
        for (let count = 0; count < 20; count++) {
          const talk = await come(generation);
          expect(await talk.ask("DATA")).toStartWith("354");
          await talk.send("Subject: half\r\n\r\nof a mess");
          inMessage.push(talk);
          idle.push({ talk: await come(generation), generation });
        }
        serving.write(under(generation + 1));
        expect(await serving.reload()).toContain(`state=reloaded generation=${generation + 1}`);
      }
      expect(serving.workers).toHaveLength(11);
      for (const { talk, generation } of idle) {
        expect(await talk.ask(`RCPT TO:<c@of${generation}.test>`)).toStartWith("250");
        expect(await talk.ask(`RCPT TO:<c@of${generation + 1}.test>`)).toStartWith("550");
      }
      for (const talk of inMessage) expect(await talk.ask("age\r\n.")).toStartWith("250");
      expect(serving.fates).toEqual(new Array(200).fill("whole"));
      for (const talk of [...inMessage, ...idle.map(({ talk }) => talk)]) {
        expect(await talk.ask("QUIT")).toStartWith("221");
        talk.cut();
      }
      await until("the old workers' end", () => serving.workers.length === 1 || undefined, 15_000);
      const ends = () => serving.log.match(/event=end reason=quit/g);
      // A worker's last words may still be on their way when it has gone.
      await until("the last session's end", () => (ends()?.length ?? 0) >= 400 || undefined);
      expect(ends()).toHaveLength(400);
      await isServed(serving, port);
    },
    120_000,
  );

  waiting(
    "leaves nothing of a generation that is over behind",
    needs,
    async () => {
      await using scratch = new Scratch();
      const [port] = await ports(1);
      const under = (generation: number) => ({
        mx: mail(scratch, port, {
          "relay-domain": [`of${generation}.test`],
          "log-name": `of${generation % 5}`,
        }),
      });
      await using serving = await Serving.start(scratch, under(0));
      const reload = async (generation: number) => {
        serving.write(under(generation));
        expect(await serving.reload()).toContain("state=reloaded");
      };
      for (let generation = 1; generation <= 5; generation++) await reload(generation);
      const settle = () => until("one worker", () => serving.workers.length === 1 || undefined, 15_000);
      await settle();
      await Bun.sleep(6000); // it is looked at every five seconds
      const before = descriptorsOf(serving.pid);
      for (let generation = 6; generation <= 25; generation++) await reload(generation);
      await settle();
      await until("its descriptors", () => descriptorsOf(serving.pid) <= before || undefined, 15_000);
    },
    60_000,
  );

  part(
    "again and again at once, and with an end in the middle, is read in order and leaves nobody",
    needs,
    async () => {
      await using scratch = new Scratch();
      const [port] = await ports(1);
      await using serving = await Serving.start(scratch, { mx: mail(scratch, port) });
      for (let time = 0; time < 20; time++) {
        serving.write({ mx: mail(scratch, port, { "relay-domain": [`of${time}.test`] }) });
        serving.kill("SIGHUP");
        await Bun.sleep(time);
      }
      await until("the last", async () => {
        await using talk = await greeted(await serving.dial(port));
        return (await envelope(talk, "of19.test")).startsWith("250") || undefined;
      });
      serving.write({ mx: mail(scratch, port, { "relay-domain": ["last.test"] }) });
      serving.kill("SIGHUP");
      await Bun.sleep(5);
      serving.kill("SIGTERM");
      expect(await serving.exit()).toBe(0);
      await scratch.quiet();
      expect(serving.log).not.toContain("event=fault");
      const told = [...serving.log.matchAll(/event=reload state=(\w+)/g)].map(([, state]) => state);
      expect(told.filter((state, index) => state === "reopened" && told[index - 1] === "reopened")).toEqual(
        [],
      );
      expect(told.filter((state) => state === "kept")).toEqual([]);
    },
  );
});

describe("Certificates, when the file is read again", () => {
  const secured = async (port: number) => {
    await using talk = await TlsTalk.dial(port);
    await talk.talk.read(smtpReply);
    await talk.talk.ask("STARTTLS");
    return (await talk.secure()).certificate;
  };

  waiting(
    "are renewed at once; a broken one is told, and the old one kept",
    [...needs, ...tlsNeeds],
    async () => {
      await using scratch = new Scratch();
      const [port] = await ports(1);
      const folder = scratch.directory("certificates");
      const made = (common: string, plan: CertificatePlan = {}) =>
        makeCertificate(folder, "mx", { common, ...plan });
      const { certificate, key } = made("first.test");
      const service: ServiceTable = mail(scratch, port, {
        tls: "optional",
        "tls-cert": [certificate],
        "tls-key": [key],
      });
      await using serving = await Serving.start(scratch, { mx: service });
      expect(await secured(port)).toBe("first.test");
      made("second.test");
      await serving.reload();
      await Bun.sleep(200);
      expect(await secured(port)).toBe("second.test");
      writeFileSync(certificate, "nonsense");
      await serving.reload();
      await until("the log", () => serving.log.includes("event=certificate state=kept-old") || undefined);
      expect(await secured(port)).toBe("second.test");
      // Together with other rules it keeps all of them out.
      serving.write({ mx: { ...service, "relay-domain": ["new.test"] } });
      expect(await serving.reload()).toMatch(
        /state=kept error="\S+protowrap\.toml:\d+: tls-cert: \S+mx\.crt: /,
      );
      await using talk = await greeted(await serving.dial(port));
      expect(await envelope(talk, "kit.test")).toStartWith("250");
    },
  );
});

describe("A listener of one protocol", () => {
  part("reads its command line and file again, from where it was started", needs, async () => {
    await using scratch = new Scratch();
    scratch.file("rules.toml", 'relay-domain = ["a.test"]\n');
    await using standing = await Standing.start(scratch, { options: ["--config", "rules.toml"] });
    await using early = await greeted(await standing.dial());
    scratch.file("rules.toml", 'block-address = ["^b@kit"]\n');
    standing.kill("SIGHUP");
    await until(
      "its end",
      () => standing.log.includes("event=reload state=reloaded generation=2") || undefined,
    );
    await using late = await greeted(await standing.dial());
    expect(await envelope(early, "kit.test")).toStartWith("250");
    expect(await envelope(late, "kit.test")).toStartWith("550");
  });

  part("tells its manager that it reads again, and the generation", [...needs, ...notified], async () => {
    await using scratch = new Scratch();
    const name = `${scratch.path}/notify`;
    await using manager = await ServiceManager.stand(name);
    const [port] = await ports(1);
    await using serving = await Serving.start(
      scratch,
      { mx: mail(scratch, port) },
      { env: { NOTIFY_SOCKET: name } },
    );
    serving.write({ mx: mail(scratch, port, { "relay-domain": ["b.test"] }) });
    await serving.reload();
    await until("the status", () => manager.told.includes("STATUS=0 sessions, generation 2") || undefined);
    const told = () => manager.told.filter((words) => !words.startsWith("STATUS="));
    await until("its readiness", () => told().length === 3 || undefined); // it comes behind the status
    expect(told()).toEqual(["READY=1", "RELOADING=1", "READY=1"]);
  });

  part("opens its log again on USR1, and reads nothing", needs, async () => {
    await using scratch = new Scratch();
    const [port] = await ports(1);
    await using serving = await Serving.start(scratch, { mx: mail(scratch, port) });
    const path = `${scratch.path}/log`;
    renameSync(path, `${path}.1`);
    writeFileSync(`${scratch.path}/protowrap.toml`, "nonsense");
    serving.kill("SIGUSR1");
    await until("the new log", () => existsSync(path) || undefined);
    await isServed(serving, port);
    await until("a session", () => serving.log.includes("service=mx event=connect") || undefined);
    expect(serving.log).not.toContain("state=kept");
    expect(readFileSync(`${path}.1`, "latin1")).not.toContain("event=connect");
  });
});

const MODULE = `
const reply = () => ({ client: "told\\r\\n", next: "close" });
export default {
  name: "failing",
  dialogue: "stream",
  unavailable: () => "",
  converse: () => ({ lineLimit: () => 100, clientLine: reply, serverLost: reply, expired: reply, tooManyErrors: reply }),
};
`;

function moved(scratch: Scratch): [from: string, to: string] {
  return [`${scratch.path}/protowrap.toml`, `${scratch.path}/elsewhere.toml`];
}

/** In the order of the services. */
async function workersOf(serving: Serving): Promise<number[]> {
  return ["mx", "pop"].map((name) =>
    Number(new RegExp(`service=${name} event=worker state=ready worker-pid=(\\d+)`).exec(serving.log)![1]),
  );
}
