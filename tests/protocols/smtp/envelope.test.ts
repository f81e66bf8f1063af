// MAIL and RCPT arguments: what is parsed, what the server is sent for it, and which code a fault earns.

import { describe, expect, test } from "bun:test";
import { parseEnvelope, writeEnvelope } from "../../../src/protocols/smtp/envelope.ts";

const EVERYTHING = new Set(["8BITMIME", "SIZE", "DSN", "AUTH"]);

function verdict(verb: "MAIL" | "RCPT", argument: string, offered: ReadonlySet<string> = EVERYTHING): string {
  const parsed = parseEnvelope(verb, argument, offered);
  return "rule" in parsed ? parsed.reply.slice(0, 9) : writeEnvelope(parsed, null);
}

describe("MAIL", () => {
  test.each([
    ["FROM:<a@c.test>", "MAIL FROM:<a@c.test>\r\n"],
    ["from:<A@C.test>", "MAIL FROM:<A@c.test>\r\n"],
    ["FROM:   <a@c.test>", "MAIL FROM:<a@c.test>\r\n"],
    ["FROM:<>", "MAIL FROM:<>\r\n"],
    ["FROM:<a@c.test> size=0", "MAIL FROM:<a@c.test> SIZE=0\r\n"],
    ["FROM:<a@c.test>   SIZE=1   BODY=8bitmime", "MAIL FROM:<a@c.test> SIZE=1 BODY=8BITMIME\r\n"],
    ["FROM:<a@c.test> SIZE=12345678901234567890", "MAIL FROM:<a@c.test> SIZE=12345678901234567890\r\n"],
    ["FROM:<a@c.test> BODY=7BIT", "MAIL FROM:<a@c.test> BODY=7BIT\r\n"],
    ["FROM:<> RET=hdrs ENVID=a+2Bb", "MAIL FROM:<> RET=HDRS ENVID=a+2Bb\r\n"],
    ["FROM:<> RET=FULL", "MAIL FROM:<> RET=FULL\r\n"],
    [`FROM:<> ENVID=${"x".repeat(100)}`, `MAIL FROM:<> ENVID=${"x".repeat(100)}\r\n`],
    ["FROM:<a@c.test> AUTH=<>", "MAIL FROM:<a@c.test> AUTH=<>\r\n"],
    ["FROM:<a@c.test> AUTH=a+3Db@c.test", "MAIL FROM:<a@c.test> AUTH=a+3Db@c.test\r\n"],
    ["FROM:<a@c.test> AUTH=a", "MAIL FROM:<a@c.test> AUTH=a\r\n"],
    [`FROM:<> AUTH=${"x".repeat(500)}`, `MAIL FROM:<> AUTH=${"x".repeat(500)}\r\n`],
  ])("%s is sent as it was understood", (argument, command) => {
    expect(verdict("MAIL", argument)).toBe(command);
  });

  test.each([
    ["", "501 5.5.4"],
    ["FROM", "501 5.5.4"],
    ["FROM:", "501 5.5.4"],
    ["FROM :<a@c.test>", "501 5.5.4"],
    ["TO:<a@c.test>", "501 5.5.4"],
    ["FROM:a@c.test", "501 5.5.4"],
    ["<a@c.test>", "501 5.5.4"],
    ["XFROM:<a@c.test>", "501 5.5.4"],
    ["FROM:<a@c.test>x", "501 5.5.4"],
    ["FROM:<a@c.test><b@c.test>", "501 5.5.4"],
    ["FROM:<a@c.test>SIZE=1", "501 5.5.4"],
    ["FROM:<a@c.test> =1", "501 5.5.4"],
    ["FROM:<a@c.test> SIZE=", "501 5.5.4"],
    ["FROM:<a@c.test> SIZE", "501 5.5.4"],
    ["FROM:<a@c.test> SIZE=-1", "501 5.5.4"],
    ["FROM:<a@c.test> SIZE=1e3", "501 5.5.4"],
    ["FROM:<a@c.test> SIZE=123456789012345678901", "501 5.5.4"],
    ["FROM:<a@c.test> SIZE=1 SIZE=2", "501 5.5.4"],
    ["FROM:<a@c.test> SIZE=1 size=1", "501 5.5.4"],
    ["FROM:<a@c.test> BODY", "501 5.5.4"],
    ["FROM:<a@c.test> BODY=9BIT", "501 5.5.4"],
    ["FROM:<a@c.test> RET=ALL", "501 5.5.4"],
    ["FROM:<a@c.test> RET=FULLX", "501 5.5.4"],
    ["FROM:<a@c.test> ENVID=a+2bb", "501 5.5.4"],
    ["FROM:<a@c.test> ENVID=a=b", "501 5.5.4"],
    [`FROM:<a@c.test> ENVID=${"x".repeat(101)}`, "501 5.5.4"],
    ["FROM:<a@c.test> AUTH=a=b", "501 5.5.4"],
    [`FROM:<a@c.test> AUTH=${"x".repeat(501)}`, "501 5.5.4"],
    ["FROM:<a@c.test> \xff=1", "553 5.6.7"],
    ["FROM:<a@c.test> SIZE=1\xff", "553 5.6.7"],
    ["FROM:<a@c.test> -X=1", "501 5.5.4"],
    ["FROM:<a@c.test> BODY=BINARYMIME", "555 5.5.4"],
    ["FROM:<a@c.test> SMTPUTF8", "555 5.5.4"],
    ["FROM:<a@c.test> NOTIFY=NEVER", "555 5.5.4"],
    ["FROM:<a@c.test> HOLDFOR=1", "555 5.5.4"],
    ["FROM:<a@c.test> BY=1;R", "555 5.5.4"],
    ["FROM:<a@c.test> MT-PRIORITY=1", "555 5.5.4"],
    ["FROM:<a@c.test> XADDR=127.0.0.1", "555 5.5.4"],
    ["FROM:<a@c.test> constructor=1", "555 5.5.4"],
    ["FROM:<postmaster>", "501 5.1.7"],
    ["FROM:<a b@c.test>", "501 5.1.7"],
    ["FROM:<a@c.test", "501 5.1.7"],
    ["FROM:<@b.test:a@c.test>", "553 5.1.7"],
    ["FROM:<\xe4@c.test>", "553 5.6.7"],
  ])("%j is refused with %s", (argument, code) => {
    expect(verdict("MAIL", argument)).toBe(code);
  });

  test("a parameter needs its extension in our own reply", () => {
    for (const parameter of ["SIZE=1", "BODY=8BITMIME", "RET=FULL", "ENVID=a", "AUTH=<>"]) {
      expect(verdict("MAIL", `FROM:<> ${parameter}`, new Set())).toBe("555 5.5.4");
      expect(verdict("MAIL", `FROM:<> ${parameter}`)).toBe(`MAIL FROM:<> ${parameter}\r\n`);
    }
    for (const parameter of ["NOTIFY=NEVER", "ORCPT=rfc822;u@local.test"]) {
      expect(verdict("RCPT", `TO:<u@local.test> ${parameter}`, new Set())).toBe("555 5.5.4");
      expect(verdict("RCPT", `TO:<u@local.test> ${parameter}`)).toBe(
        `RCPT TO:<u@local.test> ${parameter}\r\n`,
      );
    }
  });

  test("the declared size is read up to twenty digits", () => {
    const size = (text: string) => {
      const parsed = parseEnvelope("MAIL", `FROM:<>${text}`, EVERYTHING);
      return "rule" in parsed ? parsed.rule : parsed.declaredSize;
    };
    expect(size("")).toBeNull();
    expect(size(" SIZE=00")).toBe(0n);
    expect(size(" SIZE=99999999999999999999")).toBe(99999999999999999999n);
  });

  test("a parameter the server did not offer stays with us", () => {
    const parsed = parseEnvelope("MAIL", "FROM:<> SIZE=1 BODY=7BIT", EVERYTHING);
    if ("rule" in parsed) throw new Error(parsed.rule);
    expect(writeEnvelope(parsed, "SIZE")).toBe("MAIL FROM:<> BODY=7BIT\r\n");
  });
});

