// The log of the built program where it is read: by rsyslogd, in files, by systemd. And what a
// log must never do: tell a secret, let a client write in it, or make a session wait.

import { describe, expect } from "bun:test";
import { chmodSync, existsSync, fstatSync, openSync, readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { pop3Status, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { latin1 } from "./parts/mail.ts";
import { built, part, program, root, waiting } from "./parts/missing.ts";
import { parrot, parrotNeeds } from "./parts/parrot.ts";
import { pipe } from "./parts/pipe.ts";
import { popa3d, popa3dNeeds } from "./parts/popa3d.ts";
import { freePort } from "./parts/port.ts";
import { run, Service } from "./parts/process.ts";
import { rsyslog, rsyslogNeeds } from "./parts/rsyslog.ts";
import { Scratch } from "./parts/scratch.ts";
import { shellCommand } from "./parts/shell.ts";
import { protowrap, wrapped } from "./parts/wrapper.ts";

const needs = [built, ...parrotNeeds];
const talk = latin1(
  "EHLO client.test\r\nMAIL FROM:<alice@client.test>\r\nRCPT TO:<victim@evil.test>\r\nQUIT\r\n",
);

/** An SMTP wrapper that tells so much of itself there. */
function smtp(log: string, level: number, ...options: string[]): string[] {
  const how = ["--log", log, "--log-level", `${level}`, ...options];
  return wrapped("smtp", parrot("smtp"), "--relay-domain", "kit.test", ...how);
}

describe("rsyslogd understands what comes", () => {
  for (const way of ["syslog", "syslog+tcp", "unix"]) {
    part(`by ${way}: all of it, in order, as mail`, [...needs, ...rsyslogNeeds], async () => {
      await using scratch = new Scratch();
      await using server = await rsyslog(scratch);
      const target = way === "unix" ? `unix:${server.socket}` : `${way}://127.0.0.1:${server.port}`;
      const { code, stderr } = await run(scratch, smtp(target, 3), { input: talk });
      expect([code, stderr]).toEqual([0, ""]);
      const lines = await until("the session's end", () => {
        const found = server.lines().filter((line) => line.includes(" protowrap-smtp "));
        return found.some((line) => line.includes("event=end")) ? found : undefined;
      });
      const form =
        /^mail (\w+) protowrap-smtp (\d+) session=\S+\.\2 client=unknown protocol=smtp event=(\S+)/;
      const events = lines.map((line) => form.exec(line)).filter((match) => match?.[3] !== "server-stderr");
      expect(events.map((match) => `${match?.[1]} ${match?.[3]}`)).toEqual([
        "info connect",
        ...["debug command", "debug command", "debug command", "notice refused", "debug command"],
        "notice end",
      ]);
      expect(lines.find((line) => line.includes("event=refused"))).toEndWith(
        ' event=refused rule=relay by=us verb=RCPT reply="550 5.7.1 Relaying denied" from=alice@client.test to=victim@evil.test helo=client.test line="RCPT TO:<victim@evil.test>"',
      );
    });
  }

  part("of a name of our choice, and of JSON", [...needs, ...rsyslogNeeds], async () => {
    await using scratch = new Scratch();
    await using server = await rsyslog(scratch);
    const options = ["--log-name", "gate.1", "--log-format", "json"];
    await run(scratch, smtp(`unix:${server.socket}`, 1, ...options), { input: talk });
    const line = await until("the session's end", () =>
      server.lines().find((candidate) => candidate.includes('"event":"end"')),
    );
    const [, pid, json] = /^mail notice gate\.1 (\d+) (\{.*\})$/.exec(line) ?? [];
    expect(JSON.parse(json!)).toMatchObject({
      ...{ name: "gate.1", pid: Number(pid), event: "end", reason: "quit", commands: 4 },
      ...{ seconds: expect.any(Number), in: talk.length, "server-exit": 0 },
    });
  });

  waiting("also after it was restarted in the middle of a session", [...needs, ...rsyslogNeeds], async () => {
    for (const way of ["unix", "syslog+tcp"]) {
      await using scratch = new Scratch();
      const first = await rsyslog(scratch);
      const target = way === "unix" ? `unix:${first.socket}` : `${way}://127.0.0.1:${first.port}`;
      await using client = pipe(scratch, smtp(target, 3));
      expect(await client.talk.read(smtpReply)).toStartWith("220 ");
      await until("the first line", () => first.lines().find((line) => line.includes("event=connect")));
      await first[Symbol.asyncDispose]();
      expect(await client.talk.ask("NOOP one")).toStartWith("250 ");
      await using second = await rsyslog(scratch, first.port);
      expect(await client.talk.ask("NOOP two")).toStartWith("250 ");
      await Bun.sleep(100);
      expect(await client.talk.ask("NOOP three")).toStartWith("250 ");
      expect(await client.talk.ask("QUIT")).toStartWith("221 ");
      expect(await client.exitCode()).toBe(0);
      const lines = await until("the session's end", () => {
        const found = second.lines();
        return found.some((line) => line.includes("event=end")) ? found : undefined;
      });
      // What was on its way over TCP when the server died is lost, as TCP has it; a datagram never is.
      const kept = way === "unix" ? ["one", "two", "three"] : ["three"];
      for (const word of kept) expect(lines.filter((line) => line.includes(`NOOP ${word}`)).length).toBe(1);
    }
  });
});

describe("on the wire", () => {
  part("each datagram is one line of RFC 3164", [...needs, program("socat")], async () => {
    await using scratch = new Scratch();
    const [port, file] = [await freePort(), `${scratch.path}/datagrams`];
    await using _receiver = new Service(scratch, [
      "socat",
      "-u",
      `UDP-RECV:${port},bind=127.0.0.1`,
      `CREATE:${file}`,
    ]);
    await until("the receiver", () => udpBound(port) || undefined);
    await run(scratch, smtp(`syslog://127.0.0.1:${port}`, 2), { input: talk });
    const text = await until("the session's end", () => {
      const so = existsSync(file) ? readFileSync(file, "latin1") : "";
      return so.includes("event=end") ? so : undefined;
    });
    for (const line of text.trimEnd().split("\n"))
      expect(line).toMatch(
        /^<2[0-3]>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d \S+ protowrap-smtp\[\d+\]: session=[ -~]+$/,
      );
  });
});

describe("a log that is away or slow makes nobody wait", () => {
  const ways: Record<string, (scratch: Scratch) => Promise<{ target: string } & AsyncDisposable>> = {
    "an absent server, UDP": async () => nothing(`syslog://127.0.0.1:${await freePort()}`),
    "an absent server, TCP": async () => nothing(`syslog+tcp://127.0.0.1:${await freePort()}`),
    "a name nobody has": async () => nothing("syslog+tcp://no-such-host.invalid:514"),
    "an absent socket": async (scratch) => nothing(`unix:${scratch.path}/absent`),
    "a server that never reads": async () => {
      const sockets: Socket[] = [];
      const server = createServer({ pauseOnConnect: true }, (socket) =>
        sockets.push(socket.on("error", () => {})),
      );
      const port = await freePort();
      await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
      return {
        target: `syslog+tcp://127.0.0.1:${port}`,
        async [Symbol.asyncDispose]() {
          for (const socket of sockets) socket.destroy();
          server.close();
        },
      };
    },
    "a socket nobody reads": async (scratch) => {
      const path = `${scratch.path}/deaf`;
      const code =
        "import socket,sys,time; s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); s.bind(sys.argv[1]); time.sleep(60)";
      const service = new Service(scratch, ["/usr/bin/python3", "-c", code, path]);
      await until("the socket", () => existsSync(path) || undefined);
      chmodSync(path, 0o666);
      return { target: `unix:${path}`, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
    },
    "a full disk": async () => nothing("file:/dev/full"),
  };
  for (const [name, open] of Object.entries(ways)) {
    part(`${name}: the greeting and every reply come, and the exit within a second`, needs, async () => {
      await using scratch = new Scratch();
      await using way = await open(scratch);
      await using client = pipe(scratch, smtp(way.target, 5, "--max-errors", "0"));
      const start = performance.now();
      expect(await client.talk.read(smtpReply, 900)).toStartWith("220 ");
      // NOOPs beyond a hundred are errors.
      for (let i = 0; i < 100; i++)
        expect(await client.talk.ask(`NOOP ${"x".repeat(150)}`)).toStartWith("250 ");
      expect(await client.talk.ask("QUIT")).toStartWith("221 ");
      // The client is let go before the log is.
      expect(await client.talk.end(500)).toBe("");
      expect(await client.exitCode()).toBe(0);
      expect(performance.now() - start).toBeLessThan(4_000);
      expect(client.stderr()).toBe("");
      await scratch.quiet(way.target.includes("deaf") ? [...scratch.processes().keys()] : []);
    });
  }
});

describe("a descriptor's log", () => {
  part("is a file of times, names and lines, for us alone", [...needs], async () => {
    await using scratch = new Scratch();
    const file = `${scratch.path}/log`;
    await run(scratch, smtp(`file:${file}`, 2), { input: talk });
    const lines = readFileSync(file, "latin1").trimEnd().split("\n");
    for (const line of lines)
      expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z protowrap-smtp\[\d+\]: session=[ -~]+$/);
    expect(lines.at(-1)).toMatch(
      / event=end reason=quit seconds=[\d.]+ commands=4 refused=1 messages=0 verbs="ehlo=1 mail=1 rcpt=0\/1 quit=1" in=\d+ out=\d+ server-exit=0$/,
    );
    expect(fstatSync(openSync(file, "r")).mode & 0o777).toBe(0o640);
  });

  part("has sd-daemon's priorities when standard error is the journal, and only then", needs, async () => {
    await using scratch = new Scratch();
    for (const [is, form] of [
      ["the journal", /^<[3-7]>session=\S+ /],
      ["another", /^protowrap-smtp\[\d+\]: session=\S+ /],
    ] as const) {
      const file = scratch.file(is, "");
      const { dev, ino } = fstatSync(openSync(file, "r"));
      const env = { JOURNAL_STREAM: is === "the journal" ? `${dev}:${ino}` : `${dev}:${ino}1` };
      const argv = ["/bin/sh", "-c", `exec "$@" 2>>'${file}'`, "sh", ...smtp("auto", 2)];
      await run(scratch, argv, { input: talk, env });
      const lines = readFileSync(file, "latin1").trimEnd().split("\n");
      expect(lines.length).toBeGreaterThan(3);
      for (const line of lines) expect(line).toMatch(form);
    }
  });
});

describe("where standard error is the client's", () => {
  const namespaces = [root, program("unshare"), program("ip"), program("socat")];

  // Its client is socat, which would end it with a signal; no super-server does.
  /** What this host's syslog hears of a session there; in a /dev and a network of its own, so that nobody else is asked. */
  async function heard(
    scratch: Scratch,
    receiver: string,
    argv: readonly string[],
  ): Promise<[string, string]> {
    const file = `${scratch.path}/heard`;
    const session = `
      mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9
      ip link set lo up
      socat -u '${receiver}' 'CREATE:${file}' & sleep 0.3
      printf 'QUIT\\r\\n' | socat -t5 - 'EXEC:/bin/sh ${scratch.file("wrap.sh", `trap "" TERM HUP; exec ${shellCommand(argv)}\n`)},stderr'
      sleep 0.3; kill $!
    `;
    const { stdout } = await run(scratch, ["unshare", "--net", "--mount", "/bin/sh", "-c", session]);
    return [stdout.toString("latin1"), existsSync(file) ? readFileSync(file, "latin1") : ""];
  }

  for (const [name, receiver] of [
    ["the local socket", "UNIX-RECV:/dev/log,mode=666"],
    ["without one, this host's port 514", "UDP-RECV:514,bind=127.0.0.1"],
  ] as const) {
    part(`auto is ${name}`, [...needs, ...namespaces], async () => {
      await using scratch = new Scratch();
      const [client, log] = await heard(scratch, receiver, smtp("auto", 2));
      expect(client).toMatch(/^220 [^\r\n]*\r\n221 [^\r\n]*\r\n$/);
      expect(log).toMatch(/^<22>.* protowrap-smtp\[\d+\]: session=.* event=connect/);
      expect(log).toMatch(/<21>.* event=end reason=quit seconds=[^<]*$/);
    });

    part(`a command line nobody can read is told there: ${name}`, [built, ...namespaces], async () => {
      await using scratch = new Scratch();
      const argv = [protowrap, "smtp", "--no-such-option", "--", "/bin/cat"];
      const [client, log] = await heard(scratch, receiver, argv);
      expect(client).toMatch(/^421 4\.3\.0 [^\r\n]*\r\n$/);
      expect(log).toMatch(/^<19>.* event=fault error="UsageError: --no-such-option: unknown option/);
    });
  }

  for (const [megabytes, answer, line] of [
    [1500, /^421 4\.3\.0 [^\r\n]*\r\n$/, /^<19>.* event=fault error="the runtime cannot work here: [^<]*$/],
    [1250, /^$/, /^<19>protowrap: the runtime cannot work here: [^<\n]*$/],
  ] as const)
    part(`a runtime that cannot work is told there: ${megabytes} MB`, [built, ...namespaces], async () => {
      await using scratch = new Scratch();
      const argv = ["prlimit", `--as=${megabytes * 1e6}`, ...smtp("none", 0)];
      const [client, log] = await heard(scratch, "UNIX-RECV:/dev/log,mode=666", argv);
      expect(client).toMatch(answer);
      expect(log).toMatch(line);
    });
});

describe("no secret is in any log at any level", () => {
  const digest = "c4c9334bac560ecc979e58001b3e22fb";
  const password = "sw0rdf1sh!";
  const encoded = (text: string) => Buffer.from(text, "latin1").toString("base64");
  const plain = encoded(`\0kituser\0${password}`);
  const secrets = [
    password,
    encoded(password).replace(/=+$/, ""),
    plain.replace(/=+$/, ""),
    digest,
    digest.toUpperCase(),
  ];
  const logins = {
    smtp: [
      ...["EHLO client.test", `AUTH PLAIN ${plain}`, "AUTH LOGIN", encoded("kituser"), encoded(password)],
      ...[
        "AUTH PLAIN",
        plain,
        "AUTH PLAIN",
        "*",
        "AUTH PLAIN",
        password,
        `auth plain  ${plain}`,
        `AUTH ${plain}`,
      ],
      // As clients go on whose AUTH was refused, and those that believe us to be something else.
      ...[
        `AUTH XOAUTH2 ${plain}`,
        plain,
        encoded(password),
        `PASS ${password}`,
        `Authorization: Basic ${plain}`,
      ],
    ],
    pop3: [
      ...[`PASS ${password}`, "USER kituser", `PASS ${password}`, `APOP kituser ${digest}`],
      ...[
        `APOP kituser ${digest.toUpperCase()}`,
        `APOP ${digest} kituser`,
        `AUTH PLAIN ${plain}`,
        "AUTH PLAIN",
      ],
      ...[
        plain,
        "AUTH LOGIN",
        encoded("kituser"),
        encoded(password),
        `AUTH ${plain}`,
        "AUTH CRAM-MD5",
        password,
      ],
      ...[plain, encoded(password), password, `RPOP ${password}`, `PASS${password}`, `pass ${password}`],
    ],
  };
  for (const protocol of ["smtp", "pop3"] as const)
    for (const format of ["text", "json"])
      part(`of ${protocol}, in ${format}, whatever the server repeats`, needs, async () => {
        await using scratch = new Scratch();
        const file = `${scratch.path}/log`;
        const options = [
          "--log",
          `file:${file}`,
          "--log-level",
          "5",
          "--log-format",
          format,
          "--auth",
          "pass",
        ];
        const unlimited = ["--login-delay", "0", "--max-login-attempts", "0", "--max-errors", "0"];
        const command = wrapped(protocol, parrot(protocol), ...options, ...unlimited);
        const input = latin1(`${[...logins[protocol], "QUIT"].join("\r\n")}\r\n`);
        const { code, stdout } = await run(scratch, command, { input });
        expect(code).toBe(0);
        const log = readFileSync(file, "latin1");
        // It happened: the client was told in clear what the log must not tell.
        if (protocol === "smtp") expect(stdout.toString("latin1")).toContain(password);
        expect(log.match(/event"?[=:]"?login-failed/g)!.length).toBeGreaterThanOrEqual(3);
        expect(log).toContain("***");
        for (const line of log.split("\n"))
          for (const secret of secrets) if (line.includes(secret)) expect(line).not.toContain(secret);
      });
});

describe("A wrong password of popa3d, which then leaves", () => {
  const says = [
    ["at once", ["--login-delay", "1"], 0],
    ["while the client is still thinking", ["--login-delay", "0"], 4000],
    ["while the next command is on its way", ["--login-delay", "0"], 0],
  ] as const;
  for (const [when, options, pause] of says)
    waiting(`is a failed login and no lost server: it leaves ${when}`, [built, ...popa3dNeeds], async () => {
      await using scratch = new Scratch();
      const file = `${scratch.path}/log`;
      const command = wrapped("pop3", popa3d(scratch), "--log", `file:${file}`, ...options);
      await using client = pipe(scratch, command);
      expect(await client.talk.read(pop3Status)).toStartWith("+OK");
      expect(await client.talk.ask("USER kituser", pop3Status)).toStartWith("+OK");
      expect(await client.talk.ask("PASS wrong", pop3Status)).toStartWith("-ERR");
      await Bun.sleep(pause);
      expect(await client.talk.ask("QUIT", pop3Status)).toStartWith("+OK");
      expect(await client.exitCode()).toBe(0);
      const log = readFileSync(file, "latin1");
      expect(log.match(/(?<=event=)[a-z-]+/g)).toEqual(["connect", "login-failed", "end"]);
      expect(log).toContain(" event=end reason=quit ");
    });
});

describe("what a client chose", () => {
  waiting("stands in the log as it was meant, in UTF-8", needs, async () => {
    await using scratch = new Scratch();
    const file = `${scratch.path}/log`;
    const user = Buffer.from("\0J\u00fcrgen\u202e\0wrong").toString("base64");
    const input = latin1(`EHLO c.test\r\nAUTH PLAIN ${user}\r\nQUIT\r\n`);
    for (const [format, told] of [
      ["text", 'user="Jürgen\\u202e"'],
      ["json", '"user":"Jürgen\\u202e"'],
    ] as const) {
      await run(scratch, smtp(`file:${file}`, 1, "--auth", "pass", "--log-format", format), { input });
      expect(readFileSync(file, "utf8")).toContain(told);
    }
  });
});

function nothing(target: string): { target: string } & AsyncDisposable {
  return { target, async [Symbol.asyncDispose]() {} };
}

function udpBound(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return readFileSync("/proc/net/udp", "latin1").includes(`0100007F:${hex} `);
}
