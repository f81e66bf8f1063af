// Domains and literals in one way of writing, and what is neither.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { canonicalDomain } from "../../src/wire/canonical.ts";
import { isMailDomain } from "../../src/wire/domain.ts";

describe("The canonical form of", () => {
  test.each([
    ["Local.TEST", "local.test"],
    ["XN--BCHER-KVA.example", "xn--bcher-kva.example"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["BÜCHER.EXAMPLE", "xn--bcher-kva.example"],
    ["faß.example", "xn--fa-hia.example"],
    ["ａ.example", "a.example"],
    ["a\u00adü.example", "xn--a-eha.example"],
    ["[192.0.2.1]", "[192.0.2.1]"],
    ["[ipv6:2001:DB8:0:0::1]", "[IPv6:2001:db8::1]"],
    ["[IPv6:0:0:0:0:0:ffff:192.0.2.1]", "[IPv6:::ffff:192.0.2.1]"],
  ])("%s is %s", (text, form) => {
    expect(canonicalDomain(text)).toBe(form);
    expect(canonicalDomain(form)).toBe(form);
  });

  test.each([
    [""],
    ["."],
    ["a."],
    ["a..b"],
    ["ü..b"],
    ["ü.b."],
    ["ü_a.b"],
    ["１２７.0.0.1"],
    ["ü.1"],
    ["a/ü"],
    ["ü:25"],
    ["u@ü.example"],
    ["ü#"],
    ["ü?"],
    ["ü\\a"],
    ["%62ü.example"],
    ["％６２.example"],
    ["ü .example"],
    ["ü\t.example"],
    ["ü\0.example"],
    ["xn--ü.example"],
    ["xn--zzzzzzzz.ü"],
    ["אa.example"],
    ["\u0301a.example"],
    ["-ü.example\n"],
    ["\ud800.example"],
    ["[ü]"],
    ["[192.0.2.256]"],
    [`${"x".repeat(64)}.ü`],
    [`${"ü.".repeat(60)}example`],
  ])("%j there is none", (text) => {
    expect(canonicalDomain(text)).toBeNull();
  });

  test("whatever it is, it is a domain, and its own canonical form", () => {
    const letters = fc.constantFrom(
      ..."aZ09-._@/:?#%[] \\\t",
      "ü",
      "Ü",
      "ß",
      "。",
      "．",
      "／",
      "＠",
      "％",
      "٣",
      "א",
      "\u00ad",
      "\u200d",
      "\u0301",
      "xn--",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(letters).map((all) => all.join("")),
          fc.string({ unit: "binary" }),
        ),
        (text) => {
          const form = canonicalDomain(text);
          if (form === null) return;
          expect(form.startsWith("[") || isMailDomain(form)).toBe(true);
          expect(form.startsWith("[") || form === form.toLowerCase()).toBe(true);
          expect(canonicalDomain(form)).toBe(form);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