describe("RCPT", () => {
  test.each([
    ["TO:<u@local.test>", "RCPT TO:<u@local.test>\r\n"],
    ["to:  <u@LOCAL.test>", "RCPT TO:<u@local.test>\r\n"],
    ["TO:<postmaster>", "RCPT TO:<postmaster>\r\n"],
    ["TO:<POSTMASTER>", "RCPT TO:<POSTMASTER>\r\n"],
    ["TO:<u@[192.0.2.1]>", "RCPT TO:<u@[192.0.2.1]>\r\n"],
    [
      "TO:<u@local.test> notify=success,failure,delay",
      "RCPT TO:<u@local.test> NOTIFY=SUCCESS,FAILURE,DELAY\r\n",
    ],
    ["TO:<u@local.test> NOTIFY=never", "RCPT TO:<u@local.test> NOTIFY=NEVER\r\n"],
    ["TO:<u@local.test> ORCPT=rfc822;U+40x", "RCPT TO:<u@local.test> ORCPT=rfc822;U+40x\r\n"],
    [
      `TO:<u@local.test> ORCPT=rfc822;${"x".repeat(493)}`,
      `RCPT TO:<u@local.test> ORCPT=rfc822;${"x".repeat(493)}\r\n`,
    ],
  ])("%s is sent as it was understood", (argument, command) => {
    expect(verdict("RCPT", argument)).toBe(command);
  });

  test.each([
    ["", "501 5.5.4"],
    ["FROM:<u@local.test>", "501 5.5.4"],
    ["TO:u@local.test", "501 5.5.4"],
    ["TO:<v@evil.test> x@local.test", "501 5.5.4"],
    ["TO:<v@evil.test>,<u@local.test>", "501 5.5.4"],
    ["TO:<u@local.test> NOTIFY=", "501 5.5.4"],
    ["TO:<u@local.test> NOTIFY=NEVER,SUCCESS", "501 5.5.4"],
    ["TO:<u@local.test> NOTIFY=SUCCESS,", "501 5.5.4"],
    ["TO:<u@local.test> NOTIFY=SUCCESS,SUCCESS,SUCCESS,SUCCESS", "501 5.5.4"],
    ["TO:<u@local.test> NOTIFY=NEVER NOTIFY=NEVER", "501 5.5.4"],
    ["TO:<u@local.test> ORCPT=u@local.test", "501 5.5.4"],
    ["TO:<u@local.test> ORCPT=;u", "501 5.5.4"],
    [`TO:<u@local.test> ORCPT=rfc822;${"x".repeat(494)}`, "501 5.5.4"],
    ["TO:<u@local.test> SIZE=1", "555 5.5.4"],
    ["TO:<u@local.test> RET=FULL", "555 5.5.4"],
    ["TO:<>", "501 5.1.3"],
    ["TO:<u@@local.test>", "501 5.1.3"],
    ["TO:<u@local.test.>", "501 5.1.3"],
    ["TO:<@a.test:u@local.test>", "550 5.7.1"],
    ["TO:<u@loc\xe4l.test>", "553 5.6.7"],
  ])("%j is refused with %s", (argument, code) => {
    expect(verdict("RCPT", argument)).toBe(code);
  });
});

