// One way of writing a mailbox: whoever writes it otherwise is the same to every rule.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addressOf, mailboxOf, quote } from "../../../src/protocols/smtp/mailbox.ts";
import { parsePath } from "../../../src/protocols/smtp/path.ts";

describe("A mailbox is written in one way", () => {
  test.each([
    ['"kituser"', "Local.Test", "kituser@local.test"],
    ['"kit\\user"', "local.test", "kituser@local.test"],
    ['"\\k\\i\\t\\u\\s\\e\\r"', "local.test", "kituser@local.test"],
    ['"kit.user"', "local.test", "kit.user@local.test"],
    ["KitUser", "LOCAL.test", "KitUser@local.test"],
    ['"a b"', "local.test", '"a b"@local.test'],
    ['"a\\ b"', "local.test", '"a b"@local.test'],
    ['"a\\@b"', "local.test", '"a@b"@local.test'],
    ['"a\\"b\\\\c"', "local.test", '"a\\"b\\\\c"@local.test'],
    ['"a..b"', "local.test", '"a..b"@local.test'],
    ['".a"', "local.test", '".a"@local.test'],
    ['""', "local.test", '""@local.test'],
    ['"a%b"', "local.test", "a%b@local.test"],
    ["u", "[ipv6:2001:DB8:0:0::1]", "u@[IPv6:2001:db8::1]"],
  ])("%s at %s: %s", (localPart, domain, address) => {
    expect(addressOf(mailboxOf(localPart, domain))).toBe(address);
  });

  test("without a domain, too, and the null sender is nothing", () => {
    expect(addressOf(mailboxOf('"postmaster"', null))).toBe("postmaster");
    expect(addressOf(null)).toBe("");
  });

  test("at no domain there is none", () => {
    expect(mailboxOf("u", "lo_cal.test")).toBeNull();
  });

  test("whichever of its characters are quoted", () => {
    const character = fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(fc.array(fc.tuple(character, fc.boolean()), { maxLength: 30 }), (characters) => {
        const content = characters.map(([one]) => one).join("");
        const written = characters.map(([one, escaped]) => (escaped || /["\\]/.test(one) ? `\\${one}` : one));
        const mailbox = mailboxOf(`"${written.join("")}"`, "local.test");
        expect(mailbox).toEqual(mailboxOf(quote(content), "local.test"));
        // It stays an address, and the same one.
        const path = `<${addressOf(mailbox)}>`;
        expect(parsePath(path, 0)).toEqual({ mailbox, next: path.length } as never);
        const { localPart } = mailbox!;
        const read = localPart.startsWith('"') ? localPart.slice(1, -1).replace(/\\(.)/g, "$1") : localPart;
        expect(read).toBe(content);
      }),
    );
  });
});
