// --config FILE: the same as the command line, and every mistake told with its line.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { protocolTables } from "../../src/cli/protocol.ts";
import { resolve } from "../../src/options/resolve.ts";
import { RUN_OPTIONS } from "../../src/options/run.ts";
import { type ServerPlan, serverOf } from "../../src/options/server.ts";
import { camelCase, isList, type Option } from "../../src/options/table.ts";
import { type AnyProtocol, define } from "../../src/protocols/protocol.ts";
import type { Values } from "../reading.ts";
import { type Settled, settled } from "../settled.ts";

let path: string;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "protowrap-config-"));
  path = join(folder, "protowrap.toml");
});
afterAll(() => rmSync(folder, { recursive: true }));

const SERVER = ["--", "/bin/server"];

interface Parsed {
  readonly values: Values;
  readonly server: ServerPlan;
}

async function serverIn({ protocol, settings, values }: Settled): Promise<Parsed> {
  return { values, server: await serverOf(protocol, settings) };
}

/** What a file of this text comes to. */
async function parsed(protocol: string | AnyProtocol, toml: string, ...argv: string[]): Promise<Parsed> {
  writeFileSync(path, toml);
  return serverIn(await settled(protocol, "--config", path, ...argv));
}

async function fault(protocol: string, toml: string, ...argv: string[]): Promise<string> {
  writeFileSync(path, toml);
  const made = settled(protocol, "--config", path, ...argv).then(async (all) => {
    await serverIn(all);
    await resolve(all.settings, all.protocol.options);
  });
  const error = await made.then(
    () => null,
    (reason) => reason as Error,
  );
  expect(error?.name).toBe("UsageError");
  return error!.message.replace(path, "FILE");
}

/** A value that is not the default, on the command line and in a file. */
function example({ takes }: Option): { argument: string; toml: string } {
  switch (takes.kind) {
    case "number":
      return { argument: "3", toml: "3" };
    case "size":
      return { argument: "7M", toml: '"7M"' };
    case "choice": {
      const choice = takes.of.at(-1)!;
      return { argument: choice, toml: JSON.stringify(choice) };
    }
    case "flag":
      return { argument: "true", toml: "true" };
    default:
      return { argument: "mail.test:25", toml: '"mail.test:25"' };
  }
}

describe("every option", async () => {
  for (const [protocol, own] of await protocolTables())
    for (const [name, option] of Object.entries({ ...RUN_OPTIONS, ...own } as Record<string, Option>)) {
      if (name === "config") continue;
      test(`of ${protocol}: --${name} means the same in a file, in kebab and in camel case`, async () => {
        const { argument, toml } = example(option);
        const value = isList(option) ? `[${toml}, ${toml}]` : toml;
        const isOverTcp = name === "connect" || name === "send-proxy";
        const relay = protocol === "smtp" && isOverTcp ? ["--relay-domain", "a.test"] : [];
        const reached = name === "connect" ? [] : ["--connect", "a.test:25"];
        const server = isOverTcp ? reached : SERVER;
        const given = Array(isList(option) ? 2 : 1).fill(`--${name}=${argument}`);
        const { values, server: plan } = await serverIn(
          await settled(protocol, ...given, ...relay, ...server),
        );
        for (const spelled of [name, camelCase(name)]) {
          const filed = await parsed(protocol, `${spelled} = ${value}\n`, ...relay, ...server);
          expect(filed).toEqual({ values: { ...values, config: path }, server: plan });
        }
      });
    }
});

