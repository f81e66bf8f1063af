// Addresses as octets and as text.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { addressFrom, normalized, octetsOf, writeIPv6 } from "../../src/wire/addresses.ts";

test("an address has one notation, whichever it was written in", () => {
  for (const [text, one] of [
    ["192.0.2.7", "192.0.2.7"],
    ["2001:DB8:0:0:0:0:0:7", "2001:db8::7"],
    ["2001:db8::192.0.2.7", "2001:db8::c000:207"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::ffff:c000:207", "192.0.2.7"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"],
    ["192.0.2.07", null],
    ["1:2:3", null],
    ["mx.test", null],
    ["", null],
  ] as const)
    expect([text, normalized(text)]).toEqual([text, one]);
});

test("octets of an address are those it is made of again", () => {
  expect(octetsOf("192.0.2.7")).toEqual(Uint8Array.of(192, 0, 2, 7));
  expect(octetsOf("1::2")).toEqual(Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2));
  expect(octetsOf("mx.test")).toBeNull();
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const octets = octetsOf(text)!;
      expect(addressFrom(octets)).toBe(normalized(text)!);
      expect(octetsOf(addressFrom(octets))?.length).toBeOneOf([4, octets.length]);
    }),
  );
});

test("IPv6 is shortened at its longest run of zeros, the first of equals, and at none of one group", () => {
  expect(writeIPv6([1, 0, 0, 2, 0, 0, 3, 4])).toBe("1::2:0:0:3:4");
  expect(writeIPv6([1, 0, 2, 3, 4, 5, 6, 7])).toBe("1:0:2:3:4:5:6:7");
  expect(writeIPv6([0, 0, 0, 0, 0, 0xffff, 0xc000, 0x207])).toBe("::ffff:192.0.2.7");
});
