// Replies of a server: what is one, what is none, their bounds, and how a client gets to see them.

import { describe, expect, test } from "bun:test";
import { ReplyReader, writeReply } from "../../../src/protocols/smtp/reply.ts";

function read(...lines: string[]) {
  const reader = new ReplyReader();
  return lines.map((line) => reader.line(line)).at(-1);
}

describe("replies", () => {
  test.each([
    [["250 ok"], { code: "250", lines: ["ok"] }],
    [["250"], { code: "250", lines: [""] }],
    [["250 "], { code: "250", lines: [""] }],
    [["250-a", "250-", "250 c"], { code: "250", lines: ["a", "", "c"] }],
    [["250-a", "250"], { code: "250", lines: ["a", ""] }],
    [["559 odd but legal"], { code: "559", lines: ["odd but legal"] }],
    [["250 a\rb\u2028\0"], { code: "250", lines: ["a\rb\u2028\0"] }],
  ])("%j is one", (lines, reply) => {
    expect(read(...lines)).toEqual(reply);
  });

  test("lines with a hyphen wait for more", () => {
    expect(read("250-a")).toBeNull();
    expect(read("250-a", "250-b")).toBeNull();
  });

  test.each([
    [["hello"]],
    [[""]],
    [["25 x"]],
    [["2500 x"]],
    [["250x"]],
    [["250\tx"]],
    [["250.x"]],
    [[" 250 x"]],
    [["150 x"]],
    [["650 x"]],
    [["260 x"]],
    [["2a0 x"]],
    [["250-a", "251 b"]],
    [["250-a", "x"]],
    [["250-a", "250b"]],
  ])("%j is none", (lines) => {
    expect(read(...lines)).toBe("fault");
  });

  test("a reader reads one reply after the other", () => {
    const reader = new ReplyReader();
    expect(reader.line("250-a")).toBeNull();
    expect(reader.line("250 b")).toEqual({ code: "250", lines: ["a", "b"] });
    expect(reader.line("550 c")).toEqual({ code: "550", lines: ["c"] });
  });

  test("64 KiB with line ends are a reply, also behind another, and one octet more is none", () => {
    const reader = new ReplyReader();
    for (let turn = 0; turn < 2; turn++) {
      for (let count = 0; count < 63; count++) expect(reader.line("250-".padEnd(1022, "x"))).toBeNull();
      expect(reader.line("250 ".padEnd(1022, "x"))).toMatchObject({ code: "250" });
    }
    for (let count = 0; count < 63; count++) expect(reader.line("250-".padEnd(1022, "x"))).toBeNull();
    expect(reader.line("250 ".padEnd(1023, "x"))).toBe("fault");
  });

  test("what was read before does not count for the next one", () => {
    const reader = new ReplyReader();
    for (let count = 0; count < 100; count++)
      expect(reader.line(`250 ${"x".repeat(2000)}`)).toMatchObject({ code: "250" });
    for (let count = 0; count < 300; count++) {
      expect(reader.line("250-a")).toBeNull();
      expect(reader.line("250 b")).toMatchObject({ lines: ["a", "b"] });
    }
  });

  test("256 lines are a reply, 257 are none", () => {
    expect(read(...Array(255).fill("250-x"), "250 x")).toMatchObject({ code: "250" });
    expect(read(...Array(256).fill("250-x"), "250 x")).toBe("fault");
  });

  test("64 KiB are a reply, one octet more is none", () => {
    const line = (octets: number) => `250-${"x".repeat(octets - 6)}`;
    const most = Array(32).fill(line(2048));
    expect(read(...most.slice(1), line(2040), "250 ok")).toMatchObject({ code: "250" });
    expect(read(...most.slice(1), line(2041), "250 ok")).toBe("fault");
  });
});

describe("a reply for the client", () => {
  test.each([
    [["ok"], "250 ok\r\n"],
    [[""], "250 \r\n"],
    [["a", "", "c"], "250-a\r\n250-\r\n250 c\r\n"],
    [["a\rb\nc\0d\x1be\x80\xff\t\x7f~ "], "250 a?b?c?d?e????~ \r\n"],
  ])("of %j is printable", (lines, wanted) => {
    expect(writeReply({ code: "250", lines })).toBe(wanted);
  });
});
