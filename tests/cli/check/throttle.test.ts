// What check says of where guesses are counted.

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lookAtThrottle } from "../../../src/cli/check/throttle.ts";
import { settled } from "../../settled.ts";

const directory = mkdtempSync(join(tmpdir(), "protowrap-check-"));
chmodSync(directory, 0o755);
afterAll(() => rmSync(directory, { recursive: true }));
const password = join(directory, "password");
writeFileSync(password, "x", { mode: 0o600 });

const NOBODY = { name: "nobody", uid: 65_534, gid: 65_534 };
const LISTENS = ["--listen", "127.0.0.1:110"];

async function looked(argv: readonly string[], wrapper: typeof NOBODY | null = null) {
  const { protocol, settings } = await settled("pop3", ...argv);
  const { kind, findings } = lookAtThrottle(protocol, settings, { wrapper });
  return [kind, ...findings.map(({ severity, about, text }) => `${severity} ${about} ${text}`)];
}

describe("Guesses", () => {
  test("are counted in a listener's memory, and nowhere else where nobody says", async () => {
    expect(await looked(LISTENS)).toEqual(["memory"]);
    expect(await looked([])).toEqual(["none"]);
  });

  test("that a listener does not count are doubted, and so is what has no effect", async () => {
    expect(await looked([...LISTENS, "--throttle", "none"])).toEqual([
      "none",
      "warning --throttle none: passwords may be tried by many connections at once",
    ]);
    expect(await looked(["--throttle-allow", "192.0.2.1"])).toEqual([
      "none",
      "warning --throttle-allow has no effect without --throttle",
    ]);
    expect(await looked(["--throttle", "memory"])).toEqual([
      "memory",
      "warning --throttle memory: each connection has a process, and a memory, of its own: file:/PATH is shared",
    ]);
  });

  test("cannot be counted where nobody may make a file", async () => {
    const throttle = (path: string) => ["--throttle", `file:${path}`];
    expect(await looked(throttle(join(directory, "guesses")))).toEqual(["file"]);
    expect(await looked(throttle(join(directory, "guesses")), NOBODY)).toEqual([
      "file",
      `error --throttle ${directory}/guesses: nobody may not write ${directory}`,
    ]);
    expect(await looked(throttle("/nowhere/guesses"))).toEqual([
      "file",
      "error --throttle /nowhere/guesses: there is no /nowhere",
    ]);
    expect(await looked(throttle(`${password}/guesses`))).toEqual([
      "file",
      `error --throttle ${password}/guesses: ${password} is no directory`,
    ]);
  });

  test("in Redis are best told in TLS, with a password that can be read", async () => {
    const redis = (text: string) => ["--throttle", text];
    expect(await looked(redis("redis://127.0.0.1"))).toEqual(["redis"]);
    expect(await looked(redis(`rediss://redis.test,password=${password}`))).toEqual(["redis"]);
    expect(await looked(redis("redis://192.0.2.1"))).toEqual([
      "redis",
      "warning --throttle redis: what is counted crosses the network in the clear: rediss",
    ]);
    expect(await looked(redis(`rediss://redis.test,password=${password},ca=${directory}`), NOBODY)).toEqual([
      "redis",
      `error --throttle ${password}: nobody may not read ${password}`,
      `error --throttle ${directory}: ${directory} is no file`,
    ]);
  });
});
