// The files of entries of a listener while they change: taken whole or not at all, and only when nobody writes them.

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Files, filesFrom } from "../../src/options/lists.ts";
import { UsageError } from "../../src/options/usage.ts";
import type { Entry } from "../../src/record/entry.ts";
import { Lists } from "../../src/serve/lists.ts";

const root = mkdtempSync(join(tmpdir(), "protowrap-lists-"));
afterAll(() => rmSync(root, { recursive: true }));

/** Milliseconds in which a file settles, and more. */
const SETTLED = 2500;

let directory: string;
/** Ahead of the clock by which files are marked. */
let ahead: number;
let told: string[];
/** What others are served by. */
let served: string;

beforeEach(() => {
  directory = mkdtempSync(join(root, "files-"));
  ahead = 0;
  told = [];
  served = "";
});

const path = (name: string) => join(directory, name);
function put(name: string, text: string): void {
  writeFileSync(path(`${name}.new`), text);
  chmodSync(path(`${name}.new`), 0o644);
  renameSync(path(`${name}.new`), path(name));
}

/** Lists "a" and "b", of which "b" is of recipients; "wrong" is no entry. */
function lists(restless?: number): Promise<Lists> {
  return Lists.open({
    places: new Map([
      ["a", path("a")],
      ["b", path("b")],
    ]),
    recipients: new Set(["b"]),
    now: () => Date.now() + ahead,
    ...(restless === undefined ? {} : { restless }),
    log: ({ event, level, fields }: Entry) => {
      expect([event, level]).toEqual(["list", 0]);
      const { state, list, error } = fields as { state: string; list: string; error?: string };
      told.push([state, list, ...(error === undefined ? [] : [error])].join(" "));
    },
    async understand(files: Files) {
      const texts = ["a", "b"].map((name) => files(name).text);
      if (texts[0] === null) throw new UsageError("a is not there");
      if (texts.some((text) => text?.includes("wrong"))) throw new UsageError("it is wrong");
      return () => {
        served = texts.map((text) => text?.trim() ?? "nothing").join(" ");
      };
    },
  });
}

const doubts = (all: Lists) => ["a", "b"].map((name) => filesFrom(all.current)(name).doubt);
const texts = (all: Lists) => ["a", "b"].map((name) => filesFrom(all.current)(name).text?.trim());

/** From files that have been there for some time. */
async function settled(): Promise<Lists> {
  put("a", "one\n");
  put("b", "two\n");
  ahead = SETTLED;
  const all = await lists();
  expect([served, doubts(all)]).toEqual(["one two", [null, null]]);
  return all;
}

describe("at the start", () => {
  test("what is in the files counts, and is doubted where it has just been written", async () => {
    put("a", "one\n");
    put("b", "two\n");
    const all = await lists();
    expect(served).toBe("one two");
    expect(doubts(all)).toEqual(["it has been changed just now", "it has been changed just now"]);
    ahead = SETTLED;
    expect(await all.look()).toBe(true);
    expect([doubts(all), told]).toEqual([[null, null], []]);
    expect(await all.look()).toBe(false);
  });

  test("a file that has to be there and is not is a mistake; one of recipients is not", async () => {
    put("b", "two\n");
    expect(lists()).rejects.toThrow("a is not there");
    put("a", "one\n");
    rmSync(path("b"));
    const all = await lists();
    expect([served, texts(all)[1]]).toEqual(["one nothing", undefined]);
    put("b", "two\n");
    ahead = SETTLED;
    expect(await all.look()).toBe(true);
    expect([served, told]).toEqual(["one two", ["loaded b"]]);
  });

  test("a line that is no entry is a mistake", async () => {
    put("a", "wrong\n");
    put("b", "two\n");
    expect(lists()).rejects.toThrow("it is wrong");
  });
});

describe("a file that changes", () => {
  test("is taken when it has settled, and those who serve are told", async () => {
    const all = await settled();
    ahead = 0;
    put("a", "three\n");
    expect(await all.look()).toBe(false); // what is doubted matters for recipients only
    expect([served, texts(all)]).toEqual(["one two", ["one", "two"]]);
    ahead = SETTLED;
    expect(await all.look()).toBe(true);
    expect([served, texts(all), told]).toEqual(["three two", ["three", "two"], ["loaded a"]]);
  });

  test("is doubted meanwhile where whoever is not in it would be sent away", async () => {
    const all = await settled();
    ahead = 0;
    put("b", "four\n");
    expect(await all.look()).toBe(true);
    expect([texts(all)[1], doubts(all)[1]]).toEqual(["two", "it has been changed just now"]);
    expect(await all.look()).toBe(false);
    ahead = SETTLED;
    expect(await all.look()).toBe(true);
    expect([texts(all)[1], doubts(all)[1], told]).toEqual(["four", null, ["loaded b"]]);
  });

  test("and is wrong is told once, and what was in it before counts on until it is right", async () => {
    const all = await settled();
    put("a", "wrong\n");
    ahead = SETTLED;
    for (let looks = 0; looks < 3; looks++) expect(await all.look()).toBe(false);
    expect([served, told]).toEqual(["one two", ["kept-old a it is wrong"]]);
    put("a", "right\n");
    expect(await all.look()).toBe(true);
    expect([served, told[1]]).toEqual(["right two", "loaded a"]);
    put("a", "wrong\n");
    await all.look();
    expect([served, told[2]]).toEqual(["right two", "kept-old a it is wrong"]);
  });

  test("one that is wrong keeps no other from being taken", async () => {
    const all = await settled();
    put("a", "wrong\n");
    put("b", "four\n");
    ahead = SETTLED;
    expect(await all.look()).toBe(true);
    expect(served).toBe("one four");
  });

  test.each([
    ["is gone", () => unlinkSync(path("b")), "it is not there, or not for us to see"],
    ["is emptied", () => put("b", ""), "it has no entry"],
    ["has only comments", () => put("b", "# two\n\n"), "it has no entry"],
    ["has half a line at its end", () => put("b", "two\nthr"), "its last line has no end"],
    ["is not ours alone", () => chmodSync(path("b"), 0o666), "its group or others may write it"],
  ])("and %s is kept as it was, and doubted", async (_, change, error) => {
    const all = await settled();
    change();
    ahead = SETTLED;
    expect(await all.look()).toBe(true);
    expect(await all.look()).toBe(false);
    expect([texts(all)[1], doubts(all)[1], told]).toEqual(["two", error, [`kept-old b ${error}`]]);
    put("b", "back\n");
    expect(await all.look()).toBe(true);
    expect([texts(all)[1], doubts(all)[1], told[1]]).toEqual(["back", null, "loaded b"]);
  });

  test("that need not have entries may be emptied", async () => {
    const all = await settled();
    put("a", "");
    ahead = SETTLED;
    expect(await all.look()).toBe(true);
    expect(served).toBe(" two");
  });

  test("all the time is told of after a while, once, and taken when it is left in peace", async () => {
    await settled();
    const all = await lists(0);
    ahead = 0;
    for (const text of ["three\n", "four\n", "five\n"]) {
      put("b", text);
      await all.look();
    }
    expect([served, told]).toEqual(["one two", ["kept-old b it has been changed just now"]]);
    ahead = SETTLED;
    await all.look();
    expect([served, told[1]]).toEqual(["one five", "loaded b"]);
  });
});
