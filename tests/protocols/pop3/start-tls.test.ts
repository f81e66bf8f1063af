// A POP3 server that is asked for TLS (RFC 2595 §4): what is said to it, line by line, and what ends the asking.

import { expect, test } from "bun:test";
import { Pop3StartTls } from "../../../src/protocols/pop3/start-tls.ts";

test("the server is asked once it has greeted, and has agreed", () => {
  const dialogue = new Pop3StartTls();
  expect(["+OK <1.2@mx.test>", "+OK go on"].map((line) => dialogue.serverLine(line))).toEqual([
    { server: "STLS\r\n" },
    "secure",
  ]);
});

test.each([
  [["-ERR [SYS/TEMP] no"], "greeted with -ERR"],
  [["+ "], "greeted with a challenge"],
  [["220 x"], "said what is no status"],
  [["+OK", "-ERR what"], "answered STLS with -ERR"],
  [["+OK", "+ "], "answered STLS with a challenge"],
  [["+OK", "secure"], "said what is no status"],
] as const)("after %j there is no TLS: it %s", (lines, failed) => {
  const dialogue = new Pop3StartTls();
  expect(lines.map((line) => dialogue.serverLine(line)).at(-1)).toEqual({ failed });
});
