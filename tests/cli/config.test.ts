// The configuration in effect: every value there is, and where it came from.

import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inEffect } from "../../src/cli/config.ts";
import { RUN_OPTIONS } from "../../src/options/run.ts";
import { PROTOCOLS } from "../../src/protocols/registry.ts";
import { settled } from "../settled.ts";

const folder = mkdtempSync(join(tmpdir(), "protowrap-config-"));
const path = join(folder, "a: b.toml");
afterAll(() => rmSync(folder, { recursive: true }));

async function rows(name: string, ...argv: string[]): Promise<Record<string, [unknown, string]>> {
  const { protocol, settings } = await settled(name, ...argv);
  const all = inEffect(protocol, settings).map(({ name, value, from }) => [
    name,
    [value, from.replace(path, "FILE")],
  ]);
  return Object.fromEntries(all);
}

function file(toml: string): string[] {
  writeFileSync(path, toml);
  return ["--config", path];
}

test("has every option of the protocol and of every run once, and the server", async () => {
  for (const name of Object.keys(PROTOCOLS)) {
    const { protocol, settings } = await settled(name);
    const names = inEffect(protocol, settings).map((row) => row.name);
    expect(names).toEqual([...Object.keys(RUN_OPTIONS), ...Object.keys(protocol.options), "server"]);
  }
});

test("tells what nobody gave, the protocol's own defaults among it", async () => {
  const { "idle-timeout": idle, "max-line-length": line, user, server } = await rows("pop3");
  expect([idle, line]).toEqual([
    [600, "default"],
    [255, "default"],
  ]);
  expect([user, server]).toEqual([
    [null, "default"],
    [["/usr/sbin/popa3d"], "default"],
  ]);
  expect((await rows("line")).server).toEqual([null, "default"]);
});

test("tells the command line's, the file's with its line, and which of them counts", async () => {
  const toml = 'maxErrors = 5\nmin-rate = 6\n\n[smtp]\nrelay-domain = ["a.test"]\nmin-rate = 7\n';
  const all = await rows("smtp", ...file(toml), "--relayDomain", "b.test", "--log-level=3");
  expect(all["max-errors"]).toEqual([5, "FILE:1"]);
  expect(all["min-rate"]).toEqual([7, "FILE:6"]);
  expect(all["relay-domain"]).toEqual([["b.test"], "--relay-domain"]);
  expect(all["log-level"]).toEqual([3, "--log-level"]);
  expect(all.config).toEqual([path, "--config"]);
});

test("tells what the lists say, and not what they are compiled to", async () => {
  const { "relay-ip": relay, "block-body": body } = await rows(
    "smtp",
    ...["--relay-ip", "10", "--relay-ip", "::1", "--block-body", "a.b"],
  );
  expect([relay, body]).toEqual([
    [["10", "::1"], "--relay-ip"],
    [["a.b"], "--block-body"],
  ]);
});

describe("the server", () => {
  const toml = 'log = "none"\n[pop3]\nserver = ["/bin/own", "-x"]\n';

  test("is the file's with its line, or the command line's", async () => {
    expect((await rows("pop3", ...file(toml))).server).toEqual([["/bin/own", "-x"], "FILE:3"]);
    expect((await rows("pop3", ...file(toml), "--", "/bin/a")).server).toEqual([["/bin/a"], "-- SERVER"]);
  });

  test("over TCP is an option like others, and then there is no program", async () => {
    const all = await rows("pop3", ...file(toml), "--connect", "a.test:1");
    expect(all.server).toEqual([null, "default"]);
    expect(all.connect).toEqual([["a.test:1"], "--connect"]);
  });
});
