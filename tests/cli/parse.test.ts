// Command lines: every kind of value at its borders, defaults, and what is refused, word by word.

import { describe, expect, test } from "bun:test";
import { OPTIONS } from "../../src/cli/options.ts";
import { parse } from "../../src/cli/parse.ts";
import { UsageError } from "../../src/cli/usage.ts";

const SERVER = ["--", "/bin/server", "-x"];

function smtp(...argv: string[]) {
  return parse("smtp", [...argv, ...SERVER]);
}

function complaint(protocol: string, ...argv: string[]): string {
  try {
    parse(protocol, argv);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  return "(none)";
}

describe("values", () => {
  test.each([
    ["--max-errors", "0", "max-errors", 0],
    ["--max-errors", "999999999", "max-errors", 999999999],
    ["--max-errors", "007", "max-errors", 7],
    ["--maxErrors", "5", "max-errors", 5],
    ["--maxLineLength", "600", "max-line-length", 600],
    ["--max-message-size", "0", "max-message-size", 0],
    ["--max-message-size", "10K", "max-message-size", 10240],
    ["--max-message-size", "2m", "max-message-size", 2 * 1024 ** 2],
    ["--max-message-size", "1G", "max-message-size", 1024 ** 3],
    ["--auth", "pass", "auth", "pass"],
    ["--vrfy", "252", "vrfy", "252"],
    ["--hostname", "1", "hostname", "1"],
    ["--hostname", "true", "hostname", "true"],
    ["--user", "-x", "user", "-x"],
  ])("%s=%s is %s: %p", (option, text, name, value) => {
    expect(smtp(`${option}=${text}`).values[name]).toBe(value);
  });

  test("stand behind a blank as well", () => {
    expect(smtp("--auth", "pass", "--max-errors", "3").values).toMatchObject({
      auth: "pass",
      "max-errors": 3,
    });
  });

  test("of lists are gathered in order, one a time, under either name", () => {
    const { values } = smtp("--relay-domain", "a.test", "--relayDomain=.b.test", "--relay-domain", "1");
    expect([...(values["relay-domain"] as string[])].sort()).toEqual(["1", ".b.test", "a.test"].sort());
    expect(smtp().values["relay-domain"]).toEqual([]);
  });

  test("not given are the defaults", () => {
    expect(smtp().values).toMatchObject({
      "max-line-length": 512,
      "max-errors": 20,
      "idle-timeout": 300,
      "session-timeout": 0,
      "server-timeout": 600,
      log: "auto",
      "log-level": 2,
      "max-recipients": 100,
      "max-message-size": 10_000_000,
      "bare-newline": "reject",
      "long-text": "reject",
      "early-talker": "hold",
      auth: "off",
      ehlo: "esmtp",
      vrfy: "502",
      user: null,
    });
    expect(parse("pop3", SERVER).values).toMatchObject({
      "max-line-length": 255,
      "idle-timeout": 600,
      "max-login-attempts": 3,
      "login-delay": 3,
    });
    expect(parse("line", SERVER).values).toMatchObject({
      "max-line-length": 200,
      "on-long-line": "truncate",
    });
  });

  test("there is one for every option of the protocol, and none for others", () => {
    for (const protocol of ["smtp", "pop3", "finger", "line"]) {
      const names = OPTIONS.filter((option) => option.for === undefined || option.for.includes(protocol));
      expect(Object.keys(parse(protocol, SERVER).values).sort()).toEqual(
        names.map(({ name }) => name).sort(),
      );
    }
  });
});

describe("the server", () => {
  test("is what stands behind --, options of its own and all", () => {
    expect(parse("pop3", ["--auth=pass", "--", "/s", "--auth=off", "--", "-x", "1"]).server).toEqual({
      argv: ["/s", "--auth=off", "--", "-x", "1"],
    });
  });

  test("has a default where there is a usual one", () => {
    expect(parse("smtp", []).server).toEqual({ argv: ["/usr/sbin/sendmail", "-bs"] });
    expect(parse("pop3", ["--"]).server).toEqual({ argv: ["/usr/sbin/popa3d"] });
    expect(complaint("line")).toBe("line: expected -- SERVER [ARG...], got none");
  });

  test("is an absolute path", () => {
    expect(complaint("smtp", "--", "sendmail")).toBe('-- SERVER: expected an absolute path, got "sendmail"');
    expect(complaint("smtp", "--", "./x")).toContain("an absolute path");
    expect(complaint("smtp", "--", "")).toContain("an absolute path");
  });

  test("over TCP needs a rule about relaying with smtp", () => {
    expect(complaint("smtp", "--connect", "mail.test:25")).toStartWith("--connect: expected --relay-domain");
    for (const rule of ["--relay-domain=a.test", "--relay-ip=10", "--relay-sender-domain=a.test"])
      expect(complaint("smtp", "--connect", "mail.test:25", rule)).toBe("(none)");
    expect(complaint("pop3", "--connect", "mail.test:110")).toBe("(none)");
    expect(complaint("pop3", "--connect", "mail.test:110", ...SERVER)).toContain("not both");
  });
});

describe("what is refused", () => {
  test.each([
    [["--max-errors", "x"], '--max-errors: expected a whole number, got "x"'],
    [["--max-errors", ""], '--max-errors: expected a whole number, got ""'],
    [["--max-errors="], '--max-errors: expected a whole number, got ""'],
    [["--max-errors"], '--max-errors: expected a whole number, got ""'],
    [["--max-errors=-1"], '--max-errors: expected a whole number, got "-1"'],
    [["--max-errors=1.5"], '--max-errors: expected a whole number, got "1.5"'],
    [["--max-errors=1e3"], '--max-errors: expected a whole number, got "1e3"'],
    [["--max-errors=0x10"], '--max-errors: expected a whole number, got "0x10"'],
    [["--max-errors=1234567890"], '--max-errors: expected a whole number, got "1234567890"'],
    [["--idle-timeout=5s"], '--idle-timeout: expected a whole number of seconds, got "5s"'],
    [["--max-line-length=1K"], '--max-line-length: expected a whole number of octets, got "1K"'],
    [
      ["--max-message-size=10T"],
      '--max-message-size: expected a number of octets, or one with K, M or G, got "10T"',
    ],
    [
      ["--max-message-size=1 K"],
      '--max-message-size: expected a number of octets, or one with K, M or G, got "1 K"',
    ],
    [["--auth=on"], '--auth: expected off or pass, got "on"'],
    [["--auth"], '--auth: expected off or pass, got ""'],
    [["--auth=PASS"], '--auth: expected off or pass, got "PASS"'],
    [["--hostname="], '--hostname: expected a value, got ""'],
    [["--relay-domain="], '--relay-domain: expected a value, got ""'],
    [["--max-errors=1", "--max-errors=2"], '--max-errors: expected once, got ["1","2"]'],
    [["--max-errors=1", "--maxErrors=2"], '--max-errors: expected once, got ["1","2"]'],
    [["extra"], 'expected options and then -- SERVER, got "extra"'],
    [["--relay-domain", "a.test", "b.test"], 'expected options and then -- SERVER, got "b.test"'],
    [["--max-erors=1"], "--max-erors: unknown option; expected perhaps --max-errors"],
    [["--no-auth"], "--no-auth: unknown option"],
    [["--whatever-this-is"], "--whatever-this-is: unknown option"],
    [["--auth.x=1"], "--auth.x: unknown option"],
    [["--final-line=drop"], "--final-line: this option is for line only"],
    [["--finalLine=drop"], "--finalLine: this option is for line only"],
    [["-x"], "-x: unknown option"],
    [["--constructor=1"], "--constructor: unknown option"],
  ])("%j", (argv, words) => {
    // Of an unknown option only that it is named: what it is likened to may change with the table.
    const said = complaint("smtp", ...argv, ...SERVER);
    if (/unknown option$/.test(words)) expect(said).toStartWith(words);
    else expect(said).toBe(words);
  });

  test.each([["-xy"], ["-x=1"], ["--__proto__=1"], ["--relay-domain.x=1"], ["--_"], ["---auth=pass"]])(
    "%s",
    (word) => {
      expect(complaint("smtp", word, ...SERVER)).toMatch(/unknown option|expected options/);
    },
  );

  test("an option for another protocol says for which", () => {
    expect(complaint("pop3", "--relay-domain=a.test")).toBe("--relay-domain: this option is for smtp only");
  });
});