describe("what counts", () => {
  test("a table is for its protocol, the top for all that have the option", async () => {
    const toml = 'max-errors = 5\nrelay-domain = ["a.test"]\n[pop3]\nmax-errors = 9\n[smtp]\nvrfy = 252\n';
    const smtp = (await parsed("smtp", toml)).values;
    const pop3 = (await parsed("pop3", toml)).values;
    expect([smtp.maxErrors, smtp.relayDomain, smtp.vrfy]).toEqual([5, ["a.test"], "252"]);
    expect([pop3.maxErrors, pop3.relayDomain]).toEqual([9, undefined]);
  });

  test("the command line replaces the file's value, a list as a whole", async () => {
    const toml = 'max-errors = 5\nrelay-domain = ["a.test", "b.test"]\n';
    const { values } = await parsed("smtp", toml, "--maxErrors", "6", "--relay-domain", "c.test");
    expect([values.maxErrors, values.relayDomain]).toEqual([6, ["c.test"]]);
  });

  test("a table's list replaces the top's", async () => {
    const { values } = await parsed("smtp", 'block-ip = ["10"]\n[smtp]\nblock-ip = []\n');
    expect(values.blockIp).toEqual([]);
  });

  test("where the server is comes whole from the command line, the table or the top", async () => {
    const both = 'server = ["/bin/top", "-a"]\n[smtp]\nconnect = ["m.test:25"]\nrelay-domain = ["a.test"]\n';
    const destination = (host: string) => ({ destinations: [{ host, port: 25, weight: 1, tls: null }] });
    expect((await parsed("smtp", both)).server).toEqual(destination("m.test"));
    expect((await parsed("pop3", both)).server).toEqual({ argv: ["/bin/top", "-a"] });
    expect((await parsed("smtp", both, ...SERVER)).server).toEqual({ argv: ["/bin/server"] });
    expect((await parsed("pop3", both, "--connect", "n.test:25")).server).toEqual(destination("n.test"));
    const program = 'connect = ["m.test:25"]\n[line]\nserver = ["/bin/own"]\n';
    expect((await parsed("line", program)).server).toEqual({ argv: ["/bin/own"] });
  });

  test("no address at all leaves the server that is named next to it", async () => {
    const { server } = await parsed("pop3", 'connect = []\nserver = ["/bin/own"]\n');
    expect(server).toEqual({ argv: ["/bin/own"] });
  });

  test("a protocol from outside has its table, too", async () => {
    const nntp = define({
      name: "nntp",
      dialogue: "lock-step",
      options: { group: { takes: { kind: "text" }, group: "NNTP", help: "the one group" } },
      converse: () => {
        throw new Error("nobody is served here");
      },
      unavailable: () => "",
    });
    const toml = 'group = "top"\n[nntp]\nmax-errors = 3\ngroup = "a.test"\n';
    const { values } = await parsed(nntp, toml, ...SERVER);
    expect([values.maxErrors, values.group]).toEqual([3, "a.test"]);
  });
});

