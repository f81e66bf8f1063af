// Command lines: every kind of value at its borders, defaults, and what is refused, word by word.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readAnyForm } from "../../src/options/any-form.ts";
import { inFull } from "../../src/options/argv.ts";
import { RUN_OPTIONS } from "../../src/options/run.ts";
import { type ServerPlan, serverOf } from "../../src/options/server.ts";
import { camelCase, type Table } from "../../src/options/table.ts";
import { UsageError } from "../../src/options/usage.ts";
import type { Values } from "../reading.ts";
import { settled } from "../settled.ts";

const SERVER = ["--", "/bin/server", "-x"];

async function valuesOf(protocol: string, ...argv: string[]): Promise<Values> {
  return (await settled(protocol, ...argv)).values;
}

const smtp = (...argv: string[]) => valuesOf("smtp", ...argv, ...SERVER);

async function serverFor(name: string, ...argv: string[]): Promise<ServerPlan> {
  const { protocol, settings } = await settled(name, ...argv);
  return serverOf(protocol, settings);
}

async function complaint(protocol: string, ...argv: string[]): Promise<string> {
  try {
    await serverFor(protocol, ...argv);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  return "(none)";
}

describe("values", () => {
  test.each([
    ["--max-errors", "0", "maxErrors", 0],
    ["--max-errors", "999999999", "maxErrors", 999999999],
    ["--max-errors", "007", "maxErrors", 7],
    ["--maxErrors", "5", "maxErrors", 5],
    ["--maxLineLength", "600", "maxLineLength", 600],
    ["--max-message-size", "0", "maxMessageSize", 0],
    ["--max-message-size", "10K", "maxMessageSize", 10240],
    ["--max-message-size", "2m", "maxMessageSize", 2 * 1024 ** 2],
    ["--max-message-size", "1G", "maxMessageSize", 1024 ** 3],
    ["--auth", "pass", "auth", "pass"],
    ["--vrfy", "252", "vrfy", "252"],
    ["--hostname", "1", "hostname", "1"],
    ["--hostname", "true", "hostname", "true"],
    ["--user", "-x", "user", "-x"],
  ])("%s=%s is %s: %p", async (option, text, name, value) => {
    expect((await smtp(`${option}=${text}`))[name]).toBe(value);
  });

  test("stand behind a blank as well", async () => {
    expect(await smtp("--auth", "pass", "--max-errors", "3")).toMatchObject({ auth: "pass", maxErrors: 3 });
  });

  test("of lists are gathered in order, one a time, under either name", async () => {
    const { relayDomain } = await smtp(
      "--relay-domain",
      "a.test",
      "--relayDomain=.b.test",
      "--relay-domain",
      "1",
    );
    expect([...(relayDomain as string[])].sort()).toEqual(["1", ".b.test", "a.test"].sort());
    expect((await smtp()).relayDomain).toEqual([]);
  });

  test("not given are the defaults", async () => {
    expect(await smtp()).toMatchObject({
      maxLineLength: 512,
      maxErrors: 20,
      idleTimeout: 300,
      sessionTimeout: 0,
      serverTimeout: 600,
      log: "auto",
      logLevel: 2,
      maxRecipients: 100,
      maxMessageSize: 10_000_000,
      bareNewline: "reject",
      longText: "reject",
      earlyTalker: "hold",
      auth: "off",
      ehlo: "esmtp",
      vrfy: "502",
      user: null,
    });
    expect(await valuesOf("pop3", ...SERVER)).toMatchObject({
      maxLineLength: 255,
      idleTimeout: 600,
      maxLoginAttempts: 3,
      loginDelay: 3,
    });
    expect(await valuesOf("line", ...SERVER)).toMatchObject({
      maxLineLength: 200,
      onLongLine: "truncate",
    });
  });

  test("there is one for every option of the protocol, and none for others", async () => {
    for (const name of ["smtp", "pop3", "finger", "line"]) {
      const { protocol, values } = await settled(name, ...SERVER);
      const names = Object.keys({ ...RUN_OPTIONS, ...protocol.options });
      expect(Object.keys(values).sort()).toEqual(names.map((option) => camelCase(option) as string).sort());
    }
  });

  test("that nobody asked for cannot be read", async () => {
    const { settings } = await settled("pop3", ...SERVER);
    const foreign = { "final-line": { takes: { kind: "text" }, group: "Line", help: "" } } as const;
    expect(() => settings.read(foreign)).toThrow("--final-line was not asked for");
  });
});

describe("the server", () => {
  test("is what stands behind --, options of its own and all", async () => {
    expect(await serverFor("pop3", "--auth=pass", "--", "/s", "--auth=off", "--", "-x", "1")).toEqual({
      argv: ["/s", "--auth=off", "--", "-x", "1"],
    });
  });

  test("has a default where there is a usual one", async () => {
    expect(await serverFor("smtp")).toEqual({ argv: ["/usr/sbin/sendmail", "-bs"] });
    expect(await serverFor("pop3", "--")).toEqual({ argv: ["/usr/sbin/popa3d"] });
    expect(await complaint("line")).toBe("line: expected -- SERVER [ARG...], got none");
  });

  test("is an absolute path", async () => {
    expect(await complaint("smtp", "--", "sendmail")).toBe(
      '-- SERVER: expected an absolute path, got "sendmail"',
    );
    expect(await complaint("smtp", "--", "./x")).toContain("an absolute path");
    expect(await complaint("smtp", "--", "")).toContain("an absolute path");
  });

  test("over TCP needs a rule about relaying with smtp", async () => {
    expect(await complaint("smtp", "--connect", "mail.test:25")).toStartWith(
      "--connect: expected --relay-domain",
    );
    for (const rule of ["--relay-domain=a.test", "--relay-ip=10", "--relay-sender-domain=a.test"])
      expect(await complaint("smtp", "--connect", "mail.test:25", rule)).toBe("(none)");
    expect(await complaint("pop3", "--connect", "mail.test:110")).toBe("(none)");
    expect(await complaint("pop3", "--connect", "mail.test:110", ...SERVER)).toContain("not both");
  });
});

describe("what is refused", () => {
  test.each([
    [["--max-errors", "x"], '--max-errors: expected a whole number, 0 to 999999999, got "x"'],
    [["--max-errors", ""], '--max-errors: expected a whole number, 0 to 999999999, got ""'],
    [["--max-errors="], '--max-errors: expected a whole number, 0 to 999999999, got ""'],
    [["--max-errors"], '--max-errors: expected a whole number, 0 to 999999999, got ""'],
    [["--max-errors=-1"], '--max-errors: expected a whole number, 0 to 999999999, got "-1"'],
    [["--max-errors=1.5"], '--max-errors: expected a whole number, 0 to 999999999, got "1.5"'],
    [["--max-errors=1e3"], '--max-errors: expected a whole number, 0 to 999999999, got "1e3"'],
    [["--max-errors=0x10"], '--max-errors: expected a whole number, 0 to 999999999, got "0x10"'],
    [["--max-errors=1234567890"], '--max-errors: expected a whole number, 0 to 999999999, got "1234567890"'],
    [["--idle-timeout=5s"], '--idle-timeout: expected a whole number of seconds, 0 to 999999999, got "5s"'],
    [
      ["--max-line-length=1K"],
      '--max-line-length: expected a whole number of octets, 0 to 999999999, got "1K"',
    ],
    [
      ["--max-message-size=10T"],
      '--max-message-size: expected a number of octets, or one with K, M or G, got "10T"',
    ],
    [
      ["--max-message-size=1 K"],
      '--max-message-size: expected a number of octets, or one with K, M or G, got "1 K"',
    ],
    [["--log-level=6"], '--log-level: expected a whole number, 0 to 5, got "6"'],
    [["--on-long-line=truncate"], '--on-long-line: expected refuse or close, got "truncate"'],
    [["--auth=on"], '--auth: expected off or pass, got "on"'],
    [["--auth"], '--auth: expected off or pass, got ""'],
    [["--auth=PASS"], '--auth: expected off or pass, got "PASS"'],
    [["--hostname="], '--hostname: expected a domain name, got ""'],
    [["--log-name="], '--log-name: expected a value, got ""'],
    [["--relay-domain="], '--relay-domain: expected a value, got ""'],
    [["--max-errors=1", "--max-errors=2"], '--max-errors: expected once, got ["1","2"]'],
    [["--max-errors=1", "--maxErrors=2"], '--max-errors: expected once, got ["1","2"]'],
    [["--xclient=yes"], '--xclient: expected no value, or true or false, got "yes"'],
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
  ])("%j", async (argv, words) => {
    // Of an unknown option only that it is named: what it is likened to may change with the table.
    const said = await complaint("smtp", ...argv, ...SERVER);
    if (/unknown option$/.test(words)) expect(said).toStartWith(words);
    else expect(said).toBe(words);
  });

  test.each([["-xy"], ["-x=1"], ["--__proto__=1"], ["--relay-domain.x=1"], ["--_"], ["---auth=pass"]])(
    "%s",
    async (word) => {
      expect(await complaint("smtp", word, ...SERVER)).toMatch(/unknown option|expected options/);
    },
  );

  test("an option for another protocol says for which", async () => {
    expect(await complaint("pop3", "--relay-domain=a.test")).toBe(
      "--relay-domain: this option is for smtp only",
    );
  });
});

describe("what is said in full", () => {
  const table: Table = {
    ...RUN_OPTIONS,
    all: { takes: { kind: "flag" }, group: "Other", help: "a flag" },
    "block-body": { takes: { kind: "content" }, group: "Other", help: "a list by its kind" },
  };
  const names = ["max-errors", "log", "listen", "block-body"];
  const odd = ["maxErrors", "tlsCert", "all", "nothing", "_", ""];
  const texts = ["1", "a b", "a=b", "x'", "true", "1e3", "__proto__", "\n"];
  const oddTexts = ["", "-1", "--", "-", '"q"', "'q'"];
  const value = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...texts) },
    fc.constantFrom(...oddTexts),
    fc.string(),
  );
  const name = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...names) }, fc.constantFrom(...odd));
  const dashes = fc.constantFrom("--", "--", "--", "--", "--", "--", "-", "---");
  const words = fc.oneof(
    fc.tuple(dashes, name, value).map(([dash, of, text]) => [`${dash}${of}=${text}`]),
    fc.tuple(dashes, name, value).map(([dash, of, text]) => [`${dash}${of}`, text]),
    fc.constantFrom(["--"], ["--", "/bin/server", "--log", "x"], ["extra"], ["--log"], ["--all"]),
  );

  test("is read as the parser of every form reads it", async () => {
    let read = 0;
    const same = fc.asyncProperty(fc.array(words, { maxLength: 5 }), async (said) => {
      const argv = said.flat();
      const plain = inFull(argv, table);
      if (plain === null) return;
      read += 1;
      const { given, server } = await readAnyForm(argv, table, async () => []);
      const kebab = Object.entries(given).filter(([name]) => Object.hasOwn(table, name));
      expect(plain).toEqual({ given: Object.fromEntries(kebab), server });
    });
    await fc.assert(same, { numRuns: 5000 });
    expect(read).toBeGreaterThan(500);
  });

  test("is every option with a value behind it or an equals sign, and a server", () => {
    const argv = ["--log", "none", "--all", "--listen=a:1", "--listen", "b:2", "--", "/bin/server", "--log"];
    const given = { log: "none", all: true, listen: ["a:1", "b:2"] };
    expect(inFull(argv, table)).toEqual({ given, server: ["/bin/server", "--log"] });
  });
});
