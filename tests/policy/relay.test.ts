// Who may send to whom: rules A7, each recipient on its own.

import { describe, expect, test } from "bun:test";
import { canonicalEntry, mayRelay } from "../../src/policy/relay.ts";
import { canonicalDomain } from "../../src/wire/canonical.ts";

const NOBODY = { domains: ["local.test"], senderDomains: [], clientAllowed: false };
const address = (localPart: string, domain: string | null) => ({ localPart, domain });
const to = (localPart: string, domain: string | null, policy = {}) =>
  mayRelay(address(localPart, domain), address("a", "local.test"), false, { ...NOBODY, ...policy });

describe("a client that is nobody", () => {
  test.each([
    ["u", "local.test"],
    ["postmaster", null],
    ["PostMaster", null],
    ["u", null],
    ['"a b"', "local.test"],
    ["u+tag=x", "local.test"],
  ])("may send to %s at %s", (localPart, domain) => {
    expect(to(localPart, domain)).toBe(true);
  });

  test.each([
    ["u", "evil.test"],
    ["u", "xlocal.test"],
    ["u", "x.local.test"],
    ["u", "local.test.evil.test"],
    ["u", "local.testx"],
    ["u", "localxtest"],
    ["u", "test"],
    ["u", "[192.0.2.1]"],
    ["u", "[IPv6:::1]"],
    ["v%evil.test", "local.test"],
    ["evil.test!v", "local.test"],
    ['"v@evil.test"', "local.test"],
    ['"v%evil.test"', "local.test"],
    ['"evil.test!v"', "local.test"],
    ['"@evil.test:v"', "local.test"],
    ["v%evil.test", null],
    ["evil.test!v", null],
    ['"v@evil.test"', null],
  ])("may not send to %s at %s", (localPart, domain) => {
    expect(to(localPart, domain)).toBe(false);
  });

  test("a sender in one of our domains opens nothing", () => {
    expect(mayRelay(address("u", "evil.test"), address("a", "local.test"), false, NOBODY)).toBe(false);
  });

  test("without any domain of ours only names without a domain are left", () => {
    expect(to("u", "local.test", { domains: [] })).toBe(false);
    expect(to("u", null, { domains: [] })).toBe(true);
  });

  test("a domain literal is accepted if it is listed", () => {
    expect(to("u", "[192.0.2.1]", { domains: ["[192.0.2.1]"] })).toBe(true);
    expect(to("u", "[192.0.2.10]", { domains: ["[192.0.2.1]"] })).toBe(false);
  });
});

describe("a client that may relay", () => {
  test.each([
    ["by its address", { clientAllowed: true }, false],
    ["by having logged in", {}, true],
    ["by its sender, where that is asked for", { senderDomains: ["a.test"] }, false],
  ])("%s sends anywhere", (_, policy, authenticated) => {
    for (const recipient of [
      address("u", "evil.test"),
      address("v%x", "local.test"),
      address("u", "[192.0.2.1]"),
    ])
      expect(mayRelay(recipient, address("a", "a.test"), authenticated, { ...NOBODY, ...policy })).toBe(true);
  });

  test("the null sender and one without domain are in no domain", () => {
    const policy = { ...NOBODY, senderDomains: ["a.test", ".a.test"] };
    expect(mayRelay(address("u", "evil.test"), null, false, policy)).toBe(false);
    expect(mayRelay(address("u", "evil.test"), address("a", null), false, policy)).toBe(false);
    expect(mayRelay(address("u", "evil.test"), address("a", "xa.test"), false, policy)).toBe(false);
  });
});

describe("a list of domains", () => {
  const lists = (domain: string | null, list: string[]) => {
    const sender = address("a", domain === null ? null : canonicalDomain(domain));
    const policy = { ...NOBODY, senderDomains: list.map(canonicalEntry) };
    return mayRelay(address("u", "evil.test"), sender, false, policy);
  };

  test.each([
    ["local.test", ["local.test"], true],
    ["Local.Test", ["lOCAL.tEST"], true],
    ["x.local.test", ["local.test"], false],
    ["x.local.test", [".local.test"], true],
    ["x.y.local.test", [".LOCAL.test"], true],
    ["local.test", [".local.test"], false],
    ["xlocal.test", [".local.test"], false],
    ["localxtest", ["local.test"], false],
    ["b.test", ["a.test", "b.test"], true],
    ["a.test", [], false],
    [null, ["a.test"], false],
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
  });

  test.each([
    ["bcher.example", "bücher.example"],
    ["local.test", "lоcal.test"], // a Cyrillic o
    ["xn--lcal-55d.test", "local.test"],
    ["xn--bcher-kva.example", ".bücher.example"],
  ])("%s is not in %s", (domain, entry) => {
    expect(lists(domain, [entry])).toBe(false);
  });
});