describe("beyond ASCII", () => {
  const offered = new Set([...EVERYTHING, "SMTPUTF8"]);
  test.each([
    ["FROM:<\xc3\xbc@c.test> SMTPUTF8", "MAIL FROM:<\xc3\xbc@c.test> SMTPUTF8\r\n"],
    ["FROM:<> smtputf8 SIZE=1", "MAIL FROM:<> SMTPUTF8 SIZE=1\r\n"],
    ["FROM:<a@c.test> SIZE=1", "MAIL FROM:<a@c.test> SIZE=1\r\n"],
    ["FROM:<\xc3\xbc@c.test>", "553 5.6.7"],
    ["FROM:<\xc3\xbc@c.test> BODY=8BITMIME", "553 5.6.7"],
    ["FROM:<a@b\xc3\xbccher.example> SIZE=1", "553 5.6.7"],
    ["FROM:<a@c.test> SMTPUTF8=", "501 5.5.4"],
    ["FROM:<a@c.test> SMTPUTF8 SMTPUTF8", "501 5.5.4"],
    ["FROM:<a@c.test> SMTPUTF8 ENVID=\xc3\xbc", "501 5.5.4"],
    ["FROM:<a@c.test> SIZE", "501 5.5.4"],
  ])("MAIL %j: %j", (argument, command) => {
    expect(verdict("MAIL", argument, offered)).toBe(command);
  });

  test("a recipient needs a sender who said so, and says nothing itself", () => {
    const path = "TO:<\xc3\xbc@local.test>";
    expect(parseEnvelope("RCPT", path, offered, true)).toMatchObject({ isInternational: true });
    expect(parseEnvelope("RCPT", path, offered, false)).toMatchObject({ rule: "not-ascii" });
    expect(parseEnvelope("RCPT", `${path} SMTPUTF8`, offered, true)).toMatchObject({ rule: "parameter" });
  });
});
