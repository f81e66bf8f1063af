// What a socket's octets cost in memory: a piece that was read is given back when more is asked for.

import { expect, test } from "bun:test";
import { SocketStream } from "../../src/io/socket-stream.ts";

const LARGE = 1 << 16;

test("the memory of a large piece is given back when the next is asked for, and not before", async () => {
  const stream = new SocketStream();
  const reading = stream.read();
  stream.take(new Uint8Array(LARGE).fill(1));
  const read = (await reading)!;
  stream.take(new Uint8Array(LARGE).fill(2));
  expect([read.length, read[0]]).toEqual([LARGE, 1]);
  const next = (await stream.read())!;
  expect(read.length).toBe(0);
  expect([next.length, next[0]]).toEqual([LARGE, 2]);
  void stream.read();
  expect(next.length).toBe(0);
});

test("a piece that is part of something larger is left to whoever has that", async () => {
  const stream = new SocketStream();
  const both = new Uint8Array(2 * LARGE).fill(1);
  stream.take(both.subarray(0, LARGE));
  expect((await stream.read())!.length).toBe(LARGE);
  void stream.read();
  expect(both.length).toBe(2 * LARGE);
});
