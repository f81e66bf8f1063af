// What permissions allow whom, on real files.

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changers, whyNotRunnable } from "../../../src/cli/check/rights.ts";

const isRoot = process.getuid!() === 0;
const base = mkdtempSync(join(tmpdir(), "protowrap-rights-"));
afterAll(() => rmSync(base, { recursive: true }));

let folder: string;
let file: string;
beforeEach(() => {
  chmodSync(base, 0o755);
  folder = mkdtempSync(join(base, "x"));
  chmodSync(folder, 0o755);
  file = join(folder, "server");
  writeFileSync(file, "#!/bin/sh\n");
  chmodSync(file, 0o755);
});

const somebody = { name: "ann", uid: 64123, gid: 64124 };
const root = { name: "root", uid: 0, gid: 0 };

describe("a program can be run", () => {
  test("by whom its mode allows", () => {
    expect(whyNotRunnable(file, somebody)).toBeNull();
    chmodSync(file, 0o744);
    expect(whyNotRunnable(file, somebody)).toBe("ann may not execute it");
    expect(whyNotRunnable(file, root)).toBeNull();
    expect(whyNotRunnable(file, null)).toBeNull();
  });

  test("not at all when it is missing, a directory or not executable", () => {
    expect(whyNotRunnable(join(folder, "no"), root)).toBe("there is no such file");
    expect(whyNotRunnable(folder, root)).toBe("it is no file");
    chmodSync(file, 0o644);
    expect(whyNotRunnable(file, root)).toBe("nobody may execute it");
    expect(whyNotRunnable(file, null)).toBe("nobody may execute it");
  });

  test("only by who may enter every directory above it, of a symbolic link too", () => {
    const link = join(base, "link");
    symlinkSync(file, link);
    chmodSync(folder, 0o700);
    expect(whyNotRunnable(file, somebody)).toBe(`ann may not enter ${folder}`);
    expect(whyNotRunnable(link, somebody)).toBe(`ann may not enter ${folder}`);
    rmSync(link);
  });

  test.if(isRoot)("by its owner and its group as their own bits say", () => {
    chownSync(file, somebody.uid, somebody.gid);
    chmodSync(file, 0o077);
    expect(whyNotRunnable(file, somebody)).toBe("ann may not execute it");
    expect(whyNotRunnable(file, { ...somebody, uid: 64125 })).toBeNull();
    chmodSync(file, 0o100);
    expect(whyNotRunnable(file, root)).toBeNull();
    chmodSync(file, 0o707);
    expect(whyNotRunnable(file, { ...somebody, uid: 64125 })).toBe("ann may not execute it");
  });
});

describe("what can be changed", () => {
  test("is nothing that only its owner writes, below a sticky directory", () => {
    expect(changers(file, isRoot)).toEqual([]);
  });

  test("is a file or a directory that anyone may write", () => {
    chmodSync(file, 0o757);
    expect(changers(file, isRoot)).toEqual([`anyone can write ${file}`]);
    chmodSync(file, 0o755);
    chmodSync(folder, 0o757);
    expect(changers(file, isRoot)).toEqual([`anyone can write ${folder}`]);
    chmodSync(folder, 0o1757);
    expect(changers(file, isRoot)).toEqual([]);
  });

  test("is where a symbolic link leads, too", () => {
    const inner = join(folder, "inner");
    mkdirSync(inner);
    chmodSync(inner, 0o757);
    writeFileSync(join(inner, "real"), "");
    const link = join(folder, "link");
    symlinkSync(join(inner, "real"), link);
    expect(changers(link, isRoot)).toEqual([`anyone can write ${inner}`]);
  });

  test.if(isRoot)(
    "is what a group may write, unless it is root's, and what root relies on and does not own",
    () => {
      chmodSync(file, 0o775);
      expect(changers(file, true)).toEqual([]);
      chownSync(file, 0, somebody.gid);
      expect(changers(file, true)).toEqual([`group ${somebody.gid} can write ${file}`]);
      chmodSync(file, 0o755);
      chownSync(file, somebody.uid, somebody.gid);
      expect(changers(file, true)).toEqual([`user ${somebody.uid} owns ${file}`]);
      expect(changers(file, false)).toEqual([]);
    },
  );
});
