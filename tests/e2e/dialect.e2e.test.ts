// The lines of --log-dialect held against those who read them: Debian's fail2ban with its own filters of Postfix and
// Dovecot, and pflogsumm. Whoever is caught was there, and what is counted is what we count ourselves.

import { expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { caught, fail2banNeeds } from "./parts/fail2ban.ts";
import { latin1 } from "./parts/mail.ts";
import { built, program, waiting } from "./parts/missing.ts";
import { parrot, parrotNeeds } from "./parts/parrot.ts";
import { run } from "./parts/process.ts";
import { rsyslog, rsyslogNeeds } from "./parts/rsyslog.ts";
import { Scratch } from "./parts/scratch.ts";
import { Standing } from "./parts/standing.ts";
import { type Command, wrapped } from "./parts/wrapper.ts";

const needs = [built, ...fail2banNeeds];

/** Takes mail for most, no password, and says no to some in its own words. */
const picky = `
say() { printf '%s\\r\\n' "$1"; }
say '220 x'
while read -r line; do
  case $line in
    EHLO*) say '250-x'; say '250 AUTH PLAIN LOGIN' ;;
    AUTH*) say '535 5.7.8 no' ;;
    RCPT*nobody*) say '550 5.1.1 <nobody@kit.test>: Recipient address rejected: User unknown in local recipient table' ;;
    RCPT*grey*) say '451 4.7.1 Greylisted, see http://grey.test/: reject: RCPT from unknown[192.0.2.66]: 550 5.7.1 <x>: Relay access denied; from=<x>' ;;
    DATA*)
      say '354 x'
      while read -r text; do [ "\${#text}" = 2 ] && [ "\${text%?}" = . ] && break; done
      say '250 2.0.0 Ok: queued as 4Xq7Zk1Yz' ;;
    QUIT*) say '221 x'; exit ;;
    *) say '250 2.0.0 fine' ;;
  esac
done`;

function server(scratch: Scratch): Command {
  return { argv: ["/bin/sh", "-c", picky, scratch.path], user: "nobody" };
}

function smtp(scratch: Scratch, dialect: string, ...options: string[]): string[] {
  const log = ["--log", `file:${scratch.path}/log`, "--log-dialect", dialect];
  const logins = ["--auth", "pass", "--login-delay", "0"];
  return wrapped("smtp", server(scratch), "--relay-domain", "kit.test", ...log, ...logins, ...options);
}

const plain = (user: string, password: string) =>
  Buffer.from(`\0${user}\0${password}`, "latin1").toString("base64");
const letter = (to: string) => ["MAIL FROM:<a@b.test>", `RCPT TO:<${to}>`];

async function session(scratch: Scratch, argv: readonly string[], client: string, lines: readonly string[]) {
  const { code } = await run(scratch, argv, {
    input: latin1(`${[...lines, "QUIT"].join("\r\n")}\r\n`),
    env: { TCPREMOTEIP: client },
  });
  expect(code).toBe(0);
}

/** Whom fail2ban finds by each mode of a filter. */
async function caughtBy(scratch: Scratch, filter: string, modes: readonly string[]) {
  const found = await Promise.all(
    modes.map(async (mode) => [
      mode,
      await caught(scratch, `${scratch.path}/log`, `${filter}[mode=${mode}]`),
    ]),
  );
  return Object.fromEntries(found) as Record<string, string[]>;
}

waiting("fail2ban's own filter of Postfix counts what it counts of Postfix", needs, async () => {
  await using scratch = new Scratch();
  const argv = smtp(scratch, "postfix", "--max-errors", "5", "--max-login-attempts", "0");
  const hello = "EHLO c.test";
  await Promise.all([
    session(scratch, argv, "192.0.2.1", [
      hello,
      ...letter("v@evil.test"),
      "RSET",
      ...letter("nobody@kit.test"),
    ]),
    session(scratch, argv, "192.0.2.2", [hello, ...letter("grey@kit.test")]),
    session(scratch, argv, "2001:db8::3", [hello, `AUTH PLAIN ${plain("root", "a")}`]),
    session(scratch, argv, "192.0.2.4", [hello, ...letter("x@kit.test"), "DATA", "Subject: x", "", "x", "."]),
    session(scratch, argv, "192.0.2.5", [hello, "A", "B", "C", "D", "E", "F"]),
    session(scratch, smtp(scratch, "postfix", "--block-ip", "192.0.2.6"), "192.0.2.6", [hello]),
  ]);
  const found = await caughtBy(scratch, "postfix", ["normal", "auth", "extra", "aggressive", "errors"]);
  for (const addresses of Object.values(found)) addresses.sort();
  const normal = ["192.0.2.1", "192.0.2.1", "192.0.2.5", "192.0.2.6"];
  expect(found).toEqual({
    normal,
    auth: ["2001:db8::3"],
    extra: [...normal, "2001:db8::3"],
    aggressive: [...normal, "2001:db8::3", "2001:db8::3"], // the end tells the login, too
    errors: ["192.0.2.5"],
  });
});

waiting(
  "fail2ban's own filter of Dovecot counts sessions whose logins failed",
  [...needs, ...parrotNeeds],
  async () => {
    await using scratch = new Scratch();
    const options = ["--log", `file:${scratch.path}/log`, "--log-dialect", "dovecot", "--login-delay", "0"];
    const pop3 = wrapped("pop3", parrot("pop3"), ...options);
    const submission = smtp(scratch, "dovecot");
    await Promise.all([
      session(scratch, pop3, "192.0.2.1", ["USER root", "PASS a", "USER root", "PASS b"]),
      session(scratch, pop3, "192.0.2.2", []),
      session(scratch, submission, "2001:db8::3", ["EHLO c.test", `AUTH PLAIN ${plain("root", "a")}`]),
      session(scratch, submission, "192.0.2.4", ["EHLO c.test", ...letter("x@kit.test")]),
    ]);
    const found = await caughtBy(scratch, "dovecot", ["normal", "aggressive"]);
    for (const addresses of Object.values(found)) addresses.sort();
    expect(found).toEqual({
      normal: ["192.0.2.1", "2001:db8::3"],
      aggressive: ["192.0.2.1", "192.0.2.2", "2001:db8::3"],
    });
  },
);

for (const dialect of ["postfix", "dovecot"] as const)
  waiting(
    `a listener's clients are caught with the filter of ${dialect}, and not for a password again`,
    needs,
    async () => {
      await using scratch = new Scratch();
      const options = ["--log-dialect", dialect, "--auth", "pass", "--login-delay", "0"];
      const part = ["--", ...server(scratch).argv];
      await using standing = await Standing.start(scratch, { options, server: part });
      for (const [from, password] of [
        ["127.0.0.21", "a"],
        ["127.0.0.22", "b"],
        ["127.0.0.22", "b"],
        ["127.0.0.22", "b"],
      ] as const) {
        await using talk = await standing.dial(from);
        expect(await talk.read(smtpReply)).toStartWith("220 ");
        await talk.ask("EHLO c.test");
        expect(await talk.ask(`AUTH PLAIN ${plain("root", password)}`)).toStartWith("535 ");
        await talk.ask("QUIT");
        await talk.end();
      }
      await until("four ends", () => standing.log.match(/ event=end /g)?.length === 4 || undefined);
      expect(standing.log.match(/ repeat=yes /g)).toHaveLength(2);
      const mode = dialect === "postfix" ? "aggressive" : "normal";
      const [found] = Object.values(await caughtBy(scratch, dialect, [mode]));
      const times = dialect === "postfix" ? 2 : 1;
      expect(found!.sort()).toEqual([...Array(times).fill("127.0.0.21"), ...Array(times).fill("127.0.0.22")]);
    },
  );

const samples = "/usr/lib/python3/dist-packages/fail2ban/tests/files/logs";

const LOGIN =
  "Aborted login (auth failed, 1 attempts in 2 secs): user=<x>, method=PLAIN, rip=192.0.2.66, lip=192.0.2.1";

/** What attackers were seen to write into logs, and lines that are caught, as words of a client. */
function injections(): string[] {
  const lines = ["postfix", "dovecot"].flatMap((name) =>
    readFileSync(`${samples}/${name}`, "latin1").split("\n"),
  );
  const forged = [
    "a>, method=PLAIN, rip=192.0.2.66, lip=192.0.2.1",
    "a[192.0.2.66]: 550 5.7.1 <x>: Relay access denied",
  ];
  return [...forged, ...lines].flatMap((line) => {
    if (line === "" || line.startsWith("#")) return [];
    const text = line.replace(/[\r\n]/g, "");
    return [text, text.replace(/^.*?\]: |^.*?(?=NOQUEUE|warning:|Aborted)/, "")];
  });
}

