// Paths as RFC 5321 sections 4.1.1 and 4.1.2 have them: what is one, where it ends, and its limits.

import { describe, expect, test } from "bun:test";
import { parsePath, writePath } from "../../../src/protocols/smtp/path.ts";
import { canonicalDomain } from "../../../src/wire/canonical.ts";

const HOST = "local.test";

/** A domain of exactly so many octets. */
function domainOf(octets: number): string {
  const labels = `${"d".repeat(62)}.`.repeat(Math.floor((octets - 2) / 63));
  const rest = octets - labels.length;
  return rest > 63 ? `${labels}d.${"d".repeat(rest - 2)}` : labels + "d".repeat(rest);
}

describe("paths", () => {
  test.each([
    ["u"],
    ["a.b.c"],
    ["o'brien+tag"],
    ["!#$%&'*+-/=?^_`{|}~"],
    ["0123456789"],
    ['"a b~!"'],
    ['""'],
    ['"a@b>c<"'],
    ['"a\\"b\\\\c"'],
    ['"..a."'],
    ["x".repeat(64)],
    [`"${" ".repeat(62)}"`],
  ])("<%s@local.test> is a mailbox, kept as written", (localPart) => {
    const text = `<${localPart}@${HOST}>`;
    const mailbox = { localPart, domain: HOST };
    expect(parsePath(text, 0)).toEqual({ mailbox, next: text.length });
    expect(writePath(mailbox)).toBe(text);
  });

  test.each([
    ["[192.0.2.1]"],
    ["[0.0.0.0]"],
    ["[IPv6:2001:db8::1]"],
    ["[ipv6:::1]"],
    ["[IPv6:::ffff:192.0.2.1]"],
    ["a"],
    ["A-1.b--c.D"],
    ["1.2.3.4a"],
    ["xn--nxasmq6b.test"],
    [`${"l".repeat(63)}.test`],
    [domainOf(252)],
  ])("u@%s is a mailbox", (domain) => {
    const text = `<u@${domain}>`;
    const mailbox = { localPart: "u", domain: canonicalDomain(domain)! };
    expect(parsePath(text, 0)).toEqual({ mailbox, next: text.length });
  });

  test.each([
    ["<>", null],
    ["<postmaster>", { localPart: "postmaster", domain: null }],
    ["<PostMaster>", { localPart: "PostMaster", domain: null }],
    ['<"a b">', { localPart: '"a b"', domain: null }],
  ])("%s needs no domain", (text, mailbox) => {
    expect(parsePath(text, 0)).toEqual({ mailbox, next: text.length });
    expect(writePath(mailbox)).toBe(text);
  });

  test("a path ends at its own bracket, wherever it begins", () => {
    expect(parsePath("FROM:<u@local.test> SIZE=1", 5)).toMatchObject({ next: 19 });
    expect(parsePath('<"a>b"@local.test>x>', 0)).toMatchObject({ next: 18 });
  });

  test.each([
    ["u@local.test", "no-bracket"],
    ["", "no-bracket"],
    [" <u@local.test>", "no-bracket"],
    ["<@a.test:u@local.test>", "route"],
    ["<@a.test,@b.test:u@local.test>", "route"],
    ["<@>", "route"],
    ["<\xfc@local.test>", "not-ascii"],
    ["<u@loc\xe4l.test>", "not-ascii"],
    ['<"\xff"@local.test>', "not-ascii"],
    ["<u@local.test", "syntax"],
    ["<u", "syntax"],
    ["<", "syntax"],
    ["<u@>", "syntax"],
    ["< u@local.test>", "syntax"],
    ["<u@local.test >", "syntax"],
    ["<u @local.test>", "syntax"],
    ["<u@@local.test>", "syntax"],
    ["<u@evil.test@local.test>", "syntax"],
    ["<<u@local.test>>", "syntax"],
    ["<.u@local.test>", "syntax"],
    ["<u.@local.test>", "syntax"],
    ["<u..v@local.test>", "syntax"],
    ["<u,v@local.test>", "syntax"],
    ["<u:v@local.test>", "syntax"],
    ["<u;v@local.test>", "syntax"],
    ["<u(c)@local.test>", "syntax"],
    ["<u\\v@local.test>", "syntax"],
    ["<u\t@local.test>", "syntax"],
    ["<u\0@local.test>", "syntax"],
    ["<u\x7f@local.test>", "syntax"],
    ['<"u@local.test>', "syntax"],
    ['<"u"v@local.test>', "syntax"],
    ['<u"v"@local.test>', "syntax"],
    ['<"u"."v"@local.test>', "syntax"],
    ['<"u\\"@local.test>', "syntax"],
    ['<"u\x1f"@local.test>', "syntax"],
    ['<"u\\\x00"@local.test>', "syntax"],
    ["<u@local.test.>", "syntax"],
    ["<u@.local.test>", "syntax"],
    ["<u@local..test>", "syntax"],
    ["<u@-local.test>", "syntax"],
    ["<u@local-.test>", "syntax"],
    ["<u@lo_cal.test>", "syntax"],
    ["<u@192.0.2.1>", "syntax"],
    ["<u@local.1>", "syntax"],
    ["<u@1>", "syntax"],
    ["<u@[192.0.2.1>", "syntax"],
    ["<u@[192.0.2.1]x>", "syntax"],
    ["<u@[192.0.2.256]>", "syntax"],
    ["<u@[192.0.2]>", "syntax"],
    ["<u@[192.0.2.01]>", "syntax"],
    ["<u@[2001:db8::1]>", "syntax"],
    ["<u@[IPv6:2001:db8::1::2]>", "syntax"],
    ["<u@[IPv6:192.0.2.1]>", "syntax"],
    ["<u@[x400:u]>", "syntax"],
    ["<u@[]>", "syntax"],
    [`<${"x".repeat(65)}@local.test>`, "syntax"],
    [`<"${"x".repeat(63)}"@local.test>`, "syntax"],
    [`<u@${"l".repeat(64)}.test>`, "syntax"],
    [`<u@${domainOf(253)}>`, "syntax"],
    [`<${"x".repeat(64)}@${domainOf(190)}>`, "syntax"],
  ])("%j is none: %s", (text, fault) => {
    expect(parsePath(text, 0)).toEqual({ fault } as never);
  });

  test.each([
    ["<\xc3\xbc@local.test>", "\xc3\xbc@local.test"],
    ['<"\xc3\xbc"@local.test>', "\xc3\xbc@local.test"],
    ['<"\xc3\xbc x"@local.test>', '"\xc3\xbc x"@local.test'],
    ["<u@b\xc3\xbccher.example>", "u@xn--bcher-kva.example"],
    ["<u@B\xc3\x9cCHER.example>", "u@xn--bcher-kva.example"],
    ["<\xf0\x9f\x93\xa7>", "\xf0\x9f\x93\xa7"],
  ])("%j is a mailbox where there may be UTF-8, and nowhere else", (text, address) => {
    const path = parsePath(text, 0, true);
    expect(path).toMatchObject({ next: text.length });
    expect(writePath((path as { mailbox: null }).mailbox)).toBe(`<${address}>`);
    expect(parsePath(text, 0)).toEqual({ fault: "not-ascii" });
  });

  test.each([
    ["<\xfc@local.test>", "not-ascii"],
    ["<\xc3@local.test>", "not-ascii"],
    ["<\xc0\xbcu@local.test>", "not-ascii"],
    ["<\xed\xa0\x80@local.test>", "not-ascii"],
    ["<\xc2\x9bu@local.test>", "not-ascii"],
    ["<u@\xc3\xbc_x.test>", "syntax"],
    ["<u@\xd7\x90a.test>", "syntax"],
    ["<u@\xef\xbc\x91.\xef\xbc\x91>", "syntax"],
    ["<u\xe2\x80\x89v@local.test", "syntax"],
    ["<u..\xc3\xbc@local.test>", "syntax"],
    [`<${"\xc3\xbc".repeat(33)}@local.test>`, "syntax"],
    ['<"u\x7f"@local.test>', "syntax"],
  ])("%j is none where there may be UTF-8: %s", (text, fault) => {
    expect(parsePath(text, 0, true)).toEqual({ fault } as never);
  });

  test("256 octets are a path as they go to the server, too, where a domain's own name is longer", () => {
    const path = (labels: number) => `<${"a".repeat(64)}@${"\xc3\xbc.".repeat(labels)}kit.test>`;
    expect(writePath({ localPart: "a".repeat(64), domain: `${"xn--tda.".repeat(22)}kit.test` })).toHaveLength(
      251,
    );
    expect(parsePath(path(22), 0, true)).toMatchObject({ next: 141 });
    expect(parsePath(path(23), 0, true)).toEqual({ fault: "syntax" });
  });

  test("256 octets with the brackets are a path, 257 are none", () => {
    const path = (octets: number) => `<${"x".repeat(64)}@${domainOf(octets - 67)}>`;
    expect(path(256)).toHaveLength(256);
    expect(parsePath(path(256), 0)).toMatchObject({ next: 256 });
    expect(parsePath(`FROM:${path(256)}`, 5)).toMatchObject({ next: 261 });
    expect(path(257)).toHaveLength(257);
    expect(parsePath(path(257), 0)).toEqual({ fault: "syntax" });
  });
});
