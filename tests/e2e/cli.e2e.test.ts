// The built program before it is put to work: --config, check and explain, as an administrator meets them.

import { describe, expect } from "bun:test";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf, issue, newKey } from "../certificate.ts";
import { dial, smtpReply } from "./parts/conversation.ts";
import { inetd, inetdNeeds } from "./parts/inetd.ts";
import { latin1 } from "./parts/mail.ts";
import { mailfront } from "./parts/mailfront.ts";
import { built, part, root } from "./parts/missing.ts";
import { run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { forKit, protowrap, wrapped } from "./parts/wrapper.ts";

const identity = process.getuid!() === 0 ? ["--user", "nobody"] : [];
const CLIENT = latin1("EHLO client.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<v@evil.test>\r\nQUIT\r\n");

describe("--config", () => {
  part("says the same as the command line", [built, ...mailfront.needs], async () => {
    await using scratch = new Scratch();
    const server = mailfront.start(scratch);
    const argv = wrapped("smtp", server.behind, ...forKit);
    const inArguments = await run(scratch, argv, { input: CLIENT });
    const user = argv.includes("--user") ? `user = "nobody"\nserver-user = "${server.behind.user}"\n` : "";
    const toml = `log = "none"\n${user}[smtp]\nserver = ${JSON.stringify(server.behind.argv)}\nrelayDomain = ["kit.test"]\n`;
    const file = scratch.file("protowrap.toml", toml);
    const inFile = await run(scratch, [protowrap, "smtp", "--config", file], { input: CLIENT });
    expect(inFile).toEqual(inArguments);
    expect(inFile.stdout.toString()).toContain("550 5.7.1 Relaying denied");
    expect(inFile.code).toBe(0);
  });

  part("that is wrong is told on standard error, with its line", [built], async () => {
    await using scratch = new Scratch();
    const file = scratch.file("wrong.toml", 'log = "none"\n\nrelay-domian = ["a.test"]\n');
    const { code, stdout, stderr } = await run(scratch, [protowrap, "smtp", "--config", file]);
    expect(stderr).toBe(`protowrap: ${file}:3: relay-domian: unknown key; expected perhaps relay-domain\n`);
    expect(stdout.toString()).toStartWith("421 4.3.0 ");
    expect(code).toBe(64);
  });

  for (const [name, content] of Object.entries({ wrong: "x = \n", "not there": null }))
    part(`that is ${name} says nothing to a client of inetd but 421`, [built, ...inetdNeeds], async () => {
      await using scratch = new Scratch();
      const file = content === null ? join(scratch.path, "no.toml") : scratch.file("a.toml", content);
      await using front = await inetd(scratch, [protowrap, "smtp", "--config", file]);
      await using client = await dial(front.port);
      expect(await client.read(smtpReply)).toStartWith("421 4.3.0 ");
      await client.end();
      expect(client.received).toMatch(/^421 4\.3\.0 [^\r\n]*\r\n$/);
    });
});

describe("check", () => {
  part("a configuration that is well", [built], async () => {
    await using scratch = new Scratch();
    const toml = 'relay-domain = ["a.test", ".a.test"]\nserver = ["/bin/cat"]\nhostname = "mx.a.test"\n';
    const file = scratch.file("protowrap.toml", toml);
    const { code, stdout, stderr } = await run(scratch, [
      ...[protowrap, "check", "smtp", "--offline", "--config", file, "--strict", ...identity],
    ]);
    const text = stdout.toString();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(text).toMatch(/^ {2}server {3}\/bin\/cat, /m);
    expect(text).toMatch(
      /^ {2}accepts {2}recipients in a\.test, in subdomains of a\.test, without a domain$/m,
    );
    expect(text).toEndWith("\n\n0 errors, 0 warnings\n");
    expect(text).not.toContain("\x1b");
  });

  part("tells all that is wrong at once", [built], async () => {
    await using scratch = new Scratch();
    const file = scratch.file("protowrap.toml", 'server = ["/no/server"]\nlog = "file:/no/log"\n');
    chmodSync(file, 0o666);
    const argv = ["check", "smtp", "--config", file, "--user", "nobuddy", "--relay-ip", "300.1.1.1"];
    const { code, stdout } = await run(scratch, [protowrap, ...argv]);
    const said = stdout.toString().split("\n\n")[1]!.trimEnd().split("\n");
    expect(said).toEqual([
      'error: --user: there is no user "nobuddy"',
      "error: /no/server: cannot be run: there is no such file",
      `error: ${file}:2: log: there is no directory /no`,
      "error: --relay-ip: expected an address, a network or a prefix, got 300.1.1.1",
      `warning: ${file}: what is allowed may be changed: anyone can write ${file}`,
      "4 errors, 1 warning",
    ]);
    expect(code).toBe(64);
  });

  part("counts warnings with --strict only", [built], async () => {
    await using scratch = new Scratch();
    const argv = [protowrap, "check", "smtp", "--offline", ...identity, "--", "/bin/cat"];
    const lax = await run(scratch, argv);
    expect(lax.stdout.toString()).toEndWith("0 errors, 1 warning\n");
    expect(lax.code).toBe(0);
    expect((await run(scratch, argv.toSpliced(3, 0, "--strict"))).code).toBe(64);
  });

  const findings: Record<string, [options: string[], said: string]> = {
    "a level there is not": [
      ["--log-level", "9"],
      'protowrap: --log-level: expected a whole number, 0 to 5, got "9"',
    ],
    "a name server without its port": [
      ["--dnsbl", "bl.test", "--resolver", "127.0.0.1"],
      'error: --resolver: expected IP:PORT, got "127.0.0.1"',
    ],
    "a network that may relay and is refused": [
      ["--relay-ip", "192.0.2", "--block-ip", "::ffff:192.0.2.0/120"],
      'warning: --relay-ip: "192.0.2" is "::ffff:192.0.2.0/120" of --block-ip, which comes first: its clients are refused, and relay nothing',
    ],
    "a client that may relay, in a network that is refused": [
      ["--relay-ip", "10.1.2.3", "--block-ip", "10.0.0.0/8"],
      'warning: --relay-ip: "10.1.2.3" is in "10.0.0.0/8" of --block-ip, which comes first: its clients are refused, and relay nothing',
    ],
    "a session shorter than a silence": [
      ["--session-timeout", "60"],
      "warning: --session-timeout: 60: is over before --idle-timeout (300) is",
    ],
    "a size that no server may have": [
      ["--max-message-size", "1K"],
      "warning: --max-message-size: RFC 5321 §4.5.3.1.7 asks for 65536 octets at least",
    ],
  };
  const strictly = (options: readonly string[]): string[] => {
    const asked = [protowrap, "check", "smtp", "--offline", "--strict"];
    return [...asked, ...identity, "--relay-domain=a.test", ...options, "--", "/bin/cat"];
  };
  for (const [name, [options, said]] of Object.entries(findings))
    part(`finds ${name}`, [built], async () => {
      await using scratch = new Scratch();
      const { code, stdout, stderr } = await run(scratch, strictly(options));
      expect(`${stdout}${stderr}`.split("\n")).toContain(said);
      expect(code).toBe(64);
    });

  part("tells an exception from a relay network, and does not warn of it", [built], async () => {
    await using scratch = new Scratch();
    const rules = ["--relay-ip", "10.0.0.0/8", "--block-ip", "10.1.2.3"];
    const { code, stdout } = await run(scratch, strictly(rules));
    const told =
      /^ {2}relays {3}to anywhere for clients in 10\.0\.0\.0\/8\n +not for clients in 10\.1\.2\.3 of --block-ip, though in 10\.0\.0\.0\/8: they are refused$/m;
    expect(stdout.toString()).toMatch(told);
    expect(stdout.toString()).toEndWith("0 errors, 0 warnings\n");
    expect(code).toBe(0);
  });

  part(
    "tells a certificate's names, days and TLSA records, and that a key is another's",
    [built],
    async () => {
      await using scratch = new Scratch();
      const key = newKey();
      const file = scratch.file("c.pem", issue(key, ["mx.a.test", "b.test"]));
      const secret = (name: string, pem: string) => {
        const path = scratch.file(name, pem);
        chmodSync(path, 0o600);
        return path;
      };
      const argv = [
        ...[protowrap, "check", "smtp", "--offline", "--strict", ...identity, "--relay-domain", "a.test"],
        ...["--listen", "127.0.0.1:25", "--listen", "[::1]:25", "--hostname", "mx.a.test"],
        ...["--tls", "optional", "--tls-cert", file, "--tls-key"],
      ];
      const right = await run(scratch, [...argv, secret("k.pem", key), "--", "/bin/cat"]);
      const text = right.stdout.toString();
      expect(text).toMatch(/^ {2}tls {6}clients may ask for it; TLS 1\.2 and 1\.3; 30 s for the handshake$/m);
      expect(text).toMatch(/^ +\S+c\.pem: for mx\.a\.test, b\.test; (?:89|90) days left, until 2\S+$/m);
      expect(text.match(/_25\._tcp.*/g)).toEqual([`_25._tcp.mx.a.test. IN TLSA 3 1 1 ${digestOf(key)}`]);
      expect(text).toEndWith("0 errors, 0 warnings\n");
      expect(right.code).toBe(0);
      const wrong = await run(scratch, [...argv, secret("o.pem", newKey()), "--", "/bin/cat"]);
      expect(wrong.stdout.toString()).toContain(`error: ${file}: expected its key, `);
      expect(wrong.code).toBe(64);
    },
  );

  part(
    "tells the port of the protocol where nobody listens, with TLS from the first octet another",
    [built],
    async () => {
      await using scratch = new Scratch();
      const key = newKey();
      const file = scratch.file("c.pem", key + issue(key, ["mx.a.test"]));
      for (const [protocol, tls, port] of [
        ["smtp", "optional", 25],
        ["smtp", "implicit", 465],
        ["pop3", "required", 110],
        ["pop3", "implicit", 995],
      ] as const) {
        const argv = [
          protowrap,
          "check",
          protocol,
          "--offline",
          "--tls",
          tls,
          "--tls-cert",
          file,
          "--",
          "/bin/cat",
        ];
        expect((await run(scratch, argv)).stdout.toString()).toContain(
          ` _${port}._tcp.mx.a.test. IN TLSA 3 1 1 `,
        );
      }
    },
  );

  part("finds that root is not told whom to become", [built, root], async () => {
    await using scratch = new Scratch();
    const { stdout } = await run(scratch, [protowrap, "check", "pop3", "--", "/bin/cat"]);
    const said = "warning: --user: missing: started as root, as you are now, it refuses to run";
    expect(stdout.toString().split("\n")).toContain(said);
  });

  part("finds a server that becomes somebody else", [built, root], async () => {
    await using scratch = new Scratch();
    const server = scratch.file("server", "#!/bin/sh\n");
    chmodSync(server, 0o4755);
    const argv = [protowrap, "check", "pop3", "--user", "nobody", "--", server];
    expect((await run(scratch, argv)).stdout.toString()).toContain(`warning: ${server}: it is set-user-id: `);
  });

  part("finds that the runtime has too little room", [built], async () => {
    await using scratch = new Scratch();
    const command = `ulimit -v 3500000 -d 3600000 && ${protowrap} check pop3 --offline ${identity.join(" ")} -- /bin/cat`;
    const { code, stdout } = await run(scratch, ["/bin/bash", "-c", command]);
    expect(stdout.toString()).toContain("warning: ulimit -v: limits the address space to 3584000000 octets");
    expect(stdout.toString()).toContain("warning: ulimit -d: limits the data to 3686400000 octets");
    expect(code).toBe(0);
  });

  part("starts nothing, but to ask it what it offers", [built, root], async () => {
    await using scratch = new Scratch();
    const mark = join(scratch.path, "started");
    const server = scratch.file("server", `#!/bin/sh\ntouch ${mark}\n`);
    chmodSync(server, 0o755);
    const options = ["--user", "nobody", "--connect", "127.0.0.1:1"];
    await run(scratch, [protowrap, "check", "line", "--", server]);
    await run(scratch, [protowrap, "check", "smtp", "--offline", ...identity, "--", server]);
    expect((await run(scratch, [protowrap, "check", "line", ...options])).code).toBe(0);
    expect(() => readFileSync(mark)).toThrow();
  });

  part("tells which of a server's keywords clients lose, and why", [built], async () => {
    await using scratch = new Scratch();
    const say = (...lines: string[]) => `printf '${lines.join("\\r\\n")}\\r\\n'`;
    const offer = say("250-x", "250-DSN", "250-CHUNKING", "250 X-OWN");
    const script = `${say("220 x")}; read -r ehlo; ${offer}; read -r quit`;
    const argv = ["check", "smtp", "--strict", ...identity, "--relay-domain", "a.test"];
    const { code, stdout } = await run(scratch, [protowrap, ...argv, "--", "/bin/sh", "-c", script]);
    expect(stdout.toString().split("\n\n")[0]).toEndWith(
      [
        "  asked       /bin/sh says what it offers",
        "  passes      DSN",
        "  keeps back  CHUNKING: a message of counted octets has no lines: what is in it, and what ends it, could not be judged",
        "              X-OWN: not known here, so that nobody has thought about what it would open",
      ].join("\n"),
    );
    expect(code).toBe(0);
  });

  part("of a wrong command line is the error a start would give", [built], async () => {
    await using scratch = new Scratch();
    const { code, stdout, stderr } = await run(scratch, [protowrap, "check", "smtp", "--max-errors", "x"]);
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({
      code: 64,
      stdout: "",
      stderr: 'protowrap: --max-errors: expected a whole number, 0 to 999999999, got "x"\n',
    });
  });
});

describe("config", () => {
  part("prints every value with where it came from, as TOML that can be read again", [built], async () => {
    await using scratch = new Scratch();
    const file = scratch.file("protowrap.toml", '[smtp]\nrelay-domain = ["a.test"]\nmax-errors = 7\n');
    const argv = [protowrap, "config", "smtp", "--config", file, "--vrfy", "252"];
    const { code, stdout, stderr } = await run(scratch, argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const text = stdout.toString();
    expect(text).toMatch(new RegExp(`^max-errors = 7 +# ${file}:3$`, "m"));
    expect(text).toMatch(new RegExp(`^relay-domain = \\["a.test"\\] +# ${file}:2$`, "m"));
    expect(text).toMatch(/^vrfy = "252" +# --vrfy$/m);
    expect(text).toMatch(/^server = \["\/usr\/sbin\/sendmail","-bs"\] +# default$/m);
    expect(text).toMatch(/^# user = \(not set\) +# default$/m);
    const again = scratch.file("again.toml", text);
    const values = async (path: string, ...more: string[]) => {
      const { stdout: json } = await run(scratch, [
        protowrap,
        "config",
        "smtp",
        "--json",
        "--config",
        path,
        ...more,
      ]);
      const rows = Object.entries(JSON.parse(json.toString()) as Record<string, { value: unknown }>);
      return rows.filter(([name]) => name !== "config").map(([name, { value }]) => [name, value]);
    };
    expect(await values(again)).toEqual(await values(file, "--vrfy", "252"));
  });

  part("of what cannot be read is the error a start would give", [built], async () => {
    await using scratch = new Scratch();
    const { code, stdout, stderr } = await run(scratch, [protowrap, "config", "pop3", "--auth", "on"]);
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({
      code: 64,
      stdout: "",
      stderr: 'protowrap: --auth: expected off or pass, got "on"\n',
    });
  });
});

describe("explain", () => {
  part("gives the verdicts in columns, and as JSON", [built], async () => {
    await using scratch = new Scratch();
    const argv = [protowrap, "explain", "smtp", "--relay-domain", "a.test", "--hostname", "mx.test"];
    const plain = await run(scratch, argv, { input: CLIENT });
    expect({ code: plain.code, stderr: plain.stderr }).toEqual({ code: 0, stderr: "" });
    expect(plain.stdout.toString().split("\n")).toEqual([
      "no  client                 verdict    the server gets / we answer  rule",
      "    (connects)             answered   220 mx.test ESMTP",
      " 1  EHLO client.test       forwarded  EHLO client.test",
      " 2  MAIL FROM:<a@b.test>   forwarded  MAIL FROM:<a@b.test>",
      " 3  RCPT TO:<v@evil.test>  refused    550 5.7.1 Relaying denied    relay",
      " 4  QUIT                   forwarded  QUIT",
      "",
    ]);
    const json = await run(scratch, [...argv, "--json"], { input: CLIENT });
    const objects = json.stdout
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(objects.map(({ line, verdict, rule }) => [line, verdict, rule])).toEqual([
      [null, "answered", null],
      [1, "forwarded", null],
      [2, "forwarded", null],
      [3, "refused", "relay"],
      [4, "forwarded", null],
    ]);
  });

  part("is in colour on a terminal, unless NO_COLOR says no", [built], async () => {
    await using scratch = new Scratch();
    const transcript = scratch.file("transcript", "C: NOOP\n");
    const command = `${protowrap} explain smtp < ${transcript}`;
    for (const [env, isColoured] of [
      [{ TERM: "xterm" }, true],
      [{ TERM: "xterm", NO_COLOR: "1" }, false],
    ] as const) {
      const { stdout } = await run(scratch, ["script", "-qec", command, "/dev/null"], { env });
      expect(stdout.toString()).toContain("250 2.0.0 OK");
      expect(stdout.includes("\x1b[36m")).toBe(isColoured);
    }
  });

  part("plays the server of a protocol from outside, if that says how", [built], async () => {
    await using scratch = new Scratch();
    const module = (obliging: string) => `export default {
      name: "asks", dialogue: "lock-step", unavailable: () => "", ${obliging}
      converse: () => ({
        lineLimit: () => 0,
        clientLine: ({ text }) => ({ server: text + "\\r\\n", next: "reply", shown: text }),
        serverLine: (text) => ({ client: text + "\\r\\n", next: "command" }),
        serverLost: () => ({ next: "close" }),
        expired: () => ({ next: "close" }),
        tooManyErrors: () => ({ next: "close" }),
      }),
    };`;
    const polite = scratch.file(
      "polite.js",
      module('obliging: () => (said) => "yes " + said.trim() + "\\r\\n",'),
    );
    const input = latin1("a\n");
    const { stdout } = await run(scratch, [protowrap, "explain", polite, "--json"], { input });
    expect(JSON.parse(stdout.toString().split("\n")[1]!)).toMatchObject({
      forwarded: ["a"],
      reply: ["yes a"],
    });
    const mute = scratch.file("mute.js", module(""));
    const { code, stderr } = await run(scratch, [protowrap, "explain", mute], { input });
    expect(stderr).toContain("expected a protocol with obliging()");
    expect(code).toBe(64);
  });

  part("needs a transcript only: no server is run", [built], async () => {
    await using scratch = new Scratch();
    const { code, stdout } = await run(scratch, [protowrap, "explain", "line"], { input: latin1("hello\n") });
    expect(code).toBe(0);
    expect(stdout.toString()).toContain("forwarded");
  });

  part("ends well when nobody reads on", [built], async () => {
    await using scratch = new Scratch();
    const lines = scratch.file("transcript", "NOOP\n".repeat(20_000));
    const command = `${protowrap} explain smtp --max-errors 0 < ${lines} | head -1; exit \${PIPESTATUS[0]}`;
    const { code, stderr } = await run(scratch, ["/bin/bash", "-c", command]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

part("--help of a command has its options, and the protocol's", [built], async () => {
  await using scratch = new Scratch();
  const { code, stdout } = await run(scratch, [protowrap, "check", "pop3", "--help"]);
  const text = stdout.toString();
  expect(code).toBe(0);
  expect(text).toContain("--strict");
  expect(text).toContain("--login-delay");
  expect(text).not.toContain("--json");
  expect(text).not.toContain("--relay-domain");
});

part("--help in a pipe fits 80 columns", [built], async () => {
  await using scratch = new Scratch();
  for (const argv of [["smtp", "--help"], ["--help"], ["check", "smtp", "--help"]]) {
    const { code, stdout } = await run(scratch, [protowrap, ...argv]);
    expect(code).toBe(0);
    const lines = stdout.toString().split("\n");
    expect(lines.length).toBeGreaterThan(40);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  }
});

part("--help of a module outside lists its own options, however it is asked", [built], async () => {
  await using scratch = new Scratch();
  const module = scratch.file(
    "chat.js",
    `export default { name: "chat", dialogue: "stream", unavailable: () => "", converse() {},
      defaults: { "idle-timeout": "77" },
      options: { "best-friend": { takes: { kind: "text" }, default: "Bob", group: "Chat", help: "whom we talk to" } } };`,
  );
  const broken = scratch.file("broken.js", "export default {");
  for (const before of [[], ["check"]]) {
    const { code, stdout } = await run(scratch, [protowrap, ...before, module, "--help"]);
    const text = stdout.toString();
    expect(code).toBe(0);
    expect(text).toMatch(/^Chat:\n {2}--best-friend +whom we talk to \[default: Bob\]/m);
    expect(text).toMatch(/--idle-timeout .*\[default: 77\]/);
    expect(text).not.toContain("--relay-domain");
    const wrong = await run(scratch, [protowrap, ...before, broken, "--help"]);
    expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining("cannot be loaded")]);
  }
});