describe("a mistake is told with its line", () => {
  const faults: Record<string, [protocol: string, toml: string, message: string]> = {
    "an unknown key": [
      "smtp",
      '# mail\n\nhostname = "a.test"\nrelay-domian = ["a.test"]\n',
      "FILE:4: relay-domian: unknown key; expected perhaps relay-domain",
    ],
    "a key nobody means": ["smtp", "frobnicate = 1\n", "FILE:1: frobnicate: unknown key"],
    "an unknown table": ["smtp", "\n[smpt]\n", "FILE:2: [smpt]: unknown table; expected perhaps [smtp]"],
    "a mistake in another protocol's table": [
      "pop3",
      "[smtp]\nmax-recipents = 3\n",
      "FILE:2: max-recipents: unknown key; expected perhaps max-recipients",
    ],
    "an option of another protocol": [
      "smtp",
      "[pop3]\nvrfy = 252\n",
      "FILE:2: vrfy: this option is for smtp only",
    ],
    "a key behind a value of many lines": [
      "smtp",
      'relay-domain = [\n  "a = b",\n  "c",\n]\nmax-errors = true\n',
      "FILE:5: max-errors: expected a whole number, got true",
    ],
    "a value of many lines": [
      "smtp",
      'hostname = "a.test"\n\nrelay-domain = [\n  "a",\n  3,\n]\n',
      'FILE:3: relay-domain: expected an array of strings, got ["a",3]',
    ],
    "a list that is none": [
      "smtp",
      'relay-domain = "a.test"\n',
      'FILE:1: relay-domain: expected an array of strings, got "a.test"',
    ],
    "a number in quotes": [
      "pop3",
      'max-errors = "5"\n',
      'FILE:1: max-errors: expected a whole number, got "5"',
    ],
    "a number that is not whole": [
      "pop3",
      "max-errors = 5.0\n",
      "FILE:1: max-errors: expected a whole number",
    ],
    "a number below zero": [
      "pop3",
      "max-errors = -5\n",
      'FILE:1: max-errors: expected a whole number, 0 to 999999999, got "-5"',
    ],
    "a choice there is not": ["smtp", 'ehlo = "lmtp"\n', 'FILE:1: ehlo: expected esmtp or helo, got "lmtp"'],
    "a number for a name": ["smtp", "[smtp]\nhostname = 3\n", "FILE:2: hostname: expected a string, got 3"],
    "a text for a flag": ["pop3", 'xclient = "yes"\n', 'FILE:1: xclient: expected true or false, got "yes"'],
    "a table for a value": [
      "smtp",
      "[smtp.vrfy]\n",
      "FILE:1: vrfy: expected a whole number or a string, got {}",
    ],
    "both spellings": ["smtp", "max-errors = 1\nmaxErrors = 2\n", "FILE:2: maxErrors: expected once"],
    "a file within the file": ["smtp", 'config = "b.toml"\n', "FILE:1: config: unknown key"],
    "an empty server": [
      "smtp",
      "server = []\n",
      "FILE:1: server: expected an array of a path and its arguments, all strings, got []",
    ],
    "two servers": [
      "line",
      'server = ["/bin/a"]\nconnect = ["a.test:1"]\n',
      "FILE:2: connect: expected connect or server, not both",
    ],
    "a number out of its range": [
      "pop3",
      "\nlog-level = 6\n",
      'FILE:2: log-level: expected a whole number, 0 to 5, got "6"',
    ],
    "a network that is none": [
      "smtp",
      '[smtp]\nrelay-ip = ["10", "10.0.0.300"]\n',
      "FILE:2: relay-ip: expected an address, a network or a prefix, got ",
    ],
    "an expression that is none": [
      "smtp",
      '\nblock-address = ["a("]\n',
      "FILE:2: block-address: expected a regular expression, got ",
    ],
    "an expression for messages that is none": [
      "smtp",
      'block-body = [\n  "a",\n  "a(",\n]\n',
      "FILE:1: block-body: expected a regular expression, got ",
    ],
    "a DNS list that is none": [
      "smtp",
      '\n\ndnsbl = ["bl.test", "a b"]\n',
      'FILE:3: dnsbl: expected ZONE[=CODE,...], got "a b"',
    ],
    "a name server that is none": [
      "smtp",
      'dnsbl = ["bl.test"]\nresolver = "127.0.0.1"\n',
      'FILE:2: resolver: expected IP:PORT, got "127.0.0.1"',
    ],
    "a server without its whole path": [
      "pop3",
      '\n[pop3]\nserver = ["popa3d"]\n',
      'FILE:3: server: expected an absolute path, got "popa3d"',
    ],
    "a destination that is none": [
      "pop3",
      '[pop3]\nconnect = ["mail.test"]\n',
      'FILE:2: connect: expected HOST:PORT[,weight=N][,tls=implicit|starttls[,ca=FILE][,name=NAME]], got "mail.test"',
    ],
    "a list for what is said once": [
      "smtp",
      '\nhostname = ["a.test"]\n',
      'FILE:2: hostname: expected a string, got ["a.test"]',
    ],
    "what is no TOML": ["smtp", "max-errors = 5\nvrfy = 252 252\n", "FILE:2: "],
    "a table given twice": ["smtp", "[smtp]\nvrfy = 252\n[pop3]\n[smtp]\n", "FILE:4: [smtp]: expected once"],
    "a key given twice in a table": [
      "smtp",
      "vrfy = 502\n[smtp]\nvrfy = 252\n\n'vrfy' = 502\n",
      "FILE:5: vrfy: expected once",
    ],
    "a key given twice, by a value of many lines": [
      "smtp",
      'relay-domain = []\nrelay-domain = [\n "a",\n]\n',
      "FILE:2: relay-domain: expected once",
    ],
    "a key given twice": ["smtp", "vrfy = 252\nvrfy = 252\n", "FILE:2: vrfy: expected once"],
  };
  for (const [name, [protocol, toml, message]] of Object.entries(faults))
    test(name, async () => expect(await fault(protocol, toml)).toStartWith(message));
});

describe("a file that cannot be read", () => {
  for (const [name, argument] of Object.entries({ "is missing": "nowhere", "is a directory": "." })) {
    test(`because it ${name}`, async () => {
      const file = join(folder, argument);
      await expect(settled("smtp", "--config", file)).rejects.toThrow(
        `--config: expected a TOML file that can be read (`,
      );
    });
  }

  test("because it is not UTF-8", async () => {
    writeFileSync(path, Buffer.from([0x23, 0xff, 0x0a]));
    await expect(settled("smtp", "--config", path)).rejects.toThrow("that can be read");
  });

  test("is named once", async () => {
    await expect(settled("smtp", "--config", "a", "--config", "b")).rejects.toThrow(
      "--config: expected once",
    );
  });
});

test("an argument of the server is no option of ours", async () => {
  const { settings } = await settled("smtp", "--", "/bin/server", "--config", "/nowhere");
  expect(settings.file).toBeNull();
});
