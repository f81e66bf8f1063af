// --log and --log-name: what is understood, what is refused and how.

import { describe, expect, test } from "bun:test";
import {
  heardLevel,
  lineStyle,
  openLog,
  parseTarget,
  sessionContext,
  sessionLines,
  translation,
} from "../../src/cli/log.ts";
import type { Message } from "../../src/log/sink.ts";
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
    const tell = sessionLines(style, context, write, count, cap);
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

describe("a log in others' words, too", () => {
  const options = { log: "none", logName: null, logFormat: "text" } as const;
  const client = { client: { address: "192.0.2.7", port: 51422 } };
  const context = { session: "s.1", client: "192.0.2.7:51422" };
  const connect: Entry = { level: 2, event: "connect", fields: {} };

  /** The lines of sessions, one after the other. */
  async function said(logLevel: number, name: string, sessions: readonly (readonly Entry[])[]) {
    const style = lineStyle({ ...options, logLevel, logDialect: "postfix" }, { name }, (option) => option);
    const translate = await translation(style);
    const messages: Message[] = [];
    const write = (message: Message) => void messages.push(message);
    for (const entries of sessions) {
      const lines = sessionLines(style, context, write, translate!(context, client, write));
      for (const entry of entries) lines(entry);
    }
    return messages;
  }

  test("has both of each entry, ours first", async () => {
    const [ours, theirs, ...none] = await said(2, "smtp", [[connect]]);
    expect(none).toEqual([]);
    expect([ours?.line, ours?.speaker]).toEqual([
      "session=s.1 client=192.0.2.7:51422 event=connect",
      undefined,
    ]);
    expect(theirs?.line).toBe("connect from unknown[192.0.2.7]");
    expect(theirs?.speaker?.tag).toMatch(/^postfix\/smtpd\[\d+\]$/);
    expect(theirs?.speaker?.host).toMatch(/^[\w.-]+$/);
  });

  test("has theirs up to their own level, whatever ours is", async () => {
    expect((await said(0, "smtp", [[connect]])).map(({ speaker }) => speaker !== undefined)).toEqual([true]);
    expect([heardLevel(0, "none"), heardLevel(0, "dovecot"), heardLevel(4, "postfix")]).toEqual([0, 2, 4]);
  });

  test("has a number for each session", async () => {
    const tags = (await said(0, "smtp", [[connect, connect], [connect]])).map(({ speaker }) => speaker!.tag);
    expect([tags[0] === tags[1], tags[0] === tags[2]]).toEqual([true, false]);
  });

  test("has the same share for both", async () => {
    const refused: Entry = {
      level: 1,
      event: "refused",
      fields: { rule: "syntax", by: "us", reply: "500", line: "x" },
    };
    const lines = await said(2, "smtp", [Array(150).fill(refused)]);
    expect(lines.map(({ speaker }) => speaker === undefined).filter(Boolean)).toHaveLength(100);
    expect(lines).toHaveLength(200);
  });

  test("calls programs as a protocol says, or after its name", () => {
    const style = { ...options, logLevel: 2, logDialect: "dovecot" } as const;
    const daemons = (named: { name: string; daemons?: { dovecot: string } }) =>
      lineStyle(style, named, (option) => option).dialect?.daemons;
    expect(daemons({ name: "pop3" })).toEqual({ postfix: "pop3d", dovecot: "pop3-login" });
    expect(daemons({ name: "smtp", daemons: { dovecot: "submission-login" } })).toEqual({
      postfix: "smtpd",
      dovecot: "submission-login",
    });
  });

  test("is text: with JSON it is a mistake", () => {
    const style = { ...options, logLevel: 2, logFormat: "json", logDialect: "postfix" } as const;
    expect(() => lineStyle(style, { name: "smtp" }, (option) => `--${option}`)).toThrow(
      /^--log-dialect: expected none with --log-format json/,
    );
  });

  test("is nobody's where none is asked for", async () => {
    const style = lineStyle(
      { ...options, logLevel: 2, logDialect: "none" },
      { name: "smtp" },
      (option) => option,
    );
    expect([style.dialect, await translation(style)]).toEqual([null, null]);
  });
});
