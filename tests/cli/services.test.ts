// The services of a file: what counts for each, and what is wrong with them.

import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkTogether } from "../../src/cli/check/services.ts";
import { servicesOf } from "../../src/cli/services.ts";
import { RUN_OPTIONS } from "../../src/options/run.ts";
import { serverOf } from "../../src/options/server.ts";
import { settled } from "../settled.ts";

const folder = mkdtempSync(join(tmpdir(), "protowrap-services-"));
const path = join(folder, "protowrap.toml");
afterAll(() => rmSync(folder, { recursive: true }));

function told(toml: string) {
  writeFileSync(path, toml);
  return servicesOf(path);
}

async function fault(toml: string): Promise<string> {
  const error = await told(toml).then(
    () => null,
    (reason) => reason as Error,
  );
  expect(error?.name).toBe("UsageError");
  return error!.message.replaceAll(path, "FILE");
}

/** What a module has to export to be a protocol. */
const MODULE = `export default {
  name: "own", dialogue: "stream", unavailable: () => "",
  options: { colour: { takes: { kind: "text" }, group: "Own", help: "a colour" } },
  converse: () => { throw new Error("nobody is served here"); },
};`;

describe("what is said of a service", () => {
  test("is what its table says, then its protocol's, then the top; a list replaces", async () => {
    const { services, common } = await told(`
max-errors = 1
idle-timeout = 10
block-ip = ["10"]
log = "file:/top"
[smtp]
idle-timeout = 20
min-rate = 200
relay-domain = ["smtp.test", "other.test"]
[service.one]
protocol = "smtp"
min-rate = 300
relay-domain = ["one.test"]
[service.two]
protocol = "smtp"
log = "file:/two"
[service.three]
protocol = "pop3"
server = ["/bin/three"]
`);
    expect(services.map(({ name, command, where }) => [name, command, where.replace(path, "FILE")])).toEqual([
      ["one", "smtp", "FILE:10: [service.one]"],
      ["two", "smtp", "FILE:14: [service.two]"],
      ["three", "pop3", "FILE:17: [service.three]"],
    ]);
    const said = services.map(({ settings }) => {
      const { maxErrors, idleTimeout, minRate, log } = settings.read(RUN_OPTIONS);
      return [
        maxErrors,
        idleTimeout,
        minRate,
        log,
        settings.entries("relay-domain"),
        settings.entries("block-ip"),
      ];
    });
    expect(said).toEqual([
      [1, 20, 300, "file:/top", ["one.test"], ["10"]],
      [1, 20, 200, "file:/two", ["smtp.test", "other.test"], ["10"]],
      [1, 10, 20, "file:/top", null, null],
    ]);
    expect(services[0]!.settings.where("min-rate").replace(path, "FILE")).toBe("FILE:12: min-rate");
    expect(common.read(RUN_OPTIONS)).toMatchObject({ log: "file:/top", idleTimeout: 10 });
  });

  test("where its server is comes whole from the nearest that says it", async () => {
    const { services } = await told(`
connect = ["top.test:25"]
relay-domain = ["a.test"]
[smtp]
server = ["/bin/smtp"]
[service.own]
protocol = "smtp"
connect = ["own.test:25"]
[service.protocols]
protocol = "smtp"
[service.top]
protocol = "pop3"
`);
    const servers = await Promise.all(services.map(({ protocol, settings }) => serverOf(protocol, settings)));
    const over = (host: string) => ({ destinations: [{ host, port: 25, weight: 1, tls: null }] });
    expect(servers).toEqual([over("own.test"), { argv: ["/bin/smtp"] }, over("top.test")]);
  });

  test("may be of a module outside, with its own table", async () => {
    const module = join(folder, "own.mjs");
    writeFileSync(module, MODULE);
    const { services } = await told(`
[own]
colour = "red"
[service.a]
protocol = "${module}"
[service.b]
protocol = "${module}"
colour = "blue"
`);
    expect(services.map(({ settings }) => settings.text("colour"))).toEqual(["red", "blue"]);
    // Whoever does not run it does not load it, and judges the rest.
    writeFileSync(path, '[service.b]\nprotocol = "/no/such/module.mjs"\nwhatever = 1\n');
    const { settings } = await settled("smtp", "--config", path);
    expect(settings.file?.services).toEqual(["b"]);
  });
});

