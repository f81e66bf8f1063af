// A listener of the demo, with shell commands in the program's place.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Listener, LOOPBACK } from "../../src/demo/listener.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "protowrap-demo-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function open(port: number, script: string): Promise<Listener> {
  const log = join(directory, "log");
  return Listener.open(port, (address) => ["/bin/sh", "-c", script, log, address], log);
}

const READY = 'sleep 0.1; echo "event=worker state=ready" >$0; exec sleep 60';

test("is there once its log says so, on the port it was given", async () => {
  const probe = Bun.listen({ hostname: LOOPBACK, port: 0, socket: { data() {} } });
  const { port } = probe;
  probe.stop(true);
  const listener = await open(port, READY);
  expect(listener.port).toBe(port);
  expect(listener.command.at(-1)).toBe(`${LOOPBACK}:${port}`);
  await listener.close();
});

test("takes another port for one that is taken", async () => {
  const other = Bun.listen({ hostname: LOOPBACK, port: 0, socket: { data() {} } });
  const listener = await open(other.port, READY);
  expect(listener.port).not.toBe(other.port);
  await listener.close();
  other.stop(true);
});

test("that does not begin is told as that, with its log", async () => {
  await expect(open(0, 'echo "no room" >$0; exit 71')).rejects.toThrow(/does not listen: exit 71\nno room/);
});
