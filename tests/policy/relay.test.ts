// Who may send to whom: rules A7, each recipient on its own.

import { describe, expect, test } from "bun:test";
import { domainsOf } from "../../src/policy/domains.ts";
import { mayRelay } from "../../src/policy/relay.ts";

const NOBODY = { domains: domainsOf(["local.test"]), senderDomains: domainsOf([]), clientAllowed: false };
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
    expect(to("u", "local.test", { domains: domainsOf([]) })).toBe(false);
    expect(to("u", null, { domains: domainsOf([]) })).toBe(true);
  });

  test("a domain literal is accepted if it is listed", () => {
    expect(to("u", "[192.0.2.1]", { domains: domainsOf(["[192.0.2.1]"]) })).toBe(true);
    expect(to("u", "[192.0.2.10]", { domains: domainsOf(["[192.0.2.1]"]) })).toBe(false);
  });
});

describe("a client that may relay", () => {
  test.each([
    ["by its address", { clientAllowed: true }, false],
    ["by having logged in", {}, true],
    ["by its sender, where that is asked for", { senderDomains: domainsOf(["a.test"]) }, false],
  ])("%s sends anywhere", (_, policy, authenticated) => {
    for (const recipient of [
      address("u", "evil.test"),
      address("v%x", "local.test"),
      address("u", "[192.0.2.1]"),
    ])
      expect(mayRelay(recipient, address("a", "a.test"), authenticated, { ...NOBODY, ...policy })).toBe(true);
  });

  test("the null sender and one without domain are in no domain", () => {
    const policy = { ...NOBODY, senderDomains: domainsOf(["a.test", ".a.test"]) };
    expect(mayRelay(address("u", "evil.test"), null, false, policy)).toBe(false);
    expect(mayRelay(address("u", "evil.test"), address("a", null), false, policy)).toBe(false);
    expect(mayRelay(address("u", "evil.test"), address("a", "xa.test"), false, policy)).toBe(false);
  });
});
