// What stands for users and passwords where guesses are counted, and where its key is.

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freshKey, tagOf, userName } from "../../src/throttle/hashing.ts";
import { sharedKey } from "../../src/throttle/shared-key.ts";

describe("a user", () => {
  test("is the same however he writes himself, on every host", () => {
    expect(userName(" Anna@Example.ORG ")).toBe(userName("anna@example.org"));
    expect(userName("anna")).toBe("55579b557896d0ce");
    expect(userName("anna")).not.toBe(userName("anne"));
  });

  test("is as short as any, and one that is not ASCII is another", () => {
    expect(userName("u".repeat(10_000))).toMatch(/^[0-9a-f]{16}$/);
    expect(userName("\xe4")).not.toBe(userName("?"));
  });
});

describe("a tag", () => {
  const key = freshKey();

  test("tells passwords apart, for one network and one user, and depends on the key", () => {
    const own = tagOf(key, "n", "u", "p");
    expect(tagOf(key, "n", "u", "p")).toBe(own);
    const others = [
      ...[tagOf(key, "n", "u", "q"), tagOf(key, "n", "v", "p"), tagOf(key, "m", "u", "p")],
      ...[tagOf(freshKey(), "n", "u", "p"), tagOf(key, "n", "", "u\0p")],
    ];
    // Of five others hardly ever one is the same by chance, and never two.
    expect(others.filter((tag) => tag === own).length).toBeLessThan(2);
  });

  test("is 16 bits of it: thousands of passwords have the same", () => {
    const tags = Array.from({ length: 20_000 }, (_, at) => tagOf(key, "n", "u", `p${at}`));
    expect(Math.max(...tags)).toBeLessThanOrEqual(65_535);
    expect(Math.max(...tags)).toBeGreaterThan(60_000);
    expect(new Set(tags).size).toBeLessThan(19_000);
  });
});

describe("the key that processes share", () => {
  const directory = mkdtempSync(join(tmpdir(), "protowrap-key-"));
  const path = join(directory, `protowrap-${process.geteuid!()}.key`);
  afterAll(() => rmSync(directory, { recursive: true }));

  test("is made once, for its user alone, and nothing else is left", () => {
    const key = sharedKey(directory);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(sharedKey(directory)).toBe(key);
    expect(readdirSync(directory)).toEqual([`protowrap-${process.geteuid!()}.key`]);
  });

  test("is none where another could have made it, or there is no place for it", () => {
    chmodSync(path, 0o644);
    expect(sharedKey(directory)).toBeNull();
    rmSync(path);
    symlinkSync("/etc/passwd", path);
    expect(sharedKey(directory)).toBeNull();
    rmSync(path);
    writeFileSync(path, "short", { mode: 0o600 });
    expect(sharedKey(directory)).toBeNull();
    expect(sharedKey("/proc/nowhere")).toBeNull();
  });
});
