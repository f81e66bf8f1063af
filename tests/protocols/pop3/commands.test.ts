// The command table: one row for each command and state. What is forwarded is written down, what is refused
// has the name of its rule, what is answered without the server its reply.

import { describe, expect, test } from "bun:test";
import { showLine } from "../../../src/protocols/pop3/commands.ts";
import type { Pop3Options } from "../../../src/protocols/pop3/options.ts";
import type { Rule } from "../../../src/record/rules.ts";
import { answer, converse, say } from "./converse.ts";

const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";
const PASS: Partial<Pop3Options> = { auth: "pass" };

/** A line in AUTHORIZATION, after USER, and in TRANSACTION: ">" forwarded, "<" answered, else the rule. */
const TABLE: [
  line: string,
  authorization: string,
  user: string,
  transaction: string,
  Partial<Pop3Options>?,
][] = [
  ["USER u", "> USER u", "wrong-state", "wrong-state"],
  ["PASS a b", "wrong-state", "> PASS a b", "wrong-state"],
  [`APOP u ${DIGEST}`, `> APOP u ${DIGEST}`, "wrong-state", "wrong-state"],
  ["AUTH", "auth", "wrong-state", "wrong-state"],
  ["AUTH", "> AUTH", "wrong-state", "wrong-state", PASS],
  ["AUTH PLAIN", "auth", "wrong-state", "wrong-state"],
  ["AUTH plain", "> AUTH PLAIN", "wrong-state", "wrong-state", PASS],
  ["AUTH plain =", "> AUTH PLAIN =", "wrong-state", "wrong-state", PASS],
  ["AUTH GSSAPI", "mechanism", "wrong-state", "wrong-state", PASS],
  ["AUTH X", "mechanism", "wrong-state", "wrong-state", PASS],
  [`AUTH ${"X".repeat(20)}`, "mechanism", "wrong-state", "wrong-state", PASS],
  [`AUTH ${"X".repeat(21)}`, "bad-argument", "wrong-state", "wrong-state", PASS],
  ["CAPA", "> CAPA", "> CAPA", "> CAPA"],
  ["STLS", "forbidden-command", "forbidden-command", "forbidden-command"],
  ["UTF8", "forbidden-command", "forbidden-command", "forbidden-command"],
  ["LANG", "forbidden-command", "forbidden-command", "forbidden-command"],
  ["LANG de", "forbidden-command", "forbidden-command", "forbidden-command"],
  ["STAT", "wrong-state", "wrong-state", "> STAT"],
  ["LIST", "wrong-state", "wrong-state", "> LIST"],
  ["LIST 2", "wrong-state", "wrong-state", "> LIST 2"],
  ["UIDL", "wrong-state", "wrong-state", "> UIDL"],
  ["UIDL 2", "wrong-state", "wrong-state", "> UIDL 2"],
  ["RETR 2", "wrong-state", "wrong-state", "> RETR 2"],
  ["TOP 2 0", "wrong-state", "wrong-state", "> TOP 2 0"],
  ["DELE 2", "wrong-state", "wrong-state", "> DELE 2"],
  ["RSET", "wrong-state", "wrong-state", "> RSET"],
  ["NOOP", "wrong-state", "wrong-state", "< +OK"],
  ["LAST", "wrong-state", "wrong-state", "> LAST"],
  ["QUIT", "> QUIT", "> QUIT", "> QUIT"],
  ["RPOP u", "forbidden-command", "forbidden-command", "forbidden-command"],
  ["XTND XMIT", "forbidden-command", "forbidden-command", "forbidden-command"],
  ["XCLIENT ADDR=1", "forbidden-command", "forbidden-command", "forbidden-command"],
  ["XOIP 1", "forbidden-command", "forbidden-command", "forbidden-command"],
  ["EHLO x", "unknown-command", "unknown-command", "unknown-command"],
  // lower case, and arguments that are missing, too many or wrong
  ["quit", "> QUIT", "> QUIT", "> QUIT"],
  ["CAPA x", "bad-argument", "bad-argument", "bad-argument"],
  ["QUIT x", "bad-argument", "bad-argument", "bad-argument"],
  ["QUIT ", "bad-argument", "bad-argument", "bad-argument"],
  ["USER", "bad-argument", "wrong-state", "wrong-state"],
  ["USER a b", "bad-argument", "wrong-state", "wrong-state"],
  ["USER \xfc", "bad-argument", "wrong-state", "wrong-state"],
  ["PASS", "wrong-state", "bad-argument", "wrong-state"],
  ["PASS \xfc", "wrong-state", "> PASS \xfc", "wrong-state"],
  [`APOP ${DIGEST}`, "bad-argument", "wrong-state", "wrong-state"],
  [`APOP u ${DIGEST}0`, "bad-argument", "wrong-state", "wrong-state"],
  ["AUTH PLAIN a b", "bad-argument", "wrong-state", "wrong-state", PASS],
  ["AUTH PLAIN a*", "sasl", "wrong-state", "wrong-state", PASS],
  ["STAT x", "wrong-state", "wrong-state", "bad-argument"],
  ["RSET x", "wrong-state", "wrong-state", "bad-argument"],
  ["NOOP x", "wrong-state", "wrong-state", "bad-argument"],
  ["LAST x", "wrong-state", "wrong-state", "bad-argument"],
  ["LIST x", "wrong-state", "wrong-state", "bad-argument"],
  ["LIST 1 2", "wrong-state", "wrong-state", "bad-argument"],
  ["UIDL -1", "wrong-state", "wrong-state", "bad-argument"],
  ["RETR", "wrong-state", "wrong-state", "bad-argument"],
  ["RETR 4", "wrong-state", "wrong-state", "no-such-message"],
  ["RETR 0", "wrong-state", "wrong-state", "no-such-message"],
  ["DELE 00", "wrong-state", "wrong-state", "no-such-message"],
  ["TOP", "wrong-state", "wrong-state", "bad-argument"],
  ["TOP 2", "wrong-state", "wrong-state", "bad-argument"],
  ["TOP 2 01234567890", "wrong-state", "wrong-state", "bad-argument"],
];

