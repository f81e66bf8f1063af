// Entries that stand in files: every kind of list takes them, as if the option had said them itself, and what is wrong
// with a file is a mistake of the start.

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesFrom, filesIn, listed, writeFiles } from "../../src/options/lists.ts";
import { readNow } from "../../src/options/read-lists.ts";
import { resolve, zonesOf } from "../../src/options/resolve.ts";
import { settingsOf } from "../../src/options/settings.ts";
import {
  CONTENT,
  DOMAINS,
  NETWORKS,
  PATTERNS,
  RECIPIENTS,
  type Table,
  TEXT,
} from "../../src/options/table.ts";
import { encode } from "../../src/wire/latin1.ts";

const table = {
  nets: { takes: NETWORKS, group: "X", help: "x" },
  clear: {
    takes: { kind: "networks", words: { nobody: "refuse", anybody: "allow" } },
    group: "X",
    help: "x",
  },
  ours: { takes: DOMAINS, group: "X", help: "x" },
  senders: { takes: PATTERNS, group: "X", help: "x" },
  bodies: { takes: CONTENT, group: "X", help: "x" },
  people: { takes: RECIPIENTS, group: "X", help: "x" },
  plain: { takes: TEXT, list: true, group: "X", help: "x" },
} as const satisfies Table;

const directory = mkdtempSync(join(tmpdir(), "protowrap-lists-"));
afterAll(() => rmSync(directory, { recursive: true }));

function file(text: string, name = "list"): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, 0o644);
  return `file:${path}`;
}

type Said = { readonly [Name in keyof typeof table]?: readonly string[] };
const NOTHING = { nets: [], clear: [], ours: [], senders: [], bodies: [], people: [], plain: [] };
const settings = (said: Said) => settingsOf({ ...NOTHING, ...said });

async function values(said: Said, isForMany = false) {
  return (await resolve(settings(said), table, { isForMany }))(null).read(table);
}

describe("a file says of", () => {
  test("networks what the option says itself, beside it", async () => {
    const { nets } = await values({ nets: [file("192.0.2.0/24\n2001:DB8::/32\r\n# x\n"), "10"] });
    expect(["192.0.2.7", "2001:db8::9", "10.1.2.3", "11.1.1.1", null].map((one) => nets.has(one))).toEqual([
      ...[true, true, true, false, false],
    ]);
  });

  test("networks with words nothing but networks", async () => {
    const { clear } = await values({ clear: [file("192.0.2.0/24\n")] });
    expect([clear!.has("192.0.2.1"), clear!.has("192.0.3.1")]).toEqual([true, false]);
    const { clear: worded } = await values({ clear: [file("allow\n")] });
    expect(() => worded!.has("192.0.2.1")).toThrow(
      'line 1: expected an address, a network or a prefix, got "allow"',
    );
  });

  test("domains", async () => {
    const { ours } = await values({ ours: [file("a.test\n.B.test\n"), "c.test"] });
    const asked = ["A.test", "x.b.test", "b.test", "c.test", "x.a.test", null];
    expect(asked.map((one) => ours.has(one))).toEqual([true, true, false, true, false, false]);
  });

  test("expressions, in which # may stand", async () => {
    const { senders } = await values({ senders: [file("  # spam\n^spam#\nfoo bar # x\n"), "x$"] });
    const matched = ["spam#1", "foo bar # x", "foo bar", "ax"].map((text) =>
      senders.some((one) => one.test(text)),
    );
    expect(matched).toEqual([true, true, false, true]);
  });

  test("recipients", async () => {
    const path = file("ann@a.test\n");
    const read = { text: "\nann@a.test\n", doubt: null };
    const { people } = (await resolve(settings({ people: [path, "@b.test"] }), table, { files: () => read }))(
      null,
    ).read(table);
    const standings = [
      ["ann", "a.test"],
      ["bob", "a.test"],
      ["bob", "b.test"],
    ].map(([localPart, domain]) => people!.standing({ localPart: localPart!, domain: domain! }).is);
    expect(standings).toEqual(["known", "unknown", "known"]);
  });

  test("plain text nothing: there it is an entry like any other", async () => {
    expect((await values({ plain: ["file:/x"] })).plain).toEqual(["file:/x"]);
  });
});

describe("many expressions", () => {
  const many = Array.from({ length: 100 }, (_, index) => `x${index}$`);

  test("match as few do", async () => {
    const { senders, bodies } = await values({ senders: many, bodies: [file(`${many.join("\n")}\n`)] });
    expect(["ax99", "ax100", "x7"].map((text) => senders.some((one) => one.test(text)))).toEqual([
      ...[true, false, true],
    ]);
    const inspector = bodies!();
    expect(inspector.octets(encode("\r\nax42\r\n")) ?? inspector.end()).toBe("block-body#43");
  });

  test("of which one is none are a mistake when they are asked, and at the start of whoever serves many", async () => {
    const said = { senders: [file(`${many.join("\n")}\nfoo(\n`)] };
    const { senders } = await values(said);
    expect(() => senders[0]!.test("x")).toThrow("list, line 101: expected a regular expression, got ");
    expect(values(said, true)).rejects.toThrow("line 101: expected a regular expression");
  });
});

