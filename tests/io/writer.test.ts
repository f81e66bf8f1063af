import { dlopen } from "bun:ffi";
import { afterEach, expect, test } from "bun:test";
import { close, connectEnds, TRANSPORTS } from "../../scripts/benchmark/os.ts";
import { writer } from "../../src/io/writer.ts";
import * as libc from "../../src/os/libc.ts";

const { fcntl } = dlopen("libc.so.6", { fcntl: { args: ["i32", "i32", "i32"], returns: "i32" } }).symbols;
const F_SETFL = 4;
const O_DIRECT = process.arch === "arm64" ? 0o200000 : 0o40000;

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const one of cleanup.splice(0)) one();
});

function pipe() {
  const { readEnd, writeEnd } = libc.pipe();
  const writing = writer(writeEnd);
  cleanup.push(
    () => writing.end(),
    () => libc.close(readEnd),
  );
  return { writing, readEnd };
}

/** Takes what the pipe holds, until it is empty for a moment. */
async function drain(fd: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const buffer = Buffer.alloc(65536);
  for (let idle = 0; idle < 5; ) {
    const got = libc.isReady(fd) ? libc.readReady(fd, buffer) : null;
    if (got === 0) break;
    if (got === null) idle++;
    else chunks.push(Buffer.from(buffer.subarray(0, got)));
    await Bun.sleep(1);
  }
  return Buffer.concat(chunks);
}

test("what the kernel takes is written when the call returns", () => {
  const { writing, readEnd } = pipe();
  writing.write(Buffer.from("220 ready\r\n"));
  expect(writing.flush()).toBeNull();
  const got = Buffer.alloc(100);
  expect(libc.readReady(readEnd, got)).toBe(11);
});

test("what is small waits for the flush, and leaves in one write", () => {
  const { writeEnd, readEnd } = libc.pipe();
  expect(fcntl(writeEnd, F_SETFL, O_DIRECT)).toBe(0); // each read gives one write, and no more of it
  const writing = writer(writeEnd);
  cleanup.push(
    () => writing.end(),
    () => libc.close(readEnd),
  );
  const got = Buffer.alloc(100_000);
  const next = () => got.toString("latin1", 0, libc.readReady(readEnd, got)!);
  writing.write(Buffer.from("+OK\r\n"));
  writing.write(Buffer.from("text\r\n"));
  expect(libc.isReady(readEnd)).toBe(false);
  writing.flush();
  expect(next()).toBe("+OK\r\ntext\r\n");
  writing.write(Buffer.from("+OK\r\n"));
  writing.write(Buffer.alloc(9000, "x"));
  expect(next()).toBe(`+OK\r\n${"x".repeat(4091)}`); // a packet of a pipe is a page
});

test("cancelled, it writes nothing of what was not with the kernel", async () => {
  const { writing, readEnd } = pipe();
  writing.write(Buffer.from("DATA\r\n"));
  writing.cancel();
  writing.cancel();
  expect((await drain(readEnd)).length).toBe(0);
});

test("what the kernel does not take yet is a copy: the octets are the caller's again", async () => {
  const { writing, readEnd } = pipe();
  const octets = Buffer.alloc(300_000);
  for (const letter of ["a", "b", "c"]) writing.write(octets.fill(letter));
  octets.fill("x");
  const flushed = writing.flush();
  expect(flushed).toBeInstanceOf(Promise);
  const got = await drain(readEnd);
  await flushed;
  expect(got.toString("latin1").replace(/(.)\1*/g, (run, letter) => `${letter}${run.length} `)).toBe(
    "a300000 b300000 c300000 ",
  );
});

test("ended, it writes what it had taken and then is closed", async () => {
  const { writing, readEnd } = pipe();
  writing.write(Buffer.alloc(400_000));
  writing.end();
  writing.write(Buffer.from("too late"));
  expect((await drain(readEnd)).length).toBe(400_000);
  expect(libc.readReady(readEnd, Buffer.alloc(1))).toBe(0);
});

for (const transport of TRANSPORTS) {
  for (const much of [false, true]) {
    const name = `to a ${transport.id} that nobody reads any more ${much ? "with much waiting" : "at once"}`;
    test(`a write ${name} is told by every flush from then on, and by nothing else`, async () => {
      const { childIn, childOut, read, write } = connectEnds(transport);
      const writing = writer(childOut);
      cleanup.push(() => writing.end());
      let waiting: Promise<unknown> | null = null;
      if (!much) {
        writing.write(Buffer.from("220 ready\r\n")); // never read, it makes a reset of the close
        writing.flush();
      } else
        while (waiting === null) {
          writing.write(Buffer.alloc(262_144));
          waiting = writing.flush();
        }
      close(...new Set([read, write, ...(childIn === childOut ? [] : [childIn])]));
      if (waiting !== null) await expect(waiting).rejects.toThrow();
      await Bun.sleep(5);
      for (let time = 0; time < 3; time++) {
        writing.write(Buffer.from("250 ok\r\n"));
        await expect(Promise.resolve(writing.flush())).rejects.toThrow();
      }
    });
  }
}
