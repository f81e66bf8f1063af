import { describe, expect, test } from "bun:test";
import { Readers } from "../../../src/policy/content/readers.ts";

function read(...lines: string[]) {
  let text = "";
  const readers = new Readers((octets, seen) => {
    text += Buffer.from(octets.subarray(seen)).toString("latin1");
  });
  const view = Buffer.from(lines.map((line) => `${line}\r\n`).join(""), "latin1");
  readers.read(view, view.toString("latin1"), 0);
  const { isOne } = readers;
  readers.end();
  return { lines: text.split("\r\n").slice(0, -1), isOne, unreadable: readers.unreadable };
}

const b64 = (...lines: string[]) => btoa(lines.map((line) => `${line}\r\n`).join(""));
const BASE64 = "Content-Transfer-Encoding: base64";
const MULTIPART = "Content-Type: multipart/mixed; boundary=o";
const MESSAGE = ["Content-Type: message/rfc822", BASE64, ""];

test("of an honest message there is one reading", () => {
  expect(read(MULTIPART, "", "--o", "Subject: x", "", "y", "--o--")).toEqual({
    ...{ lines: [], isOne: true, unreadable: null },
  });
});

test("two that come to the same are one again", () => {
  const two = ["--o", "Content-Type: multipart/mixed; boundary=a; boundary=b", "", "--a", "", "--b", "", "x"];
  expect(read(MULTIPART, "", ...two).isOne).toBeFalse();
  const parts = Array.from({ length: 50 }, () => two).flat();
  expect(read(MULTIPART, "", ...parts, "--o--")).toMatchObject({ isOne: true, unreadable: null });
});

test("messages that are encoded may be many", () => {
  const part = ["--o", ...MESSAGE, b64("Subject: a", " b", "", "c")];
  const parts = Array.from({ length: 50 }, () => part).flat();
  const { lines, unreadable } = read(MULTIPART, "", ...parts, "--o--");
  expect([unreadable, lines.filter((line) => line === "Subject: a b").length >= 50]).toEqual([null, true]);
});

describe("a message that nobody can follow", () => {
  test("has more boundaries than any honest one", () => {
    const fields = Array.from({ length: 9 }, (_, at) => `Content-Type: multipart/mixed; boundary=b${at}`);
    expect(read(...fields, "", "x").unreadable).toBe("mime-ambiguity");
  });

  test("is read in more and more ways", () => {
    const twice = (at: number) => [`Content-Type: multipart/mixed; boundary=a${at}; boundary=b${at}`, ""];
    const nest = (depth: number) =>
      Array.from({ length: depth }, (_, at) => [...twice(at), `--a${at}`, `--b${at}`]).flat();
    expect(read(...nest(3)).unreadable).toBeNull();
    expect(read(...nest(20)).unreadable).toBe("mime-ambiguity");
  });

  test("has encoded messages in encoded messages", () => {
    const nest = (depth: number): string[] =>
      depth === 0 ? ["Subject: a", " b"] : [...MESSAGE, b64(...nest(depth - 1))];
    expect(read(...nest(3))).toMatchObject({
      unreadable: null,
      lines: expect.arrayContaining(["Subject: a b"]),
    });
    expect(read(...nest(4)).unreadable).toBe("mime-nesting");
  });

  test("says what a part is in a field that is too long, or in too many words", () => {
    const boundary = `"${"b".repeat(5000)}"`;
    expect(read(`Content-Type: multipart/mixed; boundary=${boundary}`, "", "x").unreadable).toBe(
      "mime-ambiguity",
    );
    expect(read(`Content-Type: text/plain${"; a=b".repeat(20_000)}`).unreadable).toBe("mime-ambiguity");
    const word = (text: string) => `=?utf-16?B?S=${btoa(text)}?=?=?utf-7?Q?+AGE?x?=`;
    expect(read(`Subject: ${word(word(word("x")))}`, "").unreadable).toBe("mime-ambiguity");
    const hidden = word(word(word("x"))).replaceAll("=?", "=\\?");
    expect(read(`From: "${hidden}" <a@example.org>`, "").unreadable).toBe("mime-ambiguity");
  });
});

describe("where readers differ both are followed:", () => {
  test("a line that is no field", () => {
    expect(read("no field", BASE64, "", btoa("later")).lines).toEqual(["later"]);
    expect(read(BASE64, btoa("soonerx"), "X: y", "", "z").lines).toContainEqual(
      expect.stringMatching(/^sooner/),
    );
    expect(read(MULTIPART, "no field", "", "--o", "no field", BASE64, "", btoa("both")).lines).toEqual([
      "both",
    ]);
  });

  test("a line that begins like a delimiter", () => {
    const part = (delimiter: string, text: string) => [delimiter, BASE64, "", btoa(text)];
    expect(
      read(MULTIPART, "", ...part("--oo", "a"), ...part("--ooo", "b"), "--o--x", btoa("c")).lines,
    ).toEqual(["a", "b"]);
    const nested = [
      MULTIPART,
      "",
      "--o",
      "Content-Type: multipart/mixed; boundary=on",
      "",
      "--onx",
      BASE64,
      "",
    ];
    expect(read(...nested, btoa("longest")).lines).toEqual(["longest"]);
  });

  test("a multipart that is encoded", () => {
    const inner = ["--o", "Subject: a", " b", "", "x", "--o--"];
    expect(read(MULTIPART, BASE64, "", b64(...inner)).lines).toContain("Subject: a b");
    expect(read(MULTIPART, BASE64, "", ...inner).lines).toContain("Subject: a b");
  });
});

test("a field may be a piece of a line, with a word over its border", () => {
  const readers = new Readers(() => {});
  const piece = Buffer.from(`Subject: ${"x".repeat(100)}=`);
  readers.read(piece, piece.toString("latin1"), 0);
  let text = "";
  const more = new Readers((octets) => {
    text += Buffer.from(octets).toString("latin1");
  });
  const whole = "Subject: x=?x?Q?a?=\r\n";
  more.read(Buffer.from(whole.slice(0, 11)), whole.slice(0, 11), 0);
  more.read(Buffer.from(whole), whole, 11);
  more.end();
  expect(text).toBe("Subject: xa\r\n");
});

test("what is in a text as a file may end in a later view", () => {
  let text = "";
  const readers = new Readers((octets) => {
    text += Buffer.from(octets).toString("latin1");
  });
  for (const view of [
    "a: b\r\n\r\nto begin, .begin\r\n.begin 644 x\r\n",
    "%:&5L;&\\\r\n",
    "end\r\nbegin",
    "ning\r\n",
  ])
    readers.read(Buffer.from(view), view, 0);
  readers.end();
  expect(text).toBe("hello\r\n");
});

test("base64 of HTML that can be read in two ways is", () => {
  const text = "S=UxPPGI+VkU8L2I+WU9V";
  expect(read("Content-Type: text/html; charset=utf-7", BASE64, "", text).lines).toContain("ILOVEYOU");
});
