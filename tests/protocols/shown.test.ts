// What of a client's line the log may show, and what of it is a secret.

import { describe, expect, test } from "bun:test";
import * as sieve from "../../src/protocols/managesieve/commands.ts";
import { wordsOf } from "../../src/protocols/managesieve/strings.ts";
import * as pop3 from "../../src/protocols/pop3/commands.ts";
import { showAuth } from "../../src/protocols/sasl.ts";
import * as smtp from "../../src/protocols/smtp/commands.ts";
import { converse } from "../reading.ts";
import { PROTOCOLS } from "../subjects.ts";
import { SETUP } from "../transcripts.ts";

const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";

describe("a line of pop3", () => {
  for (const [line, shown, secret] of [
    ["PASS a b", "PASS ***", "a b"],
    ["pass x", "PASS ***", "x"],
    ["PASS", "PASS", undefined],
    ["PASSx", undefined, undefined],
    ["RPOP x", "RPOP ***", undefined],
    [`APOP u ${DIGEST}`, "APOP u ***", DIGEST],
    [`APOP ${DIGEST} u`, "APOP ***", "u"],
    ["APOP x", "APOP ***", undefined],
    ["AUTH plain", "AUTH plain", undefined],
    ["AUTH PLAIN AGEAYg==", "AUTH PLAIN ***", "AGEAYg=="],
    ["AUTH AGEAYg==", "AUTH ***", undefined],
    ["USER u", "USER u", undefined],
    ["AGEAYg==", undefined, undefined],
  ] as const)
    test(`${line} is shown as ${shown}`, () => {
      expect([pop3.showLine(line), pop3.secretOf(line)]).toEqual([shown, secret]);
    });
});

describe("a line of smtp", () => {
  for (const [line, shown] of [
    ["RCPT TO:<a@b.test>", "RCPT TO:<a@b.test>"],
    ["AUTH PLAIN", "AUTH PLAIN"],
    ["AUTH PLAIN AGEAYg==", "AUTH PLAIN ***"],
    ["AUTH AGEAYg==", "AUTH ***"],
    ["AUTH", "AUTH"],
    ["AGEAYg==", undefined],
    ["PASS x", undefined],
    ["GET /?token=x HTTP/1.1", "GET ***"],
    ["AUTHORIZATION: Basic AGEAYg==", undefined],
    ["EXPN root", "EXPN root"],
  ] as const)
    test(`${line} is shown as ${shown}`, () => {
      const [verb = "", ...words] = line.split(" ");
      expect(smtp.showLine(verb, words.join(" "), line)).toBe(shown);
    });
});

describe("a line of managesieve", () => {
  for (const [line, shown] of [
    ['PUTSCRIPT "a" "keep;"', 'PUTSCRIPT "a" {5+}'],
    ["PUTSCRIPT hunter2 hunter2", "PUTSCRIPT *** ***"],
    ['CHECKSCRIPT "keep;"', "CHECKSCRIPT {5+}"],
    ['HAVESPACE "a\\"b" 7', 'HAVESPACE "a\\"b" 7'],
    [`SETACTIVE "${"x".repeat(201)}"`, `SETACTIVE "${"x".repeat(200)}"`],
    ['GETSCRIPT "a" "hunter2"', 'GETSCRIPT "a" ***'],
    ["CAPABILITY hunter2", "CAPABILITY ***"],
    ['NOOP "tag"', 'NOOP "tag"'],
    ['NOOP "hun\x07"', "NOOP ***"],
    ['AUTHENTICATE "PLAIN"', 'AUTHENTICATE "PLAIN"'],
    ['AUTHENTICATE "PLAIN" "AGEAYg=="', 'AUTHENTICATE "PLAIN" ***'],
    ['AUTHENTICATE "AGEAYg=="', 'AUTHENTICATE "***"'],
    ["XCLIENT ADDR=127.0.0.1", "XCLIENT ***"],
    ["hunter2", undefined],
  ] as const)
    test(`${line} is shown as ${shown}`, () => {
      const [verb, ...words] = wordsOf(line)!.words;
      expect(sieve.showCommand(verb!.text, words, true)).toBe(shown);
    });

  test("shows no word of a command that is not legal now", () => {
    const { words } = wordsOf('"hunter2" 7')!;
    expect(sieve.showCommand("HAVESPACE", words, false)).toBe("HAVESPACE *** ***");
    expect(sieve.showCommand("LISTSCRIPTS", [], false)).toBe("LISTSCRIPTS");
  });
});

describe("of the answer to a secret, which may repeat it, only the status", () => {
  for (const [protocol, answer, status] of [
    ["smtp", "535 5.7.8 no hunter2", "535"],
    ["smtp", "235", "235"],
    ["smtp", "2355 hunter2", ""],
    ["smtp", "hunter2", ""],
    ["pop3", "+OK hunter2", "+OK"],
    ["pop3", "-ERR hunter2", "-ERR"],
    ["pop3", "+ aHVudGVyMg==", "+"],
    ["pop3", "+OKhunter2", ""],
    ["pop3", "hunter2", ""],
    ["managesieve", 'NO "no hunter2"', "NO"],
    ["managesieve", "OK (SASL hunter2)", "OK"],
    ["managesieve", 'NO (TRYLATER) "hunter2"', "NO (TRYLATER)"],
    ["managesieve", "NO (QUOTA/MAXSIZE)", "NO (QUOTA/MAXSIZE)"],
    ["managesieve", "BYE", "BYE"],
    ["managesieve", "OKhunter2", ""],
    ["managesieve", '"hunter2"', ""],
    ["managesieve", "hunter2", ""],
  ] as const)
    test(`of ${protocol}: of "${answer}" only "${status}"`, () => {
      const { protocol: asked, options } = PROTOCOLS[protocol]!;
      expect(converse(asked, SETUP, options).statusOf!(answer)).toBe(status);
    });
});

test("a command that is known is shown whole", () => {
  const known = ["EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "VRFY", "STARTTLS", "HELP"];
  for (const verb of known) expect(smtp.showLine(verb, "x", `${verb} x`)).toBe(`${verb} x`);
});

test("where a mechanism should stand, only a mechanism is shown", () => {
  for (const [argument, shown] of [
    ["GSSAPI", "GSSAPI"],
    ["ntlm TlRM", "ntlm ***"],
    ["hunter2", "***"],
    ["", ""],
  ] as const)
    expect(showAuth(argument)).toBe(shown);
});
