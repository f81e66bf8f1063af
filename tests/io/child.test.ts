import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { startChild } from "../../src/io/child.ts";

const descriptors = () => readdirSync("/proc/self/fd").length;

/** A server that is a line of shell. */
function shell(line: string, told: string[] = []) {
  return startChild({
    argv: ["/bin/sh", "-c", line],
    env: {},
    identity: null,
    onStderr: (text) => told.push(text),
    onFailure: (reason) => told.push(`failed: ${reason}`),
  });
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
