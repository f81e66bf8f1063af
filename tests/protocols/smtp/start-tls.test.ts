// An SMTP server that is asked for TLS (RFC 3207): what is said to it, line by line, and what ends the asking.

import { describe, expect, test } from "bun:test";
import { SmtpStartTls } from "../../../src/protocols/smtp/start-tls.ts";

/** @returns the last step, after all before it were as expected */
function after(...lines: readonly string[]) {
  const dialogue = new SmtpStartTls("gate.test");
  return lines.map((line) => dialogue.serverLine(line)).at(-1);
}

const EXTENDED = ["220 mx.test", "250-mx.test", "250-SIZE", "250 STARTTLS"] as const;

test("the server is greeted by our name, asked for TLS, and has agreed", () => {
  const dialogue = new SmtpStartTls("gate.test");
  const said = [...EXTENDED, "220 go on"].map((line) => dialogue.serverLine(line));
  expect(said).toEqual([
    { server: "EHLO gate.test\r\n" },
    "more",
    "more",
    { server: "STARTTLS\r\n" },
    "secure",
  ]);
});

test("a reply of several lines is awaited to its last", () => {
  expect(after("220-mx.test")).toBe("more");
  expect(after("220-mx.test", "220 here")).toEqual({ server: "EHLO gate.test\r\n" });
  expect(after(...EXTENDED, "220-go")).toBe("more");
  expect(after(...EXTENDED, "220-go", "220 on")).toBe("secure");
});

describe("STARTTLS is offered", () => {
  test.each(["STARTTLS", "starttls", "StartTLS", "STARTTLS ", "STARTTLS\t "])("by %j", (word) => {
    expect(after("220 x", "250-mx.test", `250 ${word}`)).toEqual({ server: "STARTTLS\r\n" });
  });

  test.each(["XSTARTTLS", "STARTTLSX", "STARTTLS now", " STARTTLS", "START TLS", ""])("not by %j", (word) => {
    expect(after("220 x", "250-mx.test", `250 ${word}`)).toEqual({ failed: "does not offer STARTTLS" });
  });

  test("not by the first line, which is the server's name", () => {
    expect(after("220 x", "250-STARTTLS", "250 SIZE")).toEqual({ failed: "does not offer STARTTLS" });
    expect(after("220 x", "250 STARTTLS")).toEqual({ failed: "does not offer STARTTLS" });
  });
});

test.each([
  [["421 later"], "greeted with 421"],
  [["250 hello"], "greeted with 250"],
  [["220 x", "502 what"], "answered EHLO with 502"],
  [["220 x", "220 STARTTLS"], "answered EHLO with 220"],
  // Whatever it lists: a refusal is none.
  [["220 x", "550-mx.test", "550 STARTTLS"], "answered EHLO with 550"],
  [[...EXTENDED, "454 4.7.0 later"], "answered STARTTLS with 454"],
  [[...EXTENDED, "250 fine"], "answered STARTTLS with 250"],
  [["+OK"], "said what is no reply"],
  [["220 x", "250-x", "550 y"], "said what is no reply"],
  [[...EXTENDED, ""], "said what is no reply"],
] as const)("after %j there is no TLS: it %s", (lines, failed) => {
  expect(after(...lines)).toEqual({ failed });
});