describe("what is wrong with a file is told with the option and the file", () => {
  test.each([
    ["it is not there", { nets: ["file:/nowhere/list"] }, "--nets: /nowhere/list: it is not there"],
    ["no regular file", { ours: [`file:${directory}`] }, "--ours: "],
    ["no path", { senders: ["file:"] }, "--senders: : it is not there"],
    ["no expression", { bodies: [file("ok\nfoo(\n", "bad")] }, "bad, line 2: expected a regular expression"],
  ])("%s", async (_, said, message) => {
    expect(values(said)).rejects.toThrow(message);
  });

  test("a line that is no entry: at the start of whoever serves many, and whenever somebody is asked about", async () => {
    const said = { nets: [file("10\n10.0.0.0.1\n")], ours: [file("a.test\nmüller..test\n", "domains")] };
    expect(values(said, true)).rejects.toThrow(
      'list, line 2: expected an address, a network or a prefix, got "10.',
    );
    const { nets, ours } = await values(said);
    expect(() => nets.has("10.0.0.1")).toThrow("line 2");
    expect(() => ours.has("a.test")).toThrow('domains, line 2: expected a domain, got "müller..test"');
  });

  test("a line of blackhole lists, too", async () => {
    const said = settings({ plain: ["own.test", file("bl.test=2\nbad zone\n", "zones")] });
    expect(zonesOf(said, "plain", readNow)).rejects.toThrow(
      'zones, line 2: expected ZONE[=CODE,...], got "bad zone"',
    );
    const good = settings({ plain: ["own.test", file("bl.test=2\n", "zones")] });
    expect(await zonesOf(good, "plain", readNow)).toEqual(["own.test", "bl.test=2"]);
  });

  test("a recipient that begins as a comment does", async () => {
    expect(values({ people: ["#ann@a.test"] })).rejects.toThrow("--people: expected an address, @domain");
  });

  test("whoever comes finds it, also where another file or the option itself has an answer", async () => {
    const { nets } = await values({ nets: [file("10\n", "good"), "11", file("x\n", "bad")] });
    for (const client of ["10.0.0.1", "11.0.0.1", "12.0.0.1"])
      expect(() => nets.has(client)).toThrow("bad, line 1");
  });

  test("of recipients it is none: who is not in it is told to come again", async () => {
    const { people } = await values({ people: ["file:/nowhere/list"] }, true);
    expect(people!.standing({ localPart: "ann", domain: "a.test" })).toEqual({
      is: "unsure",
      why: { list: "/nowhere/list", error: "it is not there, or not for us to see", isNew: true },
    });
  });

  test("but a line that is no recipient is one at the start of whoever serves many", async () => {
    expect(values({ people: [file("ann\n")] }, true)).rejects.toThrow('line 1 is no entry: "ann"');
    expect(values({ people: ["ann"] })).rejects.toThrow("--people: expected an address, @domain");
  });
});

test("the files of options are each told once, those of the host's users among them", () => {
  const said = settings({
    nets: ["10", "file:/a"],
    ours: ["file:/a", "file:b"],
    people: ["system", "file:/c"],
  });
  expect(filesIn(said, table)).toEqual(["/a", "b", "/c", "/etc/passwd", "/etc/aliases"]);
});

test("what another process is told is what was read", () => {
  const known = new Map([["/a", { text: "\nä\0\n", doubt: null }]]);
  expect(filesFrom(writeFiles(known))("/a")).toEqual({ text: "\nä\0\n", doubt: null });
  expect(filesFrom(writeFiles(known))("/b").text).toBeNull();
});

test("a file is doubted that has changed just now, that has no end, or that cannot be had", () => {
  const now = 1_000_000;
  const read = { text: "\na\n", error: "", isWhole: true, changed: now - 60_000 };
  expect(listed(read, now).doubt).toBeNull();
  expect(listed({ ...read, changed: now - 1000 }, now).doubt).toBe("it has been changed just now");
  expect(listed({ ...read, changed: now + 1000 }, now).doubt).toBe("it has been changed just now");
  expect(listed({ ...read, isWhole: false }, now).doubt).toBe("its last line has no end");
  expect(listed({ ...read, text: null, error: "no" }, now)).toEqual({ text: null, doubt: "no" });
});
