import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { type ChildPlan, startChild } from "../../src/io/child.ts";
import type { Server } from "../../src/io/peer.ts";
import { part, root } from "../e2e/parts/missing.ts";

const descriptors = () => readdirSync("/proc/self/fd").length;

/** A server that is a line of shell. */
function shell(line: string, told: string[] = [], given: Partial<ChildPlan> = {}) {
  return startChild({
    argv: ["/bin/sh", "-c", line],
    env: {},
    identity: null,
    outranks: false,
    onStderr: (text) => told.push(text),
    onFailure: (reason) => told.push(`failed: ${reason}`),
    ...given,
  });
}

/** All it says, to its end. */
async function said(server: Server): Promise<string> {
  let text = "";
  for (let chunk = await server.read(); chunk !== null; chunk = await server.read())
    text += Buffer.from(chunk).toString("latin1");
  await server.leave(5);
  return text;
}

test("a server that is aborted keeps no descriptor: a client can have many started", async () => {
  await shell("sleep 60").abort();
  const before = descriptors();
  for (let count = 0; count < 20; count++) await shell("echo wrong >&2; exec sleep 60").abort();
  await Bun.sleep(20); // for the closing that is not waited for
  expect(descriptors()).toBeLessThan(before + 10);
});

test("each line of its standard error is told, the last without its end too, a long one cut", async () => {
  const told: string[] = [];
  const server = shell("printf 'one\\ntwo\\n%05000d\\nrest' 0 >&2", told);
  expect(await server.leave(5)).toEqual({ status: 0, signal: null });
  await Bun.sleep(20);
  expect(told).toEqual(["one", "two", "0".repeat(1000), "rest"]);
});

test("how it ended is told: by a status, or by a signal", async () => {
  expect(await shell("exit 7").leave(5)).toEqual({ status: 7, signal: null });
  expect(await shell("kill -KILL $$").leave(5)).toEqual({ status: null, signal: "SIGKILL" });
});

test("it gets the environment it is told, the root directory, three descriptors, and nothing else", async () => {
  const words = "echo $PWD; env | grep -v -e ^PWD -e ^_ -e ^SHLVL -e ^OLDPWD";
  expect(await said(shell(words, [], { env: { A: "b" } }))).toBe("/\nA=b\n");
  expect(await said(shell("ls /proc/self/fd"))).toBe("0\n1\n2\n3\n"); // 3 is ls's own
});

test("it leads a process group of its own", async () => {
  expect(await said(shell("[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && echo leads"))).toBe("leads\n");
});

part("it runs as whom it is told", [root], async () => {
  const identity = { uid: 65534, gid: 65533 };
  const groups = process.getgroups!();
  process.setgroups!([65533, 4, 8]);
  try {
    const words = "grep -E '^([UG]id|Groups|CapPrm|CapAmb)' /proc/$$/status";
    expect(await said(shell(words, [], { identity }))).toBe(
      [
        "Uid:\t65534\t65534\t65534\t65534",
        "Gid:\t65533\t65533\t65533\t65533",
        "Groups:\t4 8 65533 ",
        "CapPrm:\t0000000000000000",
        "CapAmb:\t0000000000000000",
        "",
      ].join("\n"),
    );
    // And nothing of it stays.
    expect(process.getuid!()).toBe(0);
    expect(await said(shell("id -u; id -g"))).toBe(`0\n${process.getgid!()}\n`);
    const told: string[] = [];
    expect(await said(shell("", told, { identity, argv: ["/nowhere"] }))).toBe("");
    expect(told).toEqual(["failed: ENOENT"]);
    expect(await said(shell("id -u"))).toBe("0\n");
  } finally {
    process.setgroups!(groups);
  }
});

test("why it cannot be started is told in the system's word, and its output is at its end", async () => {
  for (const [path, reason] of [
    ["/nowhere/to/be/found", "ENOENT"],
    ["/etc/passwd", "EACCES"],
  ] as const) {
    const told: string[] = [];
    const server = shell("", told, { argv: [path] });
    expect(await said(server)).toBe("");
    expect(told).toEqual([`failed: ${reason}`]);
  }
});

test("a server whose input has ended is guarded no more", async () => {
  const server = shell("cat >/dev/null; sleep 0.2");
  const before = descriptors();
  server.end();
  server.guard!(true);
  expect(descriptors()).toBeLessThanOrEqual(before);
  expect(await server.leave(5)).toEqual({ status: 0, signal: null });
});
