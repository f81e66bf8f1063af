// The Maildir on a real disk.

import { afterEach, beforeEach, expect, mock, spyOn, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Maildir } from "../../src/sink/maildir.ts";
import { Maildrop } from "../../src/sink/maildrop.ts";
import { decode, encode } from "../../src/wire/latin1.ts";

let directory: string;
let maildir: Maildir;

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), "protowrap-maildir-"));
  maildir = new Maildir(directory);
});

afterEach(() => {
  mock.restore();
  fs.rmSync(directory, { recursive: true, force: true });
});

function files(folder: string): string[] {
  return fs.readdirSync(join(directory, folder));
}

function store(text: string): string {
  const delivery = maildir.begin();
  delivery.write(encode(text));
  return delivery.commit();
}

test("a message is in tmp/ until it is committed, then in new/, octet for octet", () => {
  const delivery = maildir.begin();
  delivery.write(encode("Subject: x\r\n\r\n"));
  delivery.write(encode("\xff\0\r\n"));
  expect([files("tmp").length, files("new").length]).toEqual([1, 0]);
  const name = delivery.commit();
  expect(files("tmp")).toEqual([]);
  expect(files("new")).toEqual([name]);
  expect(fs.readFileSync(join(directory, "new", name), "latin1")).toBe("Subject: x\r\n\r\n\xff\0\r\n");
});

test("commit: the file to disk, then its new name, then the directory to disk", () => {
  const calls: string[] = [];
  const delivery = maildir.begin();
  const { fsyncSync, renameSync } = { ...fs };
  spyOn(fs, "fsyncSync").mockImplementation((file) => {
    const kind = fs.fstatSync(file).isDirectory() ? "directory" : "file";
    calls.push(`fsync ${kind}`);
    fsyncSync(file);
  });
  spyOn(fs, "renameSync").mockImplementation((from, to) => {
    calls.push("rename");
    renameSync(from, to);
  });
  delivery.commit();
  expect(calls).toEqual(["fsync file", "rename", "fsync directory"]);
});

test("a discarded message leaves nothing", () => {
  const delivery = maildir.begin();
  delivery.write(encode("half"));
  delivery.discard();
  expect([...files("tmp"), ...files("new")]).toEqual([]);
});

test("names are unique, and fit for a Maildir and for UIDL", () => {
  const names = Array.from({ length: 100 }, () => store("x"));
  expect(new Set(names).size).toBe(100);
  for (const name of names) expect(name).toMatch(/^\d+\.M\d{6}P\d+Q\d+R[0-9a-f]+\.[^/:]+$/);
});

test("messages of new/ and cur/ come oldest first, and flags do not change who they are", () => {
  for (const path of ["new/30.b.h", "cur/9.z.h:2,S", "cur/30.a.h:2,", "new/.hidden"])
    fs.writeFileSync(join(directory, path), path);
  expect(maildir.messages().map((message) => message.id)).toEqual(["9.z.h", "30.a.h", "30.b.h"]);
  fs.renameSync(join(directory, "new/30.b.h"), join(directory, "cur/30.b.h:2,RS"));
  expect(maildir.messages().map((message) => message.id)).toEqual(["9.z.h", "30.a.h", "30.b.h"]);
});

test("a message longer than any chunk is read whole", () => {
  const text = "0123456789abcde\n".repeat(10_000);
  store(text);
  const [entry] = new Maildrop(maildir).entries;
  let read = "";
  for (const piece of entry!.text()) read += decode(piece);
  expect(read).toBe(text.replaceAll("\n", "\r\n"));
  expect(entry!.size).toBe(read.length);
});

test("removing removes the file", () => {
  store("x");
  maildir.messages()[0]!.remove();
  expect(files("new")).toEqual([]);
});

test("only what was abandoned 36 hours ago is swept from tmp/", () => {
  fs.writeFileSync(join(directory, "tmp/old"), "");
  const hours = (count: number) => Date.now() + count * 3600 * 1000;
  maildir.sweep(hours(35));
  expect(files("tmp")).toEqual(["old"]);
  maildir.sweep(hours(37));
  expect(files("tmp")).toEqual([]);
});
