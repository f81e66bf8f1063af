// Numbers for Prometheus against the log of the same run: each is what the lines come to, whatever level is written.

import { describe, expect } from "bun:test";
import { connect as connectTls } from "node:tls";
import { makeCertificate } from "../certificate.ts";
import { pop3Status, smtpReply } from "./parts/conversation.ts";
import { until, within } from "./parts/deadline.ts";
import { built, option, program, unpacked, waiting } from "./parts/missing.ts";
import { countersIn, countersOf, numbersAt, textAt } from "./parts/numbers.ts";
import { run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { at, envelope, greeted, mail, ports, Serving } from "./parts/serving.ts";
import { Standing } from "./parts/standing.ts";
import { kill } from "./parts/supervised.ts";

const needs = [built, option("smtp", "metrics")];
const promtool = unpacked("prometheus", "usr/bin/promtool");

/** Takes "good" for a password, and any other for a wrong one. */
const POP_SERVER = [
  "/bin/sh",
  "-c",
  `printf '+OK x\\r\\n'
while read -r line; do
  case $line in
    "PASS good"?) printf '+OK in\\r\\n' ;;
    PASS*) printf '%s\\r\\n' '-ERR no' ;;
    QUIT*) printf '+OK bye\\r\\n'; exit ;;
    STAT*) exit ;;
    *) printf '+OK fine\\r\\n' ;;
  esac
done`,
];

/** A client's whole visit, with refusals of both sides; then some that are not whole. */
async function visits(standing: Standing): Promise<number> {
  await using good = await standing.dial();
  await greeted(good);
  expect(await envelope(good, "kit.test")).toStartWith("250");
  expect(await good.ask("RCPT TO:<c@kit.test>")).toStartWith("250");
  expect(await good.ask("RCPT TO:<c@other.test>")).toStartWith("550");
  expect(await good.ask("DATA")).toStartWith("354");
  expect(await good.ask("Subject: x\r\n\r\nhello\r\n.")).toStartWith("250");
  expect(await good.ask("QUIT")).toStartWith("221");
  await good.end();

  await using bad = await standing.dial("127.0.0.2");
  await greeted(bad);
  await bad.ask("EHLO x");
  for (let time = 0; time < 130; time++) await bad.ask(time % 2 ? "BOGUS secret-of-the-client" : "MAIL x");
  await bad.ask("QUIT");
  await bad.end();

  await using two = await standing.dial("127.0.0.3");
  await greeted(two);
  await using three = await standing.dial("127.0.0.3");
  expect(await three.read(smtpReply)).toStartWith("421");
  two.cut();
  return 3;
}

describe("Each number", () => {
  const LIMITS = ["--max-errors", "0", "--max-connections-per-ip", "1"];

  waiting("is what the log says, and the same where the log says less, or nothing", needs, async () => {
    const [one, other, third] = await ports(3);
    const runs = [
      [one, ["--log-level", "2"]],
      [other, ["--log-level", "0"]],
      [third, ["--log-level", "1", "--log-format", "json"]],
    ] as const;
    const seen = await Promise.all(
      runs.map(async ([port, options]) => {
        await using scratch = new Scratch();
        const plan = { options: [...LIMITS, ...options, "--metrics", `127.0.0.1:${port}`] };
        await using standing = await Standing.launch(scratch, plan);
        await isServing(port);
        const count = await visits(standing);
        const numbers = await settledAt(port, count);
        expect(numbers['clients{protocol="smtp"}']).toBe(0);
        expect(numbers['workers{protocol="smtp"}']).toBe(1);
        // A greeting and four replies at least; all of them in the last bucket.
        const replies = numbers['server_reply_seconds_count{protocol="smtp"}']!;
        expect(replies).toBeGreaterThanOrEqual(6);
        expect(numbers['server_reply_seconds_bucket{protocol="smtp",le="+Inf"}']).toBe(replies);
        return { counters: countersIn(numbers), log: standing.log };
      }),
    );
    const [full, silent, json] = seen;
    expect(full!.counters).toEqual(countersOf(full!.log));
    expect(full!.counters).toMatchObject({
      'refusals_total{protocol="smtp",rule="untold",by="unknown"}': 30,
      'refusals_total{protocol="smtp",rule="relay",by="us"}': 1,
      'refused_connections_total{protocol="smtp",reason="per-ip"}': 1,
      'messages_total{protocol="smtp"}': 1,
      'message_recipients_total{protocol="smtp"}': 2,
      'sessions_total{protocol="smtp",reason="quit"}': 2,
      'sessions_total{protocol="smtp",reason="client-lost"}': 1,
    });
    const untimed = ({ ...counters }: Record<string, number>) => {
      delete counters['session_seconds_sum{protocol="smtp"}'];
      return counters;
    };
    for (const { counters } of [silent!, json!]) expect(untimed(counters)).toEqual(untimed(full!.counters));
    // What is counted is not written for that.
    expect(silent!.log).toBe("");
    expect(json!.log).not.toMatch(/"event":"connect"/);
    expect(json!.log).toMatch(/"event":"end"/);
  });

  waiting("is there with a log of none, of which nothing is written anywhere", needs, async () => {
    const [port] = await ports(1);
    await using scratch = new Scratch();
    const options = ["--log", "none", "--metrics", `127.0.0.1:${port}`, ...LIMITS];
    await using standing = await Standing.launch(scratch, { options });
    await isServing(port);
    const numbers = await settledAt(port, await visits(standing));
    expect(countersIn(numbers)).toMatchObject({
      'refusals_total{protocol="smtp",rule="untold",by="unknown"}': 30,
      'messages_total{protocol="smtp"}': 1,
    });
    expect(standing.log + standing.stderr).toBe("");
  });

  waiting(
    "of several services that share a place has the service's name: logins, guesses, TLS, servers",
    [...needs, program("openssl")],
    async () => {
      await using scratch = new Scratch();
      const [pop, secure, far, place, away] = await ports(5);
      const { certificate, key } = makeCertificate(scratch.path, "front.test", { days: 50 });
      const metrics = `127.0.0.1:${place}`;
      const mailbox = { protocol: "pop3", server: POP_SERVER, "login-delay": 0 };
      await using serving = await Serving.start(scratch, {
        pop: { ...mailbox, listen: at(pop), metrics, "max-login-attempts": 0 },
        secure: {
          ...mail(scratch, secure, { metrics, tls: "implicit", "tls-cert": [certificate], "tls-key": [key] }),
        },
        far: {
          ...{
            protocol: "smtp",
            listen: at(far),
            connect: [`127.0.0.1:${away}`],
            "relay-domain": ["a.test"],
          },
          ...{ metrics, "server-retry": 1 },
        },
      });
      // POP3: a login, a guess, the same again, and others until they are not tried any more.
      const login = async (password: string, from: string) => {
        await using talk = await serving.dial(pop, from);
        await talk.read(pop3Status);
        await talk.ask("USER u", pop3Status);
        const answer = await talk.ask(`PASS ${password}`, pop3Status);
        if (answer.startsWith("+OK")) await talk.ask("QUIT", pop3Status);
        return answer;
      };
      expect(await login("good", "127.0.0.5")).toStartWith("+OK");
      for (const password of ["wrong", "wrong"])
        expect(await login(password, "127.0.0.6")).toStartWith("-ERR");
      let answer = "";
      for (let time = 0; time < 30 && !answer.includes("[SYS/TEMP]"); time++)
        answer = await login(`guess${time}`, "127.0.0.6");
      expect(answer).toContain("[SYS/TEMP]");
      // The server leaves instead of answering.
      await using left = await serving.dial(pop, "127.0.0.7");
      await left.read(pop3Status);
      await left.send("USER u\r\n");
      await left.read(pop3Status);
      await left.send("PASS good\r\nSTAT\r\n");
      await left.end();
      // TLS: one that speaks it, and one that does not.
      await shaken(secure);
      await using plain = await serving.dial(secure);
      await plain.send("EHLO x\r\n");
      await plain.end();
      // A server that is away, and then back.
      const up = `server_up{service="far",protocol="smtp",destination="127.0.0.1:${away}"}`;
      expect((await numbersAt(place))[up]).toBe(1);
      await using nobody = await serving.dial(far);
      expect(await nobody.end()).toStartWith("421");
      expect((await numbersAt(place))[up]).toBe(0);
      using _ = Bun.listen({
        ...{ hostname: "127.0.0.1", port: away },
        socket: { open: (socket) => void socket.write("220 x\r\n"), data() {} },
      });
      await until("its return", () => /state=back/.test(serving.log) || undefined);
      expect((await numbersAt(place))[up]).toBe(1);
      // A worker that is killed.
      const before = serving.workers.length;
      expect(before).toBe(3);
      kill(serving.workers[0]!, "SIGKILL");
      await until("another", () => (serving.log.match(/state=ready/g)?.length === 4 ? true : undefined));
      await until("all ends", () => ended(serving.log));
      const numbers = await numbersAt(place);
      const counters = countersIn(numbers);
      expect(counters).toEqual(countersOf(serving.log));
      const sure = [
        'logins_total{service="pop",protocol="pop3",result="accepted"}',
        'logins_total{service="pop",protocol="pop3",result="failed"}',
        'guesses_total{service="pop",protocol="pop3"}',
        'repeats_total{service="pop",protocol="pop3"}',
        'throttled_total{service="pop",protocol="pop3"}',
        'servers_lost_total{service="pop",protocol="pop3",reason="closed"}',
        'tls_handshakes_total{service="secure",protocol="smtp",version="TLSv1.3"}',
        'tls_failures_total{service="secure",protocol="smtp",reason="plaintext"}',
        'sessions_total{service="far",protocol="smtp",reason="server-unavailable"}',
      ];
      expect(sure.filter((name) => !(counters[name]! > 0))).toEqual([]);
      const [, name, end] = /event=certificate state=loaded cert=(\S+) until=(\S+)/.exec(serving.log)!;
      const expiry = `certificate_expiry_timestamp_seconds{service="secure",protocol="smtp",name="${name}"}`;
      expect(numbers[expiry]).toBe(Date.parse(end!) / 1000);
      for (const service of ["pop", "secure", "far"])
        expect(
          Object.keys(numbers).filter((name) => name.startsWith(`workers{service="${service}"`)),
        ).toHaveLength(1);
    },
  );

  waiting("is one that Prometheus' own promtool finds nothing wrong with", [...needs, promtool], async () => {
    const [port] = await ports(1);
    await using scratch = new Scratch();
    const { certificate, key } = makeCertificate(scratch.path, "front.test");
    const tls = ["--tls", "optional", "--tls-cert", certificate, "--tls-key", key];
    const options = [...LIMITS, ...tls, "--metrics", `127.0.0.1:${port}`];
    await using standing = await Standing.start(scratch, { options });
    await settledAt(port, await visits(standing));
    const text = await textAt(port);
    expect(text).toContain("protowrap_certificate_expiry");
    const judge = async (metrics: string) => {
      const judged = Bun.spawn([promtool.path, "check", "metrics"], {
        ...{ stdin: new Blob([metrics]), stdout: "pipe", stderr: "pipe" },
      });
      const [said, wrong] = await Promise.all([judged.stdout.text(), judged.stderr.text()]);
      return [await judged.exited, said, wrong];
    };
    expect(await judge(text)).toEqual([0, "", ""]);
    const [code] = await judge(text.replaceAll("_total", ""));
    expect(code).not.toBe(0);
  });
});

waiting("The dashboard asks in words that Prometheus understands", [promtool], async () => {
  await using scratch = new Scratch();
  const dashboard = `${import.meta.dir}/../../scripts/deploy/grafana/protowrap.json`;
  const { panels } = (await Bun.file(dashboard).json()) as {
    panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
  };
  const asked = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const rules = (expressions: readonly string[]) =>
    JSON.stringify({
      groups: [{ name: "x", rules: expressions.map((expr, at) => ({ record: `panel:x${at}`, expr })) }],
    });
  const judge = (expressions: readonly string[]) => {
    const meant = expressions.map((expr) => expr.replace("$__rate_interval", "5m").replace("$service", ".*"));
    return run(scratch, [promtool.path, "check", "rules", scratch.file("rules.yml", rules(meant))]);
  };
  const { code, stderr, stdout } = await judge(asked);
  expect([stderr.toString(), code]).toEqual(["", 0]);
  expect(stdout.toString()).toContain(`${asked.length} rules found`);
  expect((await judge(["sum by rule (x)"])).code).not.toBe(0);
});

/** Its numbers, once it has a worker. */
async function isServing(port: number): Promise<void> {
  const end = Date.now() + 15_000;
  for (;;) {
    const workers = await numbersAt(port).then(
      (numbers) => numbers['workers{protocol="smtp"}'],
      () => 0,
    );
    if (workers === 1) return;
    if (Date.now() > end) throw new Error("no worker");
    await Bun.sleep(50);
  }
}

/** The numbers, once so many sessions are over. */
async function settledAt(port: number, sessions: number) {
  const end = Date.now() + 15_000;
  for (;;) {
    const numbers = await numbersAt(port);
    const isGone = numbers['clients{protocol="smtp"}'] === 0;
    if (isGone && numbers['session_seconds_count{protocol="smtp"}'] === sessions) return numbers;
    if (Date.now() > end) throw new Error(`not over: ${JSON.stringify(numbers)}`);
    await Bun.sleep(50);
  }
}

/** Every session that has begun has ended. */
function ended(log: string): true | undefined {
  const count = (event: RegExp) => log.match(event)?.length ?? 0;
  return count(/event=connect/g) === count(/event=end /g) || undefined;
}

/** Speaks TLS, is greeted, and leaves. */
async function shaken(port: number): Promise<void> {
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  socket.on("error", () => {});
  const greeting = new Promise<string>((resolve) => socket.once("data", (octets) => resolve(String(octets))));
  expect(await within(10_000, "a greeting", greeting)).toStartWith("220 ");
  socket.end("QUIT\r\n");
  await within(10_000, "the end", new Promise((resolve) => socket.once("close", resolve)));
}
