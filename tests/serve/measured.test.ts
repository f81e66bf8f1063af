// A server whose replies are timed.

import { expect, test } from "bun:test";
import type { Server } from "../../src/io/peer.ts";
import { measured } from "../../src/serve/measured.ts";

/** Gives its octets one after the other, each after so many milliseconds. */
function server(...delays: number[]) {
  const calls: string[] = [];
  const one: Server = {
    async read() {
      const delay = delays.shift();
      if (delay === undefined) return null;
      await Bun.sleep(delay);
      return new Uint8Array([65]);
    },
    write: () => void calls.push("write"),
    flush: async () => void calls.push("flush"),
    end: () => void calls.push("end"),
    howLost: () => "x",
    abort: async () => void calls.push("abort"),
    leave: async () => ({ status: 0, signal: null }),
  } as unknown as Server;
  return { one, calls };
}

test("the greeting counts from its start, a reply from the last octet it was told to the first it says", async () => {
  const told: number[] = [];
  const { one } = server(60, 30, 10, 40);
  const timed = measured(one, (seconds) => told.push(seconds));
  await timed.read();
  await timed.read(); // more of the greeting
  expect(told).toHaveLength(1);
  timed.write(new Uint8Array(1));
  await Bun.sleep(50);
  timed.write(new Uint8Array(1)); // the end of a message
  await timed.read();
  timed.write(new Uint8Array(1));
  await timed.read();
  expect(told).toHaveLength(3);
  expect(told[0]).toBeGreaterThan(0.055);
  expect(told[1]).toBeWithin(0.009, 0.049);
  expect(told[2]).toBeGreaterThan(0.038);
});

test("one that ends instead of answering took no time for an answer", async () => {
  const told: number[] = [];
  const timed = measured(server().one, (seconds) => told.push(seconds));
  expect(await timed.read()).toBeNull();
  expect(told).toEqual([]);
});

test("all else is the server's, and it has a guard only where that has one", async () => {
  const { one, calls } = server();
  const timed = measured(one, () => {});
  await timed.flush();
  timed.end();
  await timed.abort();
  timed.write(new Uint8Array(1));
  expect(calls).toEqual(["flush", "end", "abort", "write"]);
  expect(timed.howLost() as unknown).toBe("x");
  expect(await timed.leave(1)).toEqual({ status: 0, signal: null });
  expect("guard" in timed).toBe(false);
  const guarded = measured(
    { ...one, guard: (message: boolean) => void calls.push(`guard ${message}`) } as never,
    () => {},
  );
  guarded.guard!(true);
  expect(calls.at(-1)).toBe("guard true");
});
