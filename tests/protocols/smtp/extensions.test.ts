// The EHLO reply re-written: every keyword of the rule book, limits on SIZE, and the form of what is left.

import { describe, expect, test } from "bun:test";
import { rewriteEhlo } from "../../../src/protocols/smtp/extensions.ts";

const POLICY = { hostname: "wrapper.test", maxMessageSize: 0, auth: false, utf8: false, startsTls: false };

/** The keywords with their parameters a client gets to see. */
function shown(keywords: string[], policy: Partial<typeof POLICY> = {}): string[] {
  const { reply } = rewriteEhlo(["server.test hello", ...keywords], { ...POLICY, ...policy });
  const lines = reply.split("\r\n").slice(0, -1);
  expect(lines[0]!.slice(4)).toBe("wrapper.test");
  for (const [index, line] of lines.entries())
    expect(line.slice(0, 4)).toBe(index === lines.length - 1 ? "250 " : "250-");
  return lines.slice(1).map((line) => line.slice(4));
}

describe("keywords", () => {
  test("SMTPUTF8 passes with --smtputf8 pass beside 8BITMIME, and alone never", () => {
    const utf8 = { utf8: true };
    expect(shown(["SMTPUTF8", "8BITMIME"], utf8)).toEqual(["8BITMIME", "SMTPUTF8"]);
    expect(shown(["8BITMIME", "smtputf8 x", "SMTPUTF8"], utf8)).toEqual(["8BITMIME", "SMTPUTF8"]);
    expect(shown(["SMTPUTF8"], utf8)).toEqual([]);
    expect(shown(["8BITMIME"], utf8)).toEqual(["8BITMIME"]);
    expect(shown(["SMTPUTF8", "8BITMIME"])).toEqual(["8BITMIME"]);
  });

  test.each([["8BITMIME"], ["PIPELINING"], ["ENHANCEDSTATUSCODES"], ["DSN"]])(
    "%s passes, without more",
    (keyword) => {
      expect(shown([keyword])).toEqual([keyword]);
      expect(shown([keyword.toLowerCase()])).toEqual([keyword]);
      expect(shown([`${keyword} with parameters`])).toEqual([keyword]);
      expect(shown([keyword, keyword.toLowerCase()])).toEqual([keyword]);
    },
  );

  test.each([
    ["SMTPUTF8"],
    ["LIMITS RCPTMAX=1000"],
    ["DELIVERBY"],
    ["MT-PRIORITY MIXER"],
    ["FUTURERELEASE 86400 2026-12-01"],
    ["NO-SOLICITING"],
    ["CHUNKING"],
    ["BINARYMIME"],
    ["BURL imap"],
    ["CHECKPOINT"],
    ["STARTTLS"],
    ["REQUIRETLS"],
    ["ETRN"],
    ["ATRN"],
    ["TURN"],
    ["VRFY"],
    ["EXPN"],
    ["HELP"],
    ["SEND"],
    ["SAML"],
    ["SOML"],
    ["VERB"],
    ["ONEX"],
    ["TIME"],
    ["XCLIENT NAME ADDR"],
    ["XFORWARD NAME ADDR"],
    ["XEXCH50"],
    ["X-ANYTHING"],
    ["AUTH PLAIN LOGIN"],
    ["AUTH=PLAIN LOGIN"],
    ["8BITMIMEX"],
    ["UNHEARD-OF"],
    ["constructor"],
    [""],
  ])("%j is not shown", (keyword) => {
    expect(shown([keyword])).toEqual([]);
    expect(shown([keyword.toLowerCase(), "8BITMIME", keyword])).toEqual(["8BITMIME"]);
  });

  test("what a keyword looks like inside another's parameters is none", () => {
    expect(shown(["X-LIST PIPELINING DSN"])).toEqual([]);
  });

  test("the server's own name is no keyword", () => {
    expect(rewriteEhlo(["PIPELINING"], POLICY).reply).toBe("250 wrapper.test\r\n");
  });

  test("nothing left is one line", () => {
    expect(rewriteEhlo(["server.test", "STARTTLS"], POLICY).reply).toBe("250 wrapper.test\r\n");
    expect(rewriteEhlo([], POLICY).reply).toBe("250 wrapper.test\r\n");
  });

  test("what is offered is what is shown", () => {
    const { offered } = rewriteEhlo(["s", "dsn", "STARTTLS", "size 5", "AUTH PLAIN"], {
      ...POLICY,
      auth: true,
    });
    expect([...offered].sort()).toEqual(["AUTH", "DSN", "SIZE"]);
  });
});

describe("SIZE", () => {
  test.each([
    ["SIZE 500", 0, "SIZE 500"],
    ["SIZE 5", 0, "SIZE 5"],
    ["SIZE 100000000000000000000", 0, "SIZE"],
    ["SIZE 500", 400, "SIZE 400"],
    ["SIZE 500", 600, "SIZE 500"],
    ["SIZE 500", 500, "SIZE 500"],
    ["SIZE 0", 400, "SIZE 400"],
    ["SIZE", 400, "SIZE 400"],
    ["SIZE", 0, "SIZE"],
    ["SIZE 0", 0, "SIZE"],
    ["SIZE junk", 400, "SIZE 400"],
    ["SIZE 99999999999999999999", 400, "SIZE 400"],
    ["SIZE 99999999999999999999", 0, "SIZE 99999999999999999999"],
  ])("%s of the server and %i of ours are %s", (line, maxMessageSize, wanted) => {
    expect(shown([line], { maxMessageSize })).toEqual([wanted]);
    expect(rewriteEhlo(["s", line], { ...POLICY, maxMessageSize }).sizeIsOurs).toBe(false);
  });

  test("ours alone is offered, and known to be ours", () => {
    const offer = rewriteEhlo(["s", "8BITMIME"], { ...POLICY, maxMessageSize: 400 });
    expect(offer).toMatchObject({
      reply: "250-wrapper.test\r\n250-8BITMIME\r\n250 SIZE 400\r\n",
      sizeIsOurs: true,
    });
  });

  test("no limit at all is no offer", () => {
    expect(shown([])).toEqual([]);
  });
});

describe("AUTH, when it is passed", () => {
  test.each([
    ["AUTH PLAIN LOGIN", "AUTH PLAIN LOGIN"],
    ["auth plain", "AUTH PLAIN"],
    ["AUTH GSSAPI PLAIN NTLM DIGEST-MD5 KERBEROS_V4 CRAM-MD5", "AUTH PLAIN CRAM-MD5"],
    ["AUTH SCRAM-SHA-256 XOAUTH2 OAUTHBEARER EXTERNAL", "AUTH SCRAM-SHA-256 XOAUTH2 OAUTHBEARER EXTERNAL"],
    ["AUTH PLAIN plain", "AUTH PLAIN"],
  ])("%s is shown as %s", (line, wanted) => {
    expect(shown([line], { auth: true })).toEqual([wanted]);
  });

  test.each([["AUTH"], ["AUTH GSSAPI"], ["AUTH=PLAIN LOGIN"], ["AUTH=LOGIN"]])("%s is not shown", (line) => {
    expect(shown([line], { auth: true })).toEqual([]);
  });

  test("the old form does not hide the new one", () => {
    expect(shown(["AUTH=PLAIN", "AUTH PLAIN"], { auth: true })).toEqual(["AUTH PLAIN"]);
  });
});
