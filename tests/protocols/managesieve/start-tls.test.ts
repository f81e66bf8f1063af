// A ManageSieve server that is asked for TLS (RFC 5804 section 2.2): what is said to it, line by line, and what ends the
// asking.

import { expect, test } from "bun:test";
import { SieveStartTls } from "../../../src/protocols/managesieve/start-tls.ts";

test("the server is asked once it has offered it and ended its list, and has agreed", () => {
  const dialogue = new SieveStartTls();
  const lines = ['"SASL" ""', '"starttls"', '"SIEVE" "x"', 'OK "ready"', 'OK "begin"'];
  expect(lines.map((line): unknown => dialogue.serverLine(line))).toEqual([
    ...["more", "more", "more"],
    { server: "STARTTLS\r\n" },
    "secure",
  ]);
});

test.each([
  [["OK"], "does not offer STARTTLS"],
  [['"SASL" "STARTTLS"', "OK"], "does not offer STARTTLS"],
  [["NO"], "greeted with NO"],
  [['"STARTTLS"', "BYE (TRYLATER)"], "greeted with BYE"],
  [["220 x"], "said what is no status"],
  [['"STARTTLS'], "said what is no status"],
  [['"STARTTLS" {5}'], "said what is no status"],
  [['"STARTTLS"', "OK", "NO"], "answered STARTTLS with NO"],
  [['"STARTTLS"', "OK", '"OK"'], "answered STARTTLS with no status"],
  [['"STARTTLS"', "OK", "OK {5}"], "said what is no status"],
] as const)("after %j there is no TLS: it %s", (lines, failed) => {
  const dialogue = new SieveStartTls();
  expect(lines.map((line) => dialogue.serverLine(line)).at(-1)).toEqual({ failed });
});
