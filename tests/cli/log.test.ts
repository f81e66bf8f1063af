// --log and --log-name: what is understood, what is refused and how.

import { describe, expect, test } from "bun:test";
import { openLog, parseTarget } from "../../src/cli/log.ts";
import { automatic } from "../../src/log/target.ts";
import { UsageError } from "../../src/options/usage.ts";

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
