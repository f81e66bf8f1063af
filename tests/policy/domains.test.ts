// Domains by whole labels, whether an option says them itself or a file does.

import { describe, expect, test } from "bun:test";
import { domainsOf } from "../../src/policy/domains.ts";
import { DomainList, isDomainEntry } from "../../src/policy/lists/domains.ts";
import { EntryError } from "../../src/policy/lists/entries.ts";
import { canonicalDomain } from "../../src/wire/canonical.ts";

describe("a list of domains", () => {
  test.each([
    ["local.test", ["local.test"], true],
    ["Local.Test", ["lOCAL.tEST"], true],
    ["x.local.test", ["local.test"], false],
    ["x.local.test", [".local.test"], true],
    ["x.y.local.test", [".LOCAL.test"], true],
    ["local.test", [".local.test"], false],
    ["xlocal.test", [".local.test"], false],
    [".local.test", [".local.test"], false],
    ["localxtest", ["local.test"], false],
    ["b.test", ["a.test", "b.test"], true],
    ["a.test", [], false],
    [null, ["a.test"], false],
  ])("%s in %j: %p", (domain, list, is) => {
    expect(domainsOf(list).has(domain)).toBe(is);
    if (domain !== null)
      expect(new DomainList(`\n${list.map((entry) => `${entry}\n`).join("")}`).has(domain)).toBe(is);
  });
});

describe("a file of domains", () => {
  const list = (text: string) => new DomainList(`\n${text}`);

  test("may have comments, blanks, CR, capitals and literals", () => {
    const all = list(
      "# e.g. a..b -x\n  A.test \r\n\n.b.test\t# sub\n[192.0.2.1]\n[IPv6:2001:DB8:0::1]\nx_y.test\nBÜCHER.test # ü\n",
    );
    all.prove();
    const inside = [
      "a.test",
      "c.b.test",
      "[192.0.2.1]",
      "[IPv6:2001:DB8::1]",
      "X_Y.test",
      "xn--bcher-kva.test",
    ];
    expect(inside.filter((domain) => !all.has(domain))).toEqual([]);
    for (const domain of ["b.test", "test", "#", "sub", "e.g.", "[192.0.2.2]", ".b.test", "a.test x"])
      expect([domain, all.has(domain)]).toEqual([domain, false]);
  });

  test("says the same when it is asked for the hundredth time", () => {
    for (const end of ["\n", " # x\r\n"]) {
      const all = list(`a.test${end}.b.test${end}`);
      const asked = ["a.test", "c.b.test", "b.test", "aa.test"];
      for (let times = 0; times < 100; times++)
        expect(asked.map((domain) => all.has(domain))).toEqual([true, true, false, false]);
    }
  });

  test.each([
    ["a.test\nb..test\n", 2],
    ["a.test\n-b.test\n", 2],
    ["b-.test\n", 1],
    ["a.test\nb.test.\n", 2],
    ["b-\n", 1],
    ["..b.test\n", 1],
    ["a.test b.test\n", 1],
    ["*.b.test\n", 1],
    ["\n\nmül ler.test\n", 3],
    ["a@b.test\n", 1],
    ["[192.0.2.300]\n", 1],
    ["a\0b.test\n", 1],
  ])("%j has a line that is none: %d", (text, number) => {
    let wrong: unknown = null;
    try {
      list(text).prove();
    } catch (error) {
      wrong = error;
    }
    expect((wrong as EntryError).line).toBe(number);
    expect(() => list(text).has("a.test")).toThrow(EntryError);
  });
});

test("an entry is no longer than a domain may be", () => {
  expect([256, 257].map((length) => isDomainEntry("x".repeat(length)))).toEqual([true, false]);
});

describe("a list of domains, of addresses as they are written here", () => {
  const lists = (domain: string, list: string[]) => domainsOf(list).has(canonicalDomain(domain));

  test.each([
    ["[IPv6:2001:DB8:0::1]", ["[ipv6:2001:db8::1]"], true],
    ["null", ["a..b", ".a..b"], false],
    ["[192.0.2.1]", ["[IPv6:::ffff:192.0.2.1]"], false],
    ["a.test", ["", ".", "*.test", "a.test.", "a_.test", "\ud800.test"], false],
  ])("%s in %j: %p", (domain, list, is) => {
    expect(lists(domain, list)).toBe(is);
  });

  test.each([
    ["xn--bcher-kva.example", "bücher.example"],
    ["XN--BCHER-KVA.example", "BÜCHER.Example"],
    ["xn--bcher-kva.example", "bu\u0308cher.example"],
    ["xn--bcher-kva.example", "bücher。example"],
    ["xn--bcher-kva.example", "Xn--Bcher-kva.example"],
    ["a.xn--bcher-kva.example", ".bücher.example"],
    ["xn--r8jz45g.xn--zckzah", "例え.テスト"],
  ])("%s is in %s, however either is written", (domain, entry) => {
    expect(lists(domain, [entry])).toBe(true);
    expect(new DomainList(`\n  ${entry} # x\n`).has(canonicalDomain(domain)!)).toBe(true);
  });

  test.each([
    ["bcher.example", "bücher.example"],
    ["local.test", "lоcal.test"], // a Cyrillic o
    ["xn--lcal-55d.test", "local.test"],
    ["xn--bcher-kva.example", ".bücher.example"],
  ])("%s is not in %s", (domain, entry) => {
    expect(lists(domain, [entry])).toBe(false);
    expect(new DomainList(`\n${entry}\n`).has(canonicalDomain(domain)!)).toBe(false);
  });
});

describe("some of them", () => {
  const text = "\n# none\n.c.test\nA.test # x\nbücher.example\nb.test\n";
  test.each([
    [0, []],
    [2, ["a.test", "xn--bcher-kva.example"]],
    [9, ["a.test", "xn--bcher-kva.example", "b.test"]],
  ])("%d at most, without those of which only subdomains are meant", (most, some) => {
    expect(domainsOf([".c.test", "A.test", "bücher.example", "b.test"]).some(most)).toEqual(some);
    expect(new DomainList(text).some(most)).toEqual(some);
  });
});