describe("the command table", () => {
  for (const [line, authorization, user, transaction, options] of TABLE)
    test.each([
      ["authorization", authorization],
      ["user", user],
      ["transaction", transaction],
    ] as const)(`${line} ${JSON.stringify(options ?? {})} in %s: %s`, (place, expected) => {
      const step = say(converse(place, options), line);
      if (expected.startsWith("> ")) {
        expect(step.server).toBe(`${expected.slice(2)}\r\n`);
        expect(step.next).toBe("reply");
        expect(step.client).toBeUndefined();
        return;
      }
      expect(step.server).toBeUndefined();
      expect(step.next).toBe("command");
      if (expected.startsWith("< ")) expect(step.client).toBe(`${expected.slice(2)}\r\n`);
      else {
        expect(step.refused).toBe(expected as Rule);
        expect(step.client).toMatch(/^-ERR [ -~]+\r\n$/);
      }
    });
});

test("the reader of lines is given the limit as it is, and SASL's own inside an exchange", () => {
  for (const maxLineLength of [0, 255, 512, 20_000]) {
    const conversation = converse("authorization", { ...PASS, maxLineLength });
    expect(conversation.lineLimit()).toBe(maxLineLength);
    say(conversation, "AUTH LOGIN");
    answer(conversation, "+ ");
    expect(conversation.lineLimit()).toBe(12288);
  }
});

describe("what the log may show of a line", () => {
  test.each([
    ["PASS secret", "PASS ***"],
    ["pass  s e", "PASS ***"],
    [`APOP u ${DIGEST}`, "APOP u ***"],
    ["APOP u c4c9", "APOP ***"],
    ["APOP c4c9", "APOP ***"],
    ["AUTH PLAIN c2VjcmV0", "AUTH PLAIN ***"],
    ["AUTH PLAIN", "AUTH PLAIN"],
    ["AUTH c2VjcmV0==", "AUTH ***"],
    ["AUTH", "AUTH"],
    ["USER u", "USER u"],
    ["XOIP 10.0.0.1", "XOIP 10.0.0.1"],
    ["c2VjcmV0", undefined],
    ["PASS\tsecret", undefined],
    ["PASSsecret", undefined],
  ])("%j is shown as %j", (line, shown) => expect(showLine(line)).toBe(shown));
});
