// Our filter and jail for fail2ban: whom they find in logs of the built program, in the samples that ship, in files,
// syslog and the journal of the units; and that a real fail2ban bans who guesses, and nobody else.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { type Conversation, dial, pop3Status } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { deploy, sample, setting } from "./parts/deploy.ts";
import { caught, configuration, Fail2ban, fail2banNeeds, samplesIn } from "./parts/fail2ban.ts";
import { latin1 } from "./parts/mail.ts";
import { built, part, program, waiting } from "./parts/missing.ts";
import { parrot, parrotNeeds } from "./parts/parrot.ts";
import { run } from "./parts/process.ts";
import { rsyslog, rsyslogNeeds } from "./parts/rsyslog.ts";
import { Scratch } from "./parts/scratch.ts";
import { at, ports, Serving } from "./parts/serving.ts";
import { Standing } from "./parts/standing.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { wrapped } from "./parts/wrapper.ts";

const needs = [built, ...parrotNeeds, ...fail2banNeeds];
const samples = samplesIn(readFileSync(`${deploy}/fail2ban/samples/protowrap`, "utf8"));

describe("Our filter", () => {
  part("counts each failed login, and nobody else", [...needs, program("tcpserver")], async () => {
    await using scratch = new Scratch();
    const file = `${scratch.path}/log`;
    const log = ["--log", `file:${file}`, "--log-level", "5"];
    const command = wrapped("pop3", parrot("pop3"), ...log, "--login-delay", "0");
    await using listener = await tcpserver(scratch, command);
    await using client = await dial(listener.port);
    expect(await client.read(pop3Status)).toStartWith("+OK");
    const forged = 'x"client=192.0.2.66:1"event=login-failed';
    for (const user of ["kituser", forged, "root"]) {
      expect(await client.ask(`USER ${user}`, pop3Status)).toStartWith("+OK");
      expect(await client.ask("PASS wrong", pop3Status)).toStartWith("-ERR");
    }
    await client.end();
    await listener.sessionsEnd();
    // Whom a server-side proxy speaks for, in the notation of IPv6, beside a client nobody knows.
    for (const address of ["2001:db8::7", "192.0.2.7", ""])
      await run(scratch, command, { input: latin1("USER u\r\nPASS w\r\n"), env: { TCPREMOTEIP: address } });
    expect((await caught(scratch, file)).sort()).toEqual([
      ...["127.0.0.1", "127.0.0.1", "127.0.0.1", "192.0.2.7", "2001:db8::7"],
    ]);
  });

  part("counts them as rsyslogd writes them", [...needs, ...rsyslogNeeds], async () => {
    await using scratch = new Scratch();
    await using server = await rsyslog(scratch);
    const plain = Buffer.from("\0u\0wrong").toString("base64");
    const log = ["--log", `unix:${server.socket}`, "--log-level", "1"];
    const command = wrapped(
      "smtp",
      parrot("smtp"),
      "--relay-domain",
      "kit.test",
      ...log,
      ...["--auth", "pass", "--login-delay", "0"],
    );
    const forged =
      'RCPT TO:<"session=s client=192.0.2.66:1 protocol=smtp event=login-failed method=PLAIN attempt=1 x"@evil.test>';
    const lines = ["EHLO c.test", `AUTH PLAIN ${plain}`, "MAIL FROM:<>", forged, "VRFY root", "QUIT"];
    await run(scratch, command, {
      input: latin1(`${lines.join("\r\n")}\r\n`),
      env: { TCPREMOTEIP: "192.0.2.9" },
    });
    await until("the session's end", () => server.lines().find((line) => line.includes("event=end")));
    expect(await caught(scratch, server.file)).toEqual(["192.0.2.9"]);
    expect(await caught(scratch, server.file, "protowrap[mode=aggressive]")).toEqual(
      Array(3).fill("192.0.2.9"),
    );
  });

  part("counts those of a service who came by a proxy, each password once", needs, async () => {
    await using scratch = new Scratch();
    const [port] = await ports(1);
    const table = { protocol: "pop3", listen: at(port), server: parrot("pop3").argv, "login-delay": 0 };
    const proxies = ["127.0.0.1"];
    await using serving = await Serving.start(scratch, { box: { ...table, "accept-proxy": proxies } });
    for (const password of ["a", "a", "b"]) {
      await using talk = await serving.dial(port);
      await talk.send("PROXY TCP4 192.0.2.31 192.0.2.1 40000 110\r\n");
      await guess(talk, password);
    }
    await until("three ends", () => serving.log.match(/ event=end /g)?.length === 3 || undefined);
    expect(serving.log).toMatch(
      / client=192\.0\.2\.31:40000 via=\S+ protocol=pop3 service=box event=login-failed /,
    );
    expect(serving.log).toMatch(/ event=login-failed method=PASS attempt=1 repeat=yes /);
    expect(await caught(scratch, `${scratch.path}/log`)).toEqual(["192.0.2.31", "192.0.2.31"]);
  });

  for (const mode of ["normal", "aggressive"])
    for (const logtype of ["file", "journal"])
      waiting(`finds in the samples what they say: mode ${mode}, ${logtype}`, fail2banNeeds, async () => {
        await using scratch = new Scratch();
        const due = samples.filter(({ modes }) => modes.includes(mode));
        expect(due.length).toBeGreaterThan(10);
        const log = scratch.file("samples.log", due.map(({ line }) => `${line}\n`).join(""));
        const hosts = due.flatMap(({ host }) => (host === null ? [] : [host]));
        expect(await caught(scratch, log, `protowrap[mode=${mode}, logtype=${logtype}]`)).toEqual(hosts);
        const others = samples.filter(({ modes, host }) => !modes.includes(mode) && host !== null);
        expect(others.length).toBe(mode === "normal" ? 3 : 0);
      });

  part("takes the jail", fail2banNeeds, async () => {
    await using scratch = new Scratch();
    const { code, stdout } = await run(scratch, ["fail2ban-client", "-c", configuration(scratch), "-d"]);
    expect(code).toBe(0);
    expect(stdout.toString()).toContain("['add', 'protowrap', ");
    expect(stdout.toString()).toMatch(/\['(?:multi-)?set', 'protowrap', 'addfailregex'/);
  });

  test("reads in the journal what the units write there", () => {
    const filter = readFileSync(`${deploy}/fail2ban/filter.d/protowrap.conf`, "utf8");
    const names = /^journalmatch = (.*)$/m.exec(filter)![1]!.split(" + ");
    const units = readdirSync(`${deploy}/systemd`).filter((name) => name.endsWith(".service"));
    expect(units.length).toBeGreaterThan(3);
    const identifiers = units.map((name) => setting(sample(`systemd/${name}`), "SyslogIdentifier"));
    expect(names.sort()).toEqual([...new Set(identifiers)].map((name) => `SYSLOG_IDENTIFIER=${name}`).sort());
    const daemon = new RegExp(`^${/^_daemon = (.*)$/m.exec(filter)![1]!}$`);
    for (const name of identifiers) expect(name).toMatch(daemon);
  });
});

describe("A real fail2ban", () => {
  waiting("bans who guesses, for a time, and not who has an old password", needs, async () => {
    await using scratch = new Scratch();
    const options = ["--login-delay", "0"];
    const server = ["--", ...parrot("pop3").argv];
    await using standing = await Standing.start(scratch, { protocol: "pop3", options, server });
    const jail = ["filter = protowrap", `logpath = ${scratch.path}/log`, "maxretry = 3", "bantime = 3s"];
    await using fail2ban = await Fail2ban.start(scratch, jail);
    const [guesser, forgetful] = ["127.0.0.41", "127.0.0.42"];
    for (const password of ["a", "b", "c"]) {
      for (const [from, said] of [
        [forgetful, "old"],
        [forgetful, "old"],
        [guesser, password],
      ] as const) {
        await using talk = await standing.dial(from);
        await guess(talk, said);
      }
      if (password !== "c") expect(fail2ban.did).toEqual([]);
    }
    await until("the ban", () => fail2ban.did.length > 0 || undefined, 10_000);
    expect(standing.log.match(/ client=127\.0\.0\.42:\S+ protocol=pop3 event=login-failed /g)).toHaveLength(
      6,
    );
    expect(fail2ban.did).toEqual([`ban ${guesser}`]);
    await until("its end", () => fail2ban.did.length > 1 || undefined, 15_000);
    expect(fail2ban.did).toEqual([`ban ${guesser}`, `unban ${guesser}`]);
  });
});

/** One password that is wrong. */
async function guess(talk: Conversation, password: string): Promise<void> {
  expect(await talk.read(pop3Status)).toStartWith("+OK");
  expect(await talk.ask("USER kituser", pop3Status)).toStartWith("+OK");
  expect(await talk.ask(`PASS ${password}`, pop3Status)).toStartWith("-ERR");
  expect(await talk.ask("QUIT", pop3Status)).toStartWith("+OK");
}
