import { expect, test } from "bun:test";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "../../src/io/spawn.ts";
import { part, root } from "../e2e/parts/missing.ts";

/** Runs a shell command to its end with descriptor 1 in a file. */
async function shell(command: string, given: Partial<Parameters<typeof spawn>[2]> = {}) {
  const directory = mkdtempSync(join(tmpdir(), "protowrap-spawn-"));
  const nowhere = openSync("/dev/null", "r+");
  const output = openSync(join(directory, "output"), "w");
  try {
    const stdio = [nowhere, output, nowhere] as const;
    const child = spawn("/bin/sh", ["-c", command], { stdio, env: {}, cwd: "/", detached: true, ...given });
    const started = once(child, "spawn");
    const [status, signal] = await once(child, "exit");
    await started;
    return { child, status, signal, output: readFileSync(join(directory, "output"), "latin1") };
  } finally {
    closeSync(nowhere);
    closeSync(output);
    rmSync(directory, { recursive: true });
  }
}

test("tells that it was started, and how it ended", async () => {
  const { child, status, signal } = await shell("exit 7");
  expect([status, signal]).toEqual([7, null]);
  expect([child.exitCode, child.signalCode]).toEqual([7, null]);
});

test("tells the signal that ended it, and no status", async () => {
  const { child, status, signal } = await shell("kill -KILL $$");
  expect([status, signal]).toEqual([null, "SIGKILL"]);
  expect(child.signalCode).toBe("SIGKILL");
});

test("gives it the descriptors, the environment and the directory it is told, and no others", async () => {
  const { output } = await shell("echo $PWD; env | grep -v -e ^PWD -e ^_ -e ^SHLVL -e ^OLDPWD", {
    env: { A: "b" },
  });
  expect(output).toBe("/\nA=b\n");
  expect((await shell("ls /proc/self/fd")).output).toBe("0\n1\n2\n3\n"); // 3 is ls's own
});

test("detached, it leads a process group of its own", async () => {
  const group = async (detached: boolean) => {
    const { child, output } = await shell("cut -d' ' -f5 /proc/$$/stat", { detached });
    return { own: Number(output) === child.pid };
  };
  expect(await group(true)).toEqual({ own: true });
  expect(await group(false)).toEqual({ own: false });
});

part("becomes whom it is told", [root], async () => {
  const { output } = await shell("id -u; id -g", { uid: 65534, gid: 65533 });
  expect(output).toBe("65534\n65533\n");
});

test("throws the system's reason when there is no such program", () => {
  const stdio = [0, 1, 2] as const;
  const start = (file: string) => () => spawn(file, [], { stdio, env: {}, cwd: "/", detached: true });
  expect(start("/nowhere/to/be/found")).toThrow(expect.objectContaining({ code: "ENOENT" }));
  expect(start("/etc/passwd")).toThrow(expect.objectContaining({ code: "EACCES" }));
});
