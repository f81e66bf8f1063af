// The loopback listener with shell commands for servers.

import { afterEach, expect, test } from "bun:test";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Listener, LOOPBACK } from "../../src/demo/listener.ts";

const open: Listener[] = [];

afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
});

async function listen(command: string, port = 0): Promise<Listener> {
  const listener = await Listener.open(port, ["/bin/sh", "-c", command]);
  open.push(listener);
  return listener;
}

function dial(listener: Listener): Socket {
  return connect({ port: listener.port, host: LOOPBACK, allowHalfOpen: true });
}

async function all(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  await once(socket, "end");
  socket.end();
  return text;
}

test("a client that ends its side still gets every answer", async () => {
  const socket = dial(await listen("cat; sleep 0.2; echo after"));
  socket.end("before\n");
  expect(await all(socket)).toBe("before\nafter\n");
});

test("the process is told who is calling, as UCSPI does, and nothing else of our environment", async () => {
  const listener = await listen("exec env");
  const socket = dial(listener);
  const variables = (await all(socket)).split("\n");
  expect(variables).toContain("PROTO=TCP");
  expect(variables).toContain("TCPREMOTEIP=127.0.0.1");
  expect(variables).toContain("TCPLOCALIP=127.0.0.1");
  expect(variables).toContain(`TCPLOCALPORT=${listener.port}`);
  expect(variables.find((line) => line.startsWith("TCPREMOTEPORT="))).toMatch(/=\d+$/);
  expect(variables.some((line) => line.startsWith("HOME="))).toBe(false);
});

test("a client that does not read stops the process; nothing piles up", async () => {
  const socket = dial(await listen("exec dd if=/dev/zero bs=65536 count=4096 2>/dev/null"));
  socket.pause();
  const before = process.memoryUsage.rss();
  await Bun.sleep(500);
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 << 20);
  let octets = 0;
  socket.on("data", (chunk: Buffer) => {
    octets += chunk.length;
  });
  socket.resume();
  await once(socket, "end");
  socket.end();
  expect(octets).toBe(4096 * 65536);
});

test("a process that ends closes the connection, whatever the client still sends", async () => {
  const socket = dial(await listen("echo bye"));
  socket.write("unread");
  expect(await all(socket)).toBe("bye\n");
});

test("a port that is taken is exchanged for a free one", async () => {
  const other = createServer().listen(0, LOOPBACK);
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  const listener = await listen("echo ours", port);
  expect(listener.port).not.toBe(port);
  expect(await all(dial(listener))).toBe("ours\n");
  other.close();
});

test("closing leaves no process, not even one that will not go", async () => {
  const listener = await listen("trap '' TERM; echo $$; while :; do sleep 0.1; done");
  const socket = dial(listener);
  const [chunk] = (await once(socket, "data")) as [Buffer];
  const pid = Number(chunk.toString());
  await listener.close();
  expect(() => process.kill(pid, 0)).toThrow();
});
