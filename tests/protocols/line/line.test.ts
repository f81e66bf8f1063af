import { expect, test } from "bun:test";
import { line } from "../../../src/protocols/line/line.ts";
import type { LineOptions } from "../../../src/protocols/line/options.ts";
import type { Place, Step } from "../../../src/protocols/protocol.ts";
import { converse, reading } from "../../reading.ts";
import { SETUP } from "../../transcripts.ts";

const OPTIONS: LineOptions = { maxLineLength: 20, onLongLine: "truncate", finalLine: "drop" };

function say(text: string, options: Partial<LineOptions> = {}, tooLong = false): Step {
  const conversation = converse(line, SETUP, { ...OPTIONS, ...options });
  return conversation.clientLine({ text, octets: text.length + 2, tooLong });
}

test("a line is passed with CRLF, whatever it says", () => {
  expect(say("a1 LOGIN u p\t\xff\x7f")).toEqual({ server: "a1 LOGIN u p\t\xff\x7f\r\n", next: "command" });
  expect(say("")).toEqual({ server: "\r\n", next: "command" });
});

test.each([...Array(32).keys()].filter((octet) => octet !== 9))("octet %d is not passed", (octet) => {
  expect(say(`a${String.fromCharCode(octet)}b`)).toEqual({ refused: "control-octet", next: "command" });
});

test("a line is cut so that it is within the limit with its CRLF", () => {
  expect(say("x".repeat(20), {}, true).server).toBe(`${"x".repeat(18)}\r\n`);
  expect(say("x".repeat(19)).server).toBe(`${"x".repeat(18)}\r\n`);
  expect(say("x".repeat(18)).log).toBeUndefined();
  expect(say(`\0${"x".repeat(19)}`, {}, true).refused).toBe("control-octet");
});

test("the end of a long line is the administrator's choice", () => {
  const long = "x".repeat(20);
  expect(say(long, { onLongLine: "drop" }, true)).toEqual({ refused: "line-length", next: "command" });
  expect(say(long, { onLongLine: "close" }, true)).toEqual({ refused: "line-length", next: "close" });
  expect(say(long, { onLongLine: "refuse" }, true)).toEqual({
    client: "Line too long\r\n",
    refused: "line-length",
    next: "command",
  });
});

test("a last line without its end is passed whole where that is asked for, and judged as any other", () => {
  const left = (rest: string, options: Partial<LineOptions> = {}) =>
    converse(line, SETUP, { ...OPTIONS, finalLine: "forward", ...options }).clientEnd!(rest);
  for (const onLongLine of ["refuse", "truncate", "drop", "close"] as const)
    for (const rest of ["quit", "quit\r"])
      expect(left(rest, { onLongLine })).toEqual({ server: "quit\r\n", next: "drain" });
  expect(left("x".repeat(19)).server).toBe(`${"x".repeat(18)}\r\n`);
  expect(left("a\0b")).toEqual({ refused: "control-octet", next: "drain" });
  expect(left("x".repeat(19), { onLongLine: "close" }).next).toBe("close");
  expect(left("quit", { finalLine: "drop" })).toEqual({ next: "drain" });
});

test("a limit too small for anything passes empty lines", () => {
  expect(say("abc", { maxLineLength: 1 }, true).server).toBe("\r\n");
});

test("no limit is the reader's limit", () => {
  expect(say("x".repeat(65534), { maxLineLength: 0 }).server).toHaveLength(65536);
  expect(say("x".repeat(65535), { maxLineLength: 0 }).server).toHaveLength(65536);
});

test("what it passes is never shown: it may be a password in any dialect", () => {
  expect(say("a1 LOGIN u p").shown).toBeUndefined();
});

test("nothing is said when the server cannot be started", () => expect(line.unavailable("x")).toBe(""));

function placeOf(...server: string[]): Place {
  return { server, hasNameServer: true, tls: "off", throttle: "none" };
}

test("a check says what becomes of a last line without an end", () => {
  const told = (finalLine: LineOptions["finalLine"]) =>
    line.describe(reading({ ...OPTIONS, finalLine }), placeOf());
  expect(told("drop")).toEqual([["last line", "dropped if it has no end"]]);
  expect(told("forward")).toEqual([["last line", "forwarded if it has no end"]]);
});

test("a server that looks like one of IMAP is doubted", () => {
  const doubts = (...server: string[]) => line.doubts(reading(OPTIONS), placeOf(...server));
  expect(doubts("/usr/sbin/cyrus", "localhost:110")).toEqual([]);
  expect(doubts("/usr/lib/dovecot/IMAP-login")).toEqual([
    [
      "line",
      "the server looks like one of IMAP, of which line knows nothing: literals and long commands are cut, STARTTLS and COMPRESS break, logins are not limited",
    ],
  ]);
});
