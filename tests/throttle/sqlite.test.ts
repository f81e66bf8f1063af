// Guesses in a file: as they are counted in memory, by many processes at once, and whatever becomes of one.

import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { Attempt } from "../../src/policy/guesses.ts";
import { MemoryCounter } from "../../src/throttle/counter.ts";
import { SqliteCounter } from "../../src/throttle/sqlite.ts";
import { counted, events, recovers } from "./trials.ts";

const directory = mkdtempSync(join(tmpdir(), "protowrap-throttle-"));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const freshPath = () => join(directory, `guesses-${files++}`);
const START = 1_700_000_000_000;

const guess = (network: string, tag: number): Attempt => ({ network, wider: "w", user: `u${tag}`, tag });

describe("a file", () => {
  test("counts as memory does, whatever comes", async () => {
    await fc.assert(
      fc.asyncProperty(events, async (all) => {
        let now = START;
        const pause = (milliseconds: number) => {
          now += milliseconds;
        };
        const file = new SqliteCounter(freshPath(), () => now);
        const inFile = await counted(file, all, pause);
        file.close();
        now = START;
        expect(inFile).toEqual([...(await counted(new MemoryCounter(() => now), all, pause))]);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  test("keeps nobody out for long when the clock goes back", async () => {
    let now = START;
    const counter = new SqliteCounter(freshPath(), () => now);
    const pause = (milliseconds: number) => {
      now += milliseconds;
    };
    expect(await recovers(counter, pause)).toBe(true);
    counter.close();
  });

  test("keeps what it has when a process goes and another comes", async () => {
    const path = freshPath();
    for (let process = 0; process < 6; process++) {
      const counter = new SqliteCounter(path, () => START);
      expect((await counter.ask(guess("n", process))).isAllowed).toBe(true);
      counter.close();
    }
    expect((await new SqliteCounter(path, () => START).ask(guess("n", 9))).isAllowed).toBe(false);
  });

  test("is its user's alone, and has neither a name nor a password", async () => {
    const path = freshPath();
    const counter = new SqliteCounter(path);
    await counter.ask(guess("n", 1));
    for (const name of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    counter.close();
  });

  test("of something else is left as it is", async () => {
    const path = freshPath();
    writeFileSync(path, "not a database, and longer than the head of one".repeat(10));
    const before = readFileSync(path);
    await expect(new SqliteCounter(path).ask(guess("n", 1))).rejects.toThrow(/not a database/);
    expect(readFileSync(path)).toEqual(before);
  });

  test("that cannot be made is an error, and so is one that is full, until there is room", async () => {
    await expect(new SqliteCounter("/proc/nowhere/guesses").ask(guess("n", 1))).rejects.toThrow();
    await expect(new SqliteCounter(directory).ask(guess("n", 1))).rejects.toThrow();
  });

  test("forgets what is worth nothing any more", async () => {
    const path = freshPath();
    let now = START;
    const counter = new SqliteCounter(path, () => now);
    for (let at = 0; at < 2000; at++) await counter.penalize(`n${at}`, "guess");
    now += 100_000;
    await counter.look();
    await counter.look();
    counter.close();
    const { Database } = await import("bun:sqlite");
    const database = new Database(path);
    expect(database.query("SELECT count(*) AS count FROM sums").get()).toEqual({ count: 0 });
    database.close();
  });
});

/** Processes that each ask so often. @returns their output */
async function processes(path: string, count: number, times: number): Promise<readonly string[]> {
  const script = `
    import { SqliteCounter } from ${JSON.stringify(join(import.meta.dir, "../../src/throttle/sqlite.ts"))};
    const counter = new SqliteCounter(${JSON.stringify(path)});
    for (let at = 0; at < ${times}; at++)
      console.log((await counter.ask({ network: "n", wider: "w", user: null, tag: null })).isAllowed);`;
  const running = Array.from({ length: count }, () =>
    Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" }),
  );
  return Promise.all(running.map((one) => new Response(one.stdout).text()));
}

describe("processes", () => {
  test("that count at the same time count together: of all of them six pass", async () => {
    const path = freshPath();
    new SqliteCounter(path).close();
    const said = (await processes(path, 20, 5)).join("").trim().split("\n");
    expect(said).toHaveLength(100);
    expect(said.filter((word) => word === "true")).toHaveLength(6);
  }, 60_000);

  test("that are killed leave what they have counted, and nothing that keeps others out", async () => {
    const path = freshPath();
    const script = `
      import { SqliteCounter } from ${JSON.stringify(join(import.meta.dir, "../../src/throttle/sqlite.ts"))};
      const counter = new SqliteCounter(${JSON.stringify(path)});
      for (let at = 0; ; at++) { await counter.penalize("n" + at % 50, "silent"); if (at === 200) console.log("on it"); }`;
    for (let round = 0; round < 3; round++) {
      const one = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
      await one.stdout.getReader().read();
      one.kill("SIGKILL");
      await one.exited;
    }
    const counter = new SqliteCounter(path);
    expect((await counter.ask(guess("n0", 1))).isAllowed).toBe(true);
    const { Database } = await import("bun:sqlite");
    expect(new Database(path).query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    counter.close();
  }, 60_000);
});
