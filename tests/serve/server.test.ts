// A server whose process is the supervisor's.

import { describe, expect, test } from "bun:test";
import { closeSync, readSync, writeSync } from "node:fs";
import type { Departure } from "../../src/io/peer.ts";
import { isReady, pipe } from "../../src/os/libc.ts";
import { type Ends, pipedServer } from "../../src/serve/server.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (octets: Uint8Array | null) => (octets === null ? null : new TextDecoder().decode(octets));

function hosted() {
  const [input, output] = [pipe(), pipe()];
  const ends = Promise.withResolvers<Ends | null>();
  const gone = Promise.withResolvers<Departure>();
  let orphaned = () => {};
  const wishes: string[] = [];
  const server = pipedServer(ends.promise, {
    abort: () => wishes.push("abort"),
    end: () => wishes.push("end"),
    leave: (seconds) => wishes.push(`leave ${seconds}`),
    gone: gone.promise,
    onOrphaned(tell) {
      orphaned = tell;
      return () => {
        orphaned = () => {};
      };
    },
  });
  return {
    ...{ server, wishes, gone, orphan: () => orphaned() },
    give: () => ends.resolve({ input: output.readEnd, output: input.writeEnd }),
    none: () => ends.resolve(null),
    /** The server's own ends. */
    hears: input.readEnd,
    says: output.writeEnd,
  };
}

function heard(fd: number): string {
  if (!isReady(fd)) return "(open)";
  const octets = Buffer.alloc(100);
  const count = readSync(fd, octets);
  return count === 0 ? "(end)" : octets.toString("latin1", 0, count);
}

describe("a hosted server", () => {
  test("is written to before its descriptors are there", async () => {
    const { server, give, hears, says } = hosted();
    server.write(bytes("early\r\n"));
    const flushed = server.flush();
    const reading = server.read();
    give();
    await flushed;
    expect(heard(hears)).toBe("early\r\n");
    writeSync(says, "220 x\r\n");
    expect(text(await reading)).toBe("220 x\r\n");
  });

  test("that is none has ended its output", async () => {
    const { server, none, gone } = hosted();
    gone.resolve({ status: null, signal: null });
    none();
    expect(await server.read()).toBeNull();
    expect(await server.leave(1)).toEqual({ status: null, signal: null });
  });

  test("whose input ends is let go by the supervisor, too, once all that it was told is there", async () => {
    const { server, give, hears, says, wishes } = hosted();
    server.write(bytes("hello\r\n"));
    server.end();
    await Bun.sleep(5);
    expect(wishes).toEqual([]);
    give();
    await Bun.sleep(20);
    expect(wishes).toEqual(["end"]);
    expect([heard(hears), heard(hears)]).toEqual(["hello\r\n", "(end)"]);
    writeSync(says, "bye\r\n");
    expect(text(await server.read())).toBe("bye\r\n");
  });

  test("is ended by the supervisor before its input ends", async () => {
    const { server, give, gone, hears, wishes } = hosted();
    give();
    await Bun.sleep(0);
    const aborted = server.abort();
    expect(wishes).toEqual(["abort"]);
    await Bun.sleep(50);
    expect(heard(hears)).toBe("(open)");
    gone.resolve({ status: null, signal: "SIGTERM" });
    await aborted;
    expect(heard(hears)).toBe("(end)");
    expect(await server.howLost()).toBe("failed");
  });

  test("leaves with the end of its input, and tells how", async () => {
    const { server, give, gone, hears, wishes, says } = hosted();
    give();
    await Bun.sleep(0);
    const left = server.leave(5);
    await Bun.sleep(1); // what was written is there first
    expect(wishes).toEqual(["leave 5"]);
    expect(heard(hears)).toBe("(end)");
    closeSync(says);
    gone.resolve({ status: 3, signal: null });
    expect(await left).toEqual({ status: 3, signal: null });
  });

  test("keeps its input, once the supervisor is no more, for as long as it is there", async () => {
    const { server, give, orphan, hears, says } = hosted();
    give();
    await Bun.sleep(0);
    orphan();
    let over = false;
    const aborted = server.abort().then(() => {
      over = true;
    });
    await Bun.sleep(100);
    expect([over, heard(hears)]).toEqual([false, "(open)"]);
    closeSync(says); // it has gone
    await aborted;
    expect(heard(hears)).toBe("(end)");
  });
});
