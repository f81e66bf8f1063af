// Octets through a socket of the runtime's, which is played: what it takes, when it has room, and what it hands over.

import { describe, expect, test } from "bun:test";
import { SocketStream } from "../../src/io/socket-stream.ts";

/** Takes so many octets of each write, and tells what happened. */
class Played {
  readonly told: string[] = [];
  taken = "";
  room = Number.POSITIVE_INFINITY;

  write(octets: Uint8Array): number {
    if (this.room < 0) return -1;
    const sent = Math.min(this.room, octets.length);
    this.taken += Buffer.from(octets.subarray(0, sent)).toString("latin1");
    this.told.push(`write ${octets.length}`);
    this.room -= sent;
    return sent;
  }

  pause(): void {
    this.told.push("pause");
  }

  resume(): void {
    this.told.push("resume");
  }
}

function attached(): { readonly stream: SocketStream; readonly socket: Played } {
  const stream = new SocketStream();
  const socket = new Played();
  stream.attach(socket as never);
  return { stream, socket };
}

const octets = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const text = (read: Uint8Array | null) => (read === null ? null : Buffer.from(read).toString("latin1"));
const LARGE = "x".repeat(10_000);

describe("what is written", () => {
  test("waits for the flush where it is small, and leaves in one write", () => {
    const { stream, socket } = attached();
    stream.write(octets("a"));
    stream.write(octets("b"));
    expect(socket.taken).toBe("");
    expect(stream.flush()).toBeNull();
    expect(socket.told).toEqual(["write 2"]);
  });

  test("is ours: whoever wrote it may use its memory again", () => {
    const { stream, socket } = attached();
    const mine = octets("abc");
    stream.write(mine);
    mine.fill(0);
    void stream.flush();
    expect(socket.taken).toBe("abc");
  });

  test("keeps its order, large or small", () => {
    const { stream, socket } = attached();
    socket.room = 5000;
    for (const part of ["a", LARGE, "b", LARGE, "c"]) stream.write(octets(part));
    expect(stream.isFlushed).toBe(false);
    socket.room = Number.POSITIVE_INFINITY;
    stream.drain();
    expect(socket.taken).toBe(`a${LARGE}b${LARGE}c`);
    expect(stream.isFlushed).toBe(true);
  });

  test("is awaited until the kernel has all of it", async () => {
    const { stream, socket } = attached();
    socket.room = 4;
    stream.write(octets("abcdefgh"));
    let isDone = false;
    const flushed = stream.flush()!.then(() => {
      isDone = true;
    });
    socket.room = 2;
    stream.drain();
    await Bun.sleep(0);
    expect(isDone).toBe(false);
    socket.room = 9;
    stream.drain();
    await flushed;
    expect(socket.taken).toBe("abcdefgh");
  });

  test("before there is a socket leaves when there is one", async () => {
    const stream = new SocketStream();
    stream.write(octets("early"));
    stream.write(octets(LARGE));
    const flushed = stream.flush();
    expect(flushed).not.toBeNull();
    const socket = new Played();
    stream.attach(socket as never);
    await flushed;
    expect(socket.taken).toBe(`early${LARGE}`);
  });

  test("is not lost where a socket says less than nothing", () => {
    const { stream, socket } = attached();
    socket.room = -1;
    stream.write(octets(LARGE));
    stream.write(octets("b"));
    expect(stream.flush()).not.toBeNull();
    socket.room = Number.POSITIVE_INFINITY;
    stream.drain();
    expect(socket.taken).toBe(`${LARGE}b`);
  });

  test("after the end goes nowhere, and is not awaited", () => {
    const { stream, socket } = attached();
    stream.finish();
    stream.write(octets("late"));
    expect(stream.flush()).toBeNull();
    stream.drain();
    expect(socket.taken).toBe("");
  });
});

describe("what comes", () => {
  test("is read by demand: with one chunk the socket is paused, and a read lets it go on", async () => {
    const { stream, socket } = attached();
    stream.take(octets("a"));
    expect(socket.told).toEqual(["pause"]);
    expect(stream.hasUnread).toBe(true);
    expect(text(await stream.read())).toBe("a");
    expect(stream.hasUnread).toBe(false);
    const next = stream.read();
    expect(socket.told).toEqual(["pause", "resume"]);
    stream.take(octets("b"));
    expect(text(await next)).toBe("b");
    expect(socket.told).toEqual(["pause", "resume"]);
  });

  test("in spite of the pause is kept, in order", async () => {
    const { stream } = attached();
    for (const part of ["a", "b", "c"]) stream.take(octets(part));
    stream.end();
    const read = [await stream.read(), await stream.read(), await stream.read(), await stream.read()];
    expect(read.map(text)).toEqual(["a", "b", "c", null]);
  });

  test("is read by one reader, whoever asks again", async () => {
    const { stream } = attached();
    const [first, second] = [stream.read(), stream.read()];
    stream.take(octets("a"));
    expect(text(await first)).toBe("a");
    expect(text(await second)).toBe("a");
  });
});

describe("the end", () => {
  test("is told to who reads, now and later", async () => {
    const { stream } = attached();
    const reading = stream.read();
    stream.end();
    expect(await reading).toBeNull();
    expect(await stream.read()).toBeNull();
    // The other side may still be told something.
    stream.write(octets("x"));
    expect(stream.flush()).toBeNull();
    expect(stream.isOver).toBe(false);
  });

  test("by us ends reading and writing that wait", async () => {
    const { stream, socket } = attached();
    socket.room = 0;
    stream.write(octets("x"));
    const [reading, flushed] = [stream.read(), stream.flush()];
    stream.finish();
    expect(await reading).toBeNull();
    await flushed;
    expect(await stream.read()).toBeNull();
    expect(stream.isOver).toBe(true);
  });

  test("by a fault is told to whoever waits, and to whoever comes later", async () => {
    const { stream, socket } = attached();
    socket.room = 0;
    stream.write(octets("x"));
    const waits = [stream.read(), stream.flush()!].map((wait) => wait.catch((error: Error) => error.message));
    stream.finish(new Error("broken"));
    expect(await Promise.all(waits)).toEqual(["broken", "broken"]);
    await expect(stream.read()).rejects.toThrow("broken");
    await expect(stream.flush()).rejects.toThrow("broken");
  });

  test("has one cause: the first", async () => {
    const { stream } = attached();
    stream.finish(new Error("first"));
    stream.finish(new Error("second"));
    await expect(stream.read()).rejects.toThrow("first");
  });

  test("by a fault leaves what came before to be read", async () => {
    const { stream } = attached();
    stream.take(octets("said"));
    stream.finish(new Error("broken"));
    expect(text(await stream.read())).toBe("said");
    await expect(stream.read()).rejects.toThrow("broken");
  });
});
