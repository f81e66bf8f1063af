import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, openSync, readdirSync, readSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { connectEnds, SOCKET } from "../../scripts/benchmark/os.ts";
import { type Reader, reader } from "../../src/io/reader.ts";
import * as libc from "../../src/os/libc.ts";

/** Descriptors and readers of the test that runs. */
const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const one of cleanup.splice(0)) one();
});

interface Ends {
  readonly reading: Reader;
  /** Writes at the pace the kernel takes it. */
  say(octets: Uint8Array): Promise<unknown>;
  /** Closes the end that is written, once. */
  hangUp(): void;
  /** The descriptor that is read. */
  readonly read: number;
}

function ends(read: number, written: number): Ends {
  const reading = reader(read);
  const sink = Bun.file(written).writer();
  let open = true;
  const hangUp = () => {
    if (!open) return;
    open = false;
    void Promise.resolve(sink.end()).catch(() => {});
    libc.close(written);
  };
  cleanup.push(hangUp, () => reading.cancel());
  const say = async (octets: Uint8Array) => {
    sink.write(octets);
    await sink.flush();
  };
  return { reading, say, hangUp, read };
}

function pipe(): Ends {
  const { readEnd, writeEnd } = libc.pipe();
  return ends(readEnd, writeEnd);
}

function socket(): Ends {
  const { childIn, write } = connectEnds(SOCKET);
  return ends(childIn, write);
}

/** Octets that tell a piece left out, doubled or moved. */
function octets(length: number): Buffer {
  const all = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) all.writeUInt32LE(at, at);
  return all;
}

/** Reads so many octets, or to the end. What a read gave is ruined before the next one, as its owner may. */
async function read({ reading }: Pick<Ends, "reading">, most = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let got = 0; got < most; ) {
    const chunk = await reading.read();
    if (chunk === null) break;
    expect(chunk.length).toBeGreaterThan(0);
    chunks.push(Buffer.from(chunk));
    got += chunk.length;
    chunk.fill(0xa5);
  }
  return Buffer.concat(chunks);
}

function same(got: Buffer, expected: Buffer): void {
  expect(got.length).toBe(expected.length);
  expect(got.equals(expected)).toBe(true);
}

const descriptors = () => readdirSync("/proc/self/fd").length;

for (const [kind, connect] of Object.entries({ pipe, socket })) {
  test(`a ${kind} gives every octet once and in order, in whatever pieces and at whatever pace it comes`, async () => {
    const piece = fc.record({
      size: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 400_000 })),
      pause: fc.constantFrom(null, 0, 2),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.boolean(), async (pieces, slow) => {
        const peer = connect();
        const expected = octets(pieces.reduce((sum, { size }) => sum + size, 0));
        const saying = (async () => {
          let at = 0;
          for (const { size, pause } of pieces) {
            await peer.say(expected.subarray(at, at + size));
            at += size;
            if (pause !== null) await Bun.sleep(pause);
          }
          peer.hangUp();
        })();
        if (slow) await Bun.sleep(3);
        same(await read(peer), expected);
        await saying;
        peer.reading.cancel();
      }),
      { numRuns: 60 },
    );
  });

  test(`a ${kind} that ends where a stream's budget does has ended all the same`, async () => {
    for (const size of [65535, 65536, 65537, 131072]) {
      const peer = connect();
      const reading = read(peer);
      await Bun.sleep(2); // until the stream waits
      await peer.say(octets(size));
      peer.hangUp();
      same(await reading, octets(size));
      expect(await peer.reading.read()).toBeNull();
    }
  });

  test(`a ${kind} read for long, with pauses, keeps no descriptor`, async () => {
    const peer = connect();
    const before = descriptors();
    for (let round = 0; round < 300; round++) {
      const reading = read(peer, 100_000);
      await peer.say(octets(100_000));
      same(await reading, octets(100_000));
    }
    // Of 300 streams: a closed one goes a moment later.
    for (let tries = 0; tries < 50 && descriptors() >= before + 20; tries++) await Bun.sleep(20);
    expect(descriptors()).toBeLessThan(before + 20);
  });
}

/** Direct reads, of what is there already. */
async function takes(peer: Ends, sizes: readonly number[]): Promise<void> {
  for (const size of sizes) {
    await peer.say(octets(size));
    expect((await peer.reading.read())?.length).toBe(size);
  }
}

test("takes what is there in one piece of 16 KiB, and once that was full of up to 256 KiB", async () => {
  await takes(pipe(), [16_384, 262_144]);
  await takes(pipe(), [16_383, 16_384, 262_144]);
});

test("takes more than 16 KiB in several pieces at first, and leaves nothing out", async () => {
  const peer = pipe();
  await peer.say(octets(40_000));
  same(await read(peer, 40_000), octets(40_000));
});