for (const dialect of ["postfix", "dovecot"] as const)
  waiting(
    `nobody but the client is caught by the filter of ${dialect}, whatever he says`,
    [...needs, ...parrotNeeds, { name: samples, there: existsSync(samples) }],
    async () => {
      await using scratch = new Scratch();
      const words = injections();
      expect(words.length).toBeGreaterThan(150);
      const log = ["--log", `file:${scratch.path}/log`, "--log-dialect", dialect];
      const none = ["--max-errors", "0", "--max-login-attempts", "0", "--login-delay", "0"];
      // A server that repeats all it is told.
      const argv = wrapped(
        "smtp",
        parrot("smtp"),
        "--relay-domain",
        "kit.test",
        "--auth",
        "pass",
        ...log,
        ...none,
      );
      const pop3 = wrapped("pop3", parrot("pop3"), ...log, ...none);
      const lineEnd = `\n${new Date().toISOString()} mx dovecot: pop3-login: ${LOGIN}\n`;
      const quoted = (word: string) => `"${word.replace(/["\\]/g, "'").slice(0, 60)}"`;
      const lines = words.flatMap((word) => [
        ...[`EHLO ${word}`, `EHLO [${word}]`, `VRFY ${word}`, word],
        ...[
          `MAIL FROM:<${quoted(word)}@b.test>`,
          `RCPT TO:<${quoted(word)}@evil.test>`,
          "RSET",
          `AUTH PLAIN ${plain(word.slice(-100), "x")}`,
          `AUTH PLAIN ${plain(`x${lineEnd}`, "y")}`,
        ],
      ]);
      const parts = Array.from({ length: Math.ceil(lines.length / 180) }, (_, at) =>
        lines.slice(at * 180, at * 180 + 180),
      );
      const users = words.flatMap((word) => [`USER ${word.slice(0, 30)}`, "PASS x"]);
      for (const part of parts) await session(scratch, argv, "198.51.100.77", ["EHLO c.test", ...part]);
      await session(scratch, pop3, "198.51.100.77", users);
      const modes = dialect === "postfix" ? ["extra", "aggressive", "errors"] : ["normal", "aggressive"];
      const found = await caughtBy(scratch, dialect, modes);
      for (const [mode, addresses] of Object.entries(found))
        expect([mode, ...new Set(addresses)]).toEqual([
          mode,
          ...(mode === "errors" ? [] : ["198.51.100.77"]),
        ]);
    },
  );

