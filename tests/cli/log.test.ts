// --log and --log-name: what is understood, what is refused and how.

import { describe, expect, test } from "bun:test";
import { lineStyle, openLog, parseTarget, sessionContext, sessionLines } from "../../src/cli/log.ts";
import { automatic } from "../../src/log/target.ts";
import { UsageError } from "../../src/options/usage.ts";
import { LogCap } from "../../src/record/cap.ts";
import type { Entry } from "../../src/record/entry.ts";

describe("--log", () => {
  const targets = {
    none: { to: "none" },
    stderr: { to: "stderr" },
    auto: { to: "stderr" },
    "file:/var/log/x": { to: "file", path: "/var/log/x" },
    "unix:/dev/log": { to: "unix", path: "/dev/log" },
    "syslog://192.0.2.1:514": { to: "syslog", transport: "udp", host: "192.0.2.1", port: 514 },
    "syslog+tcp://log.test:6514": { to: "syslog", transport: "tcp", host: "log.test", port: 6514 },
    "syslog://[2001:db8::1]:514/": { to: "syslog", transport: "udp", host: "2001:db8::1", port: 514 },
  };
  for (const [text, target] of Object.entries(targets))
    test(`understands ${text}`, () => expect(parseTarget(text, true)).toEqual(target as never));

  const wrong = [
    ...["", "file:x", "file:", "unix:log", "syslog:", "syslog://h", "syslog://h:0", "syslog://h:65536"],
    ...["syslog://:514", "syslog://2001:db8::1:514", "syslog+tls://h:1", "syslog://u@h:1", "STDERR"],
  ];
  for (const text of wrong)
    test(`refuses ${JSON.stringify(text)}, and says what is understood`, () => {
      expect(() => parseTarget(text, true)).toThrow(UsageError);
      expect(() => parseTarget(text, true)).toThrow(/^--log: expected stderr, none, auto, file:/);
    });

  test("never writes to a descriptor 2 that is the client's", () => {
    expect(parseTarget("stderr", false)).toEqual({ to: "none" });
  });
});

describe("the automatic log", () => {
  test("is standard error when that is ours", () => {
    expect(automatic(true, "/dev/null")).toEqual({ to: "stderr" });
  });
  test("else the local syslog when there is one", () => {
    expect(automatic(false, "/dev/null")).toEqual({ to: "unix", path: "/dev/null" });
  });
  test("else a server on this host", () => {
    const server = { to: "syslog", host: "127.0.0.1", port: 514, transport: "udp" } as const;
    expect(automatic(false, "/no/such/log")).toEqual(server);
  });
});

describe("an option that cannot be", () => {
  const values = { log: "none", logLevel: 2, logName: null, logFormat: "text", logDialect: "none" } as const;
  const nobody = { client: { address: null, port: null } };
  for (const [option, value, says] of [
    ["logName", "a b", "--log-name: expected"],
    ["logName", "x".repeat(33), "--log-name: expected"],
    ["log", "file:/no/such/directory/log", "--log: ENOENT"],
    ["log", `unix:/${"x".repeat(108)}`, "--log: path of a socket is too long"],
  ] as const)
    test(`${option} ${value.slice(0, 30)} is a mistake that is named`, async () => {
      const opened = openLog({ ...values, [option]: value }, { name: "smtp" }, nobody, true);
      expect(opened).rejects.toThrow(UsageError);
      expect(opened).rejects.toThrow(says);
      await opened.catch(() => {});
    });
});

describe("whoever counts what the lines of a session would tell", () => {
  const REFUSED: Entry = {
    ...{ level: 1, event: "refused" },
    fields: { rule: "syntax", by: "us", line: "what the client said" },
  };
  const CONNECT: Entry = { level: 2, event: "connect", fields: {} };
  const COMMAND: Entry = { level: 3, event: "command", fields: { line: "what the client said" } };

  function session(logLevel: number, cap = new LogCap()) {
    const lines: string[] = [];
    const counted: Entry[] = [];
    const options = { log: "none", logLevel, logName: null, logFormat: "text", logDialect: "none" } as const;
    const style = lineStyle(options, { name: "smtp" }, (option) => option);
    const context = sessionContext(style, { client: { address: "192.0.2.1", port: 7 } });
    const count = (entry: Entry) => void counted.push(entry);
    const write = ({ line }: { readonly line: string }) => void lines.push(line);
    const tell = sessionLines(style, context, write, cap, count);
    return { tell, lines, counted };
  }

  test("has what is above the log's level, of which no line is made", () => {
    for (const logLevel of [-1, 0, 1]) {
      const { tell, lines, counted } = session(logLevel);
      expect([CONNECT, COMMAND].map(tell)).toEqual([true, false]);
      expect([lines, counted]).toEqual([[], [CONNECT]]);
    }
    const { tell, lines, counted } = session(0);
    expect(tell(REFUSED)).toBe(true);
    expect([lines, counted]).toEqual([[], [REFUSED]]);
  });

  test("has what is written, too", () => {
    const { tell, lines, counted } = session(3);
    for (const entry of [REFUSED, CONNECT, COMMAND]) expect(tell(entry)).toBe(true);
    expect(lines.map((line) => /event=(\S+)/.exec(line)![1])).toEqual(["refused", "connect", "command"]);
    expect(counted).toEqual([REFUSED, CONNECT, COMMAND]);
  });

  test("has no more than the log has of it: whoever says more than a session may is not heard", () => {
    for (const logLevel of [0, 2]) {
      const { tell, counted } = session(logLevel);
      const heard = Array.from({ length: 1000 }, () => tell(REFUSED)).filter(Boolean);
      expect([heard.length, counted.length]).toEqual([100, 100]);
    }
  });
});
