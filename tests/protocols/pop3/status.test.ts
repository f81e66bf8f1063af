import { expect, test } from "bun:test";
import { statusOf, writeChallenge, writeStatus } from "../../../src/protocols/pop3/status.ts";

test.each([
  ["+OK", "ok"],
  ["+OK 1 2", "ok"],
  ["+OKAY", null],
  ["+ok", null],
  [" +OK", null],
  ["-ERR", "err"],
  ["-ERR no", "err"],
  ["-ERROR", null],
  ["+", "challenge"],
  ["+ abc", "challenge"],
  ["+abc", null],
  ["", null],
  [".", null],
  ["220 hello", null],
])("%j is %j", (text, status) => expect(statusOf(text)).toBe(status as null));

test("a status line is printable and at most 512 octets", () => {
  expect(writeStatus("+OK a\tb\0\x7f\xe9")).toBe("+OK a?b???\r\n");
  expect(writeStatus(`+OK ${"x".repeat(600)}`)).toHaveLength(512);
});

test("a challenge is printable, has its blank, and is as long as it is", () => {
  expect(writeChallenge("+")).toBe("+ \r\n");
  expect(writeChallenge(`+ ${"x".repeat(600)}\x1b`)).toBe(`+ ${"x".repeat(600)}?\r\n`);
});