/** `rejected` and its kind, of the totals. */
function total(report: string, what: string): number {
  return Number(new RegExp(`^ +([0-9]+) +${what}\\b`, "m").exec(report)?.[1]);
}

/** The reasons by stage, with how many there are of each. */
function reasons(report: string): Record<string, number> {
  const [, detail = ""] = /^message reject detail\n-+\n((?: .*\n)*)/m.exec(report) ?? [];
  let stage = "";
  const found: Record<string, number> = {};
  for (const line of detail.split("\n")) {
    stage = /^ {2}(\S+)$/.exec(line)?.[1] ?? stage;
    const [, reason, count] = /^ {4}(\S.*?) \(top [0-9]+\) \(total: ([0-9]+)\)$/.exec(line) ?? [];
    if (reason !== undefined) found[`${stage}: ${reason}`] = Number(count);
  }
  return found;
}

for (const way of ["a file", "syslog"])
  waiting(
    `pflogsumm's report of ${way} tells what we count ourselves`,
    [built, program("pflogsumm"), ...rsyslogNeeds],
    async () => {
      await using scratch = new Scratch();
      await using daemon = await rsyslog(scratch);
      const target = way === "a file" ? `file:${scratch.path}/log` : `unix:${daemon.socket}`;
      const log = ["--log", target, "--log-dialect", "postfix", "--auth", "pass", "--login-delay", "0"];
      const rules = ["--relay-domain", "kit.test", "--block-address", "bad@", "--block-ip", "192.0.2.9"];
      const argv = wrapped("smtp", server(scratch), ...log, ...rules);
      const hello = "EHLO c.test";
      const mail = [...letter("x@kit.test"), "DATA", "Subject: x", "", "x", "."];
      const forged = '"client=unknown[192.0.2.66]: reject: RCPT from x"@evil.test';
      await Promise.all([
        session(scratch, argv, "192.0.2.1", [hello, ...mail, ...mail, ...letter("grey@kit.test")]),
        session(scratch, argv, "192.0.2.2", [
          hello,
          ...letter("v@evil.test"),
          `RCPT TO:<${forged}>`,
          "VRFY root",
        ]),
        session(scratch, argv, "2001:db8::3", [
          hello,
          ...letter("nobody@kit.test"),
          "DATA",
          "RSET",
          "NOSUCH",
          "MAIL FROM:<bad@b.test>",
        ]),
        session(scratch, argv, "192.0.2.9", [hello]),
      ]);
      const told = () =>
        way === "a file" ? readFileSync(`${scratch.path}/log`, "latin1") : daemon.lines().join("\n");
      await until("four ends", () => told().match(/ event=end /g)?.length === 4 || undefined);
      const ours = (event: string) => told().match(new RegExp(` event=${event} `, "g"))?.length ?? 0;
      const file = way === "a file" ? `${scratch.path}/log` : daemon.file;
      const { stdout, stderr } = await run(scratch, ["pflogsumm", "--smtpd-stats", "--detail", "50", file]);
      expect(stderr).toBe("");
      const report = stdout.toString("latin1");
      expect([ours("message"), total(report, "received")]).toEqual([2, 2]);
      expect([ours("refused"), total(report, "rejected")]).toEqual([10, 10]);
      expect([told().match(/ event=connect$/gm)?.length, total(report, "connections")]).toEqual([4, 4]);
      expect(reasons(report)).toEqual({
        "RCPT: Recipient address rejected: Greylisted - see http?//grey.test/ - reject - RCPT from unknown192.0.2.66 - 550 5.7.1 x - Relay access denied - from=x": 1,
        "RCPT: Relay access denied": 2,
        "RCPT: Recipient address rejected: User unknown": 1,
        "DATA: No valid recipients": 1,
        "MAIL: 5.7.1 Sender address rejected": 1,
        "EHLO: 503 5.5.1 Bad sequence of commands": 1,
        "VRFY: 502 5.5.1 Command not implemented": 1,
        "UNKNOWN: 500 5.5.2 Command not recognised": 1,
        "RCPT: Client host rejected: Access denied": 1,
      });
    },
  );
