// A server over TCP on a socket that somebody else connected.

import { expect, test } from "bun:test";
import { adoptedServer } from "../../src/serve/adopted.ts";
import { OneClient } from "../corpus/socket.ts";
import { dial } from "../e2e/parts/conversation.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (octets: Uint8Array | null) => (octets === null ? null : new TextDecoder().decode(octets));
const NONE = { status: null, signal: null };

test("It is told what was written before it was there, and heard", async () => {
  const listener = new OneClient();
  await using peer = await dial(listener.port);
  const socket = Promise.withResolvers<number | null>();
  const server = adoptedServer(socket.promise);
  server.write(bytes("EHLO c.test\r\n"));
  const flushed = server.flush();
  const first = server.read();
  socket.resolve(listener.accept());
  await flushed;
  expect(await peer.read(/^EHLO c.test\r\n/)).toBe("EHLO c.test\r\n");
  await peer.send("250 ok\r\n");
  expect(text(await first)).toBe("250 ok\r\n");
  await server.abort();
});

test("It reads the end of its input, also when we were done with it before it was there", async () => {
  const listener = new OneClient();
  await using peer = await dial(listener.port);
  const socket = Promise.withResolvers<number | null>();
  const server = adoptedServer(socket.promise);
  const left = server.leave(5);
  socket.resolve(listener.accept());
  expect(await peer.end(2000)).toBe("");
  expect(await left).toEqual(NONE);
});

test("It is closed when it comes too late", async () => {
  const listener = new OneClient();
  await using peer = await dial(listener.port);
  const socket = Promise.withResolvers<number | null>();
  const server = adoptedServer(socket.promise);
  await server.abort();
  expect(await server.read()).toBe(null);
  socket.resolve(listener.accept());
  expect(await peer.end(2000)).toBe("");
});

test("There is nothing to hear where there is none, or what is no socket", async () => {
  for (const fd of [null, 0x7ffffff]) {
    const server = adoptedServer(Promise.resolve(fd));
    expect(await server.read()).toBe(null);
    expect(await server.leave(1)).toEqual(NONE);
  }
});
