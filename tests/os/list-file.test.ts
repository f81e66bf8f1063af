// A file of entries is read whole, or it is said why not.

import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { markOf, readListFile } from "../../src/os/list-file.ts";

const directory = mkdtempSync(join(tmpdir(), "protowrap-lists-"));
afterAll(() => rmSync(directory, { recursive: true }));
const path = (name: string) => join(directory, name);

function put(name: string, content: string | Uint8Array, mode = 0o644): string {
  writeFileSync(path(name), content);
  chmodSync(path(name), mode);
  return path(name);
}

describe("a file", () => {
  test.each([
    ["as it is", "a\nb\n", "\na\nb\n", true],
    ["with CRLF", "a\r\nb\r\n", "\na\r\nb\r\n", true],
    ["whose last line has no end", "a\nb", "\na\nb\n", false],
    ["with nothing in it", "", "\n", true],
    ["of an empty line", "\n", "\n\n", true],
    ["in UTF-8", "ü\n", "\nü\n", true],
    ["with a byte order mark", "\ufeffa\n", "\n   a\n", true],
    ["with NUL in it", "a\0b\n", "\na\0b\n", true],
  ])("%s", (_, content, text, isWhole) => {
    const read = readListFile(put("file", content));
    expect(read).toMatchObject({ text, isWhole, error: "" });
    expect(Math.abs(read.changed - Date.now())).toBeLessThan(10_000);
  });

  test("that many lines are in", () => {
    const content = "first.last@example.test\n".repeat(100_000);
    expect(readListFile(put("many", content)).text).toBe(`\n${content}`);
  });

  test("tells when it was changed, whatever its times are set to", () => {
    const name = put("set", "a\n");
    utimesSync(name, 1, 1);
    expect(Math.abs(readListFile(name).changed - Date.now())).toBeLessThan(10_000);
  });

  test("behind a link is what the link leads to", () => {
    symlinkSync(put("target", "a\n"), path("link"));
    expect(readListFile(path("link")).text).toBe("\na\n");
  });
});

describe("what is not read", () => {
  test.each([
    ["nothing", () => path("nothing"), "it is not there, or not for us to see"],
    ["a directory", () => directory, "it is no regular file"],
    ["a named pipe", () => pipe(), "it is no regular file"],
    ["a device", () => "/dev/zero", "it is no regular file"],
    ["a link to a device", () => device(), "it is no regular file"],
    ["what its group may write", () => put("group", "a\n", 0o664), "its group or others may write it"],
    ["what others may write", () => put("others", "a\n", 0o646), "its group or others may write it"],
    ["what is too large", () => sparse(), "it has more than 67108864 octets"],
  ])("%s", (_, make, error) => {
    expect(readListFile(make())).toEqual({ text: null, error, isWhole: false, changed: 0 });
  });

  test("what we may not read", () => {
    const name = put("secret", "a\n", 0o000);
    const { text, error } = readListFile(name);
    if (process.getuid!() === 0) expect(text).toBe("\na\n");
    else expect(error).toBe("it cannot be opened");
  });
});

test("what is written while it is read is read again, and never half of it", async () => {
  const whole = (letter: string) => `${letter.repeat(99)}\n`.repeat(20_000);
  const name = put("written", whole("a"));
  const writer = Bun.spawn([process.execPath, "-e", WRITER, name], { stdout: "ignore", stderr: "inherit" });
  try {
    let read = 0;
    const seen = new Set<string>();
    for (const until = performance.now() + 600; performance.now() < until; read++) {
      const { text, error } = readListFile(name);
      if (text === null) seen.add(error);
      else
        expect(
          new Set(
            text
              .slice(1, -1)
              .split("\n")
              .map((line) => line.length),
          ),
        ).toEqual(new Set([99]));
      await Bun.sleep(1);
    }
    expect(read).toBeGreaterThan(10);
    expect([...seen].filter((error) => error !== "somebody is writing it")).toEqual([]);
  } finally {
    writer.kill();
    await writer.exited;
  }
});

/** Puts another file in its place, and never changes one. */
const WRITER = `
  const { renameSync, writeFileSync } = require("node:fs");
  for (let turn = 0; ; turn++) {
    writeFileSync(process.argv[1] + ".new", ("abc"[turn % 3].repeat(99) + "\\n").repeat(20_000), { mode: 0o644 });
    renameSync(process.argv[1] + ".new", process.argv[1]);
  }`;

test("a mark is another one when the file is, and none where none is", () => {
  const name = put("marked", "a\n");
  const before = markOf(name);
  expect(markOf(name)).toBe(before);
  put("marked", "b\n");
  expect(markOf(name)).not.toBe(before);
  expect(markOf(path("nothing"))).toBe("");
});

function pipe(): string {
  const name = path("pipe");
  expect(Bun.spawnSync(["mkfifo", "-m", "600", name]).exitCode).toBe(0);
  return name;
}

function device(): string {
  mkdirSync(path("links"), { recursive: true });
  symlinkSync("/dev/zero", path("links/zero"));
  return path("links/zero");
}

function sparse(): string {
  const fd = openSync(path("large"), "w", 0o644);
  writeSync(fd, "a\n");
  ftruncateSync(fd, 1 << 30);
  closeSync(fd);
  return path("large");
}
