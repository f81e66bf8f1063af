// The guard with processes of the shell for servers. That it works whoever the server is, and when we are
// killed, is in tests/e2e/guard.e2e.test.ts.

import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Guard, startGuard } from "../../src/io/guard.ts";
import { within } from "../../src/io/within.ts";
import * as libc from "../../src/os/libc.ts";

interface Guarded {
  readonly server: Bun.Subprocess;
  readonly guard: Guard;
  /** Made when the server has seen the end of its input. */
  readonly mark: string;
  /** Closes our end of the server's input. */
  readonly close: () => void;
}

const undo: (() => void)[] = [];
afterEach(() => {
  for (const work of undo.splice(0)) work();
});

function guarded(): Guarded {
  const directory = mkdtempSync(join(tmpdir(), "protowrap-guard-"));
  const mark = join(directory, "ended");
  const input = libc.pipe();
  const server = Bun.spawn(["/bin/sh", "-c", `cat >/dev/null; : >${mark}; sleep 60 & wait`], {
    stdio: [input.readEnd, "ignore", "ignore"],
    detached: true,
  });
  libc.close(input.readEnd);
  const guard = startGuard(server.pid, input.writeEnd, null);
  undo.push(() => {
    guard.dismiss();
    try {
      process.kill(-server.pid, "SIGKILL");
    } catch {
      // It was ended.
    }
    rmSync(directory, { recursive: true });
  });
  return { server, guard, mark, close: () => libc.close(input.writeEnd) };
}

test("while it holds the server's input, no end of ours is one", async () => {
  const { guard, mark, close } = guarded();
  close();
  await Bun.sleep(100);
  expect(existsSync(mark)).toBe(false);
  guard.release();
  await Bun.sleep(100);
  expect(existsSync(mark)).toBe(true);
});

test("it ends the server's whole group when it is told to, before the input ends", async () => {
  const { server, guard, mark, close } = guarded();
  guard.signal("TERM");
  expect(await within(server.exited, 2)).not.toBeNull();
  close();
  guard.dismiss();
  expect(await within(guard.gone, 2)).not.toBeNull();
  expect(existsSync(mark)).toBe(false);
});

test("a server that hears no TERM hears KILL", async () => {
  const { server, guard } = guarded();
  guard.signal("KILL");
  await within(server.exited, 2);
  expect(server.signalCode).toBe("SIGKILL");
});

test("dismissed, it leaves and harms nobody", async () => {
  const { server, guard } = guarded();
  guard.dismiss();
  guard.signal("KILL"); // too late
  await within(guard.gone, 2);
  await Bun.sleep(50);
  expect(server.exitCode).toBeNull();
  expect(server.signalCode).toBeNull();
});

test("a word that is none of its own makes it leave, whatever is in it", async () => {
  for (const word of ["HUP", "TERM; kill -KILL $PPID", "$(kill -KILL $PPID)", "*", "-1", ""]) {
    const { server, guard } = guarded();
    (guard.signal as (word: string) => void)(word);
    expect(await within(guard.gone, 2)).not.toBeNull();
    expect(server.signalCode).toBeNull();
    expect(server.exitCode).toBeNull();
  }
});

test("it keeps no descriptor of ours", async () => {
  guarded().guard.dismiss();
  await Bun.sleep(100);
  const before = readdirSync("/proc/self/fd").length;
  for (let count = 0; count < 5; count++) {
    const { server, guard, close } = guarded();
    guard.dismiss();
    close();
    server.kill("SIGKILL");
    await Promise.all([guard.gone, server.exited]);
  }
  await Bun.sleep(50);
  expect(readdirSync("/proc/self/fd").length).toBeLessThan(before + 5);
});
