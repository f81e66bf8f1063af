// Domains and address literals at the borders of their grammar.

import { describe, expect, test } from "bun:test";
import * as net from "node:net";
import fc from "fast-check";
import { isAddressLiteral, isDomain, isIPv4, isIPv6, isMailDomain } from "../../src/wire/domain.ts";

const LABEL = "l".repeat(63);

describe("domains", () => {
  test.each([
    ["a"],
    ["a.b"],
    ["A-b.c--d"],
    ["1.2"],
    [LABEL],
    [`${LABEL}.${LABEL}.${LABEL}.${"l".repeat(63)}`],
  ])("%s is one", (text) => {
    expect(isDomain(text)).toBe(true);
  });

  test.each([
    [""],
    ["."],
    ["a."],
    [".a"],
    ["a..b"],
    ["-a"],
    ["a-"],
    ["a.-b"],
    ["a_b"],
    ["a b"],
    ["a\n"],
    ["a\u00e4"],
    ["[a]"],
    [`${LABEL}l`],
    [`${LABEL}.${LABEL}.${LABEL}.${LABEL}.l`],
  ])("%j is none", (text) => {
    expect(isDomain(text)).toBe(false);
  });

  test("255 octets are a domain, 256 are none", () => {
    const of = (octets: number) => `${LABEL}.${LABEL}.${LABEL}.`.padEnd(octets - 2, "l").concat(".l");
    expect(of(255)).toHaveLength(255);
    expect(isDomain(of(255))).toBe(true);
    expect(of(256)).toHaveLength(256);
    expect(isDomain(of(256))).toBe(false);
  });

  test("a mailbox stands in no domain that could be taken for an address", () => {
    expect(["a.1", "192.0.2.1", "7"].map(isMailDomain)).toEqual([false, false, false]);
    expect(["a.1b", "1.a", "a1"].map(isMailDomain)).toEqual([true, true, true]);
  });
});

describe("address literals", () => {
  test.each([
    ["[192.0.2.1]", true],
    ["[255.255.255.255]", true],
    ["[256.0.2.1]", false],
    ["[1.2.3]", false],
    ["[1.2.3.4.5]", false],
    ["[01.2.3.4]", false],
    ["[1.2.3.4", false],
    ["[1.2.3.4x", false],
    ["x1.2.3.4]", false],
    ["1.2.3.4]", false],
    ["[]", false],
    ["[IPv6:::]", true],
    ["[IPV6:1:2:3:4:5:6:7:8]", true],
    ["[IPv6:1:2:3:4:5:6:1.2.3.4]", true],
    ["[IPv6:1:2:3:4:5:6::8]", true],
    ["[IPv6:1:2:3:4:5:6:7::]", true],
    ["[IPv6:::2:3:4:5:6:7:8]", true],
    ["[IPv6:1:2:3::4:5:6::7:8]", false],
    ["[IPv6:1:2:3:4:5:6:7]", false],
    ["[IPv6:1:2:3:4:5:6:7:8:9]", false],
    ["[IPv6:1:2:3:4:5:6:7::8]", false],
    ["[IPv6:1.2.3.4:5:6:7:8:9:a]", false],
    ["[IPv6:fe80::1%eth0]", false],
    ["[IPv6:12345::]", false],
    ["[IPv6:::g]", false],
    ["[IPv6:]", false],
    ["[::1]", false],
    ["[tag:x]", false],
  ])("%s: %p", (text, is) => {
    expect(isAddressLiteral(text)).toBe(is);
  });

  test("IPv6 is what an independent parser takes, short of zones", () => {
    const piece = fc.constantFrom(":", "::", "0", "1", "ffff", "12345", "g", "1.2.3.4", "");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        const text = pieces.join("");
        expect(isIPv6(text)).toBe(net.isIPv6(text));
      }),
      { numRuns: 3000 },
    );
  });

  test("IPv4 is four decimal numbers and nothing else", () => {
    expect(["0.0.0.0", "1.2.3.255"].every(isIPv4)).toBe(true);
    expect(
      ["1.2.3", "0x1.2.3.4", "1.2.3.4 ", "1..3.4", "1.2.3.-4", "1.2.3.4\n", "00.1.1.1"].some(isIPv4),
    ).toBe(false);
  });
});