test("the stream that waits takes its budget and not one octet more", async () => {
  const peer = pipe();
  const first = peer.reading.read();
  await Bun.sleep(2); // until the stream waits
  await peer.say(octets(150_000));
  let taken = (await first)!.length;
  while (taken < 65536) taken += (await peer.reading.read())!.length;
  await Bun.sleep(2); // for whatever it might read ahead
  const rest = Buffer.alloc(150_000);
  expect(libc.readReady(peer.read, rest)).toBe(150_000 - 65536);
  same(rest.subarray(0, 150_000 - 65536), octets(150_000).subarray(65536));
});

test("a read asked for while another waits gets what comes after it, not an end that is none", async () => {
  for (const size of [1000, 65536, 100_000]) {
    const peer = pipe();
    const reads = Array.from({ length: 4 }, async () => Buffer.from((await peer.reading.read())!));
    await Bun.sleep(2); // until the stream waits
    await peer.say(octets(size));
    await Bun.sleep(2);
    await peer.say(octets(300_000 - size));
    await Bun.sleep(2);
    await peer.say(octets(1));
    await Bun.sleep(2);
    await peer.say(octets(1));
    const got = (await Promise.all(reads)).reduce((sum, { length }) => sum + length, 0);
    const rest = await read(peer, 300_002 - got);
    expect(got + rest.length).toBe(300_002);
  }
});

test("timers run, and others are read, while there is always something to read", async () => {
  const reading = reader(openSync("/dev/zero", "r"));
  cleanup.push(() => reading.cancel());
  const other = pipe();
  let ticks = 0;
  const ticking = setInterval(() => {
    if (++ticks === 5) void other.say(octets(100));
  }, 1);
  let heard = false;
  void other.reading.read().then(() => {
    heard = true;
  });
  const began = performance.now();
  while (performance.now() - began < 100) await reading.read();
  clearInterval(ticking);
  expect(ticks).toBeGreaterThan(10);
  expect(heard).toBe(true);
});

test("a connection that is reset is no end: the read rejects, whether it waited or not", async () => {
  for (const waits of [true, false]) {
    const peer = socket();
    writeSync(peer.read, "never read"); // makes of the other side's close a reset
    const next = () => peer.reading.read().catch(() => "broken");
    const reading = waits ? next() : null;
    await Bun.sleep(2);
    peer.hangUp();
    await Bun.sleep(2);
    expect(await (reading ?? next())).toBe("broken");
  }
});

test("what cannot be read at all rejects, with the system's reason", async () => {
  const reading = reader(openSync(tmpdir(), "r"));
  cleanup.push(() => reading.cancel());
  await expect(reading.read()).rejects.toThrow(/EISDIR/);
});

test("a file is read from where it stands", async () => {
  const directory = mkdtempSync(join(tmpdir(), "protowrap-reader-"));
  cleanup.push(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "said");
  writeFileSync(path, octets(700_000));
  const fd = openSync(path, "r");
  readSync(fd, Buffer.alloc(1000));
  const reading = reader(fd);
  cleanup.push(() => reading.cancel());
  same(await read({ reading }), octets(700_000).subarray(1000));
});

test("cancelled, it gives nothing any more: not what is there, nor what it has, nor what it waits for", async () => {
  const there = pipe();
  await there.say(octets(1000));
  there.reading.cancel();
  expect(await there.reading.read()).toBeNull();

  const now = pipe();
  await now.say(octets(1000));
  const taking = now.reading.read();
  now.reading.cancel();
  expect(await taking).toBeNull();

  const yet = pipe();
  const reading = yet.reading.read();
  yet.reading.cancel();
  expect(await reading).toBeNull();
});

test("cancelled while others have their turn, it does not read a descriptor that is somebody else's by now", async () => {
  const peer = pipe();
  await takes(peer, [16_384, 262_144, 262_144, 262_144]);
  const reading = peer.reading.read();
  peer.reading.cancel();
  const stranger = pipe(); // gets the number just given back
  await stranger.say(octets(1000));
  expect(await reading).toBeNull();
  same(await read(stranger, 1000), octets(1000));
});

test("silence is the end once it has been made so, and only while somebody reads", async () => {
  const peer = pipe();
  peer.reading.endWhenSilent(0.05);
  await Bun.sleep(80);
  await peer.say(octets(1000));
  same(await read(peer, 1000), octets(1000));
  const began = performance.now();
  expect(await peer.reading.read()).toBeNull();
  expect(performance.now() - began).toBeGreaterThan(40);
});

test("where nothing is read ahead, what came together is read together, and no more", async () => {
  const { readEnd, writeEnd } = libc.pipe();
  const exact = reader(readEnd, true);
  const first = exact.read();
  await Bun.sleep(20); // it waits
  writeSync(writeEnd, Buffer.from("RSET\r\n"));
  expect(Buffer.from((await first)!).toString("latin1")).toBe("RSET\r\n");
  writeSync(writeEnd, Buffer.from("later"));
  await Bun.sleep(20);
  const left = new Uint8Array(16);
  expect(libc.readReady(readEnd, left)).toBe(5); // still there for whoever comes next
  exact.cancel();
  libc.close(writeEnd);
});