describe("a mistake is told with its line", () => {
  for (const [toml, error] of [
    ['[service.a]\nprotocol = "smtp"\nbogus = 1\n', "FILE:3: bogus: unknown key"],
    ['[service.a]\nprotocol = "pop3"\nvrfy = 252\n', "FILE:3: vrfy: this option is for smtp only"],
    [
      '[service.a]\nprotocol = "smtp"\nlisten = "0.0.0.0:25"\n',
      'FILE:3: listen: expected an array of strings, got "0.0.0.0:25"',
    ],
    ["[service.a]\nprotocol = 7\n", "FILE:2: protocol: expected a string, got 7"],
    ['[service.a]\nuser = "x"\n', "FILE:1: [service.a]: expected protocol, got none"],
    [
      '[service."a b"]\nprotocol = "smtp"\n',
      'FILE:1: [service.a b]: expected a name of 1 to 64 of A-Z a-z 0-9 . _ -, got "a b"',
    ],
    ["service = 3\n", "FILE:1: service: expected tables [service.NAME], got 3"],
    ["[service]\na = 3\n", "FILE:2: service.a: expected a table, got 3"],
    [
      '[service.a]\nprotocol = "./own.mjs"\n',
      /^FILE:1: \[service\.a\]: expected protocol = .* or the absolute path of a module, got/,
    ],
    [
      '[servic.a]\nprotocol = "smtp"\n[service.b]\nprotocol = "smtp"\n',
      "FILE:1: [servic]: unknown table; expected perhaps [service]",
    ],
  ] as const)
    test(JSON.stringify(toml), async () => {
      if (typeof error === "string") expect(await fault(toml)).toBe(error);
      else expect(await fault(toml)).toMatch(error);
    });

  test("also to whoever runs a protocol alone", async () => {
    writeFileSync(path, '[service.a]\nprotocol = "smtp"\nbogus = 1\n');
    await expect(settled("pop3", "--config", path)).rejects.toThrow(":3: bogus: unknown key");
  });
});

describe("services that are right one by one", () => {
  async function findings(...listen: (readonly string[])[]): Promise<string[]> {
    const tables = listen.map(
      (addresses, index) => `[service.s${index}]\nprotocol = "pop3"\nlisten = ${JSON.stringify(addresses)}\n`,
    );
    const { services } = await told(tables.join(""));
    return checkTogether(services).map(({ severity, about, text }) =>
      `${severity}: ${about}: ${text}`.replaceAll(path, "FILE"),
    );
  }

  test("may have any ports of their own, and IPv6 beside IPv4", async () => {
    expect(
      await findings(["0.0.0.0:25", "[::]:25"], ["0.0.0.0:26"], ["127.0.0.1:27", "127.0.0.2:27"]),
    ).toEqual([]);
  });

  test("are told which ports clash, those of all addresses among them", async () => {
    const clash = (one: string, other: string, whose: string) =>
      `error: FILE:6: listen: ${one} clashes with ${other}, which ${whose}`;
    expect(await findings(["127.0.0.1:25"], ["127.0.0.1:25"])).toEqual([
      clash("127.0.0.1:25", "127.0.0.1:25", "the service s0 has"),
    ]);
    expect(await findings(["127.0.0.1:25"], ["0.0.0.0:25"])).toEqual([
      clash("0.0.0.0:25", "127.0.0.1:25", "the service s0 has"),
    ]);
    expect(await findings(["[::]:25"], ["[::1]:25"])).toEqual([
      clash("[::1]:25", "[::]:25", "the service s0 has"),
    ]);
    expect(await findings(["0.0.0.0:24"], ["0.0.0.0:25", "0.0.0.0:25"])).toEqual([
      clash("0.0.0.0:25", "0.0.0.0:25", "this service has"),
    ]);
  });

  test("are told which of them nobody can reach", async () => {
    expect(await findings(["0.0.0.0:25"], [])).toEqual([
      'warning: FILE:4: [service.s1]: nobody can reach it: no listen, unless systemd passes a socket named "s1"',
    ]);
  });
});

describe("a file of many services", () => {
  test("is judged once, not once for each of them: clients wait while it is read again", async () => {
    const tables = Array.from(
      { length: 1000 },
      (_, index) => `[service.s${index}]\nprotocol = "pop3"\nworkers = 1`,
    );
    await told(tables.slice(0, 5).join("\n")); // what is loaded once is no matter here
    const started = performance.now();
    expect((await told(tables.join("\n"))).services).toHaveLength(1000);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
