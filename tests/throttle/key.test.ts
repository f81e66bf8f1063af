// Who has the same key of what stands for passwords, and who has another.

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyOf } from "../../src/throttle/key.ts";
import { sharedKey } from "../../src/throttle/shared-key.ts";

const directory = mkdtempSync(join(tmpdir(), "protowrap-key-"));
afterAll(() => rmSync(directory, { recursive: true }));

const redis = (password: string | null, host = "192.0.2.1") => ({
  ...{ kind: "redis" as const, host, port: 6379, database: 0, isTls: false },
  ...{ user: null, password, ca: null },
});

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

test("In our own memory there is none that others have", () => {
  expect(keyOf({ kind: "memory" })).toBeNull();
});

test("whoever shares a file on this host has the same", () => {
  const key = keyOf({ kind: "file", path: "/a" });
  expect(key).toBe(sharedKey());
  expect(key).toBe(keyOf({ kind: "file", path: "/b" }));
});

test("hosts that know the same password of Redis have the same, which is not that", () => {
  const [one, other] = [file("one", "k4nari3\n"), file("other", "k4nari3")];
  const key = keyOf(redis(one));
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(keyOf(redis(other, "192.0.2.2"))).toBe(key);
  expect(keyOf(redis(file("third", "Kanari\n")))).not.toBe(key);
});

test("where there is no password, or it cannot be read, this host has its own", () => {
  expect(keyOf(redis(null))).toBe(sharedKey());
  expect(keyOf(redis(join(directory, "nowhere")))).toBe(sharedKey());
  Bun.spawnSync(["mkfifo", join(directory, "fifo")]);
  expect(keyOf(redis(join(directory, "fifo")))).toBe(sharedKey());
});
