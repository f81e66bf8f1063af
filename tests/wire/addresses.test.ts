// Addresses as octets and as text.

import { expect, test } from "bun:test";
import { addressFrom, normalized, octetsOf } from "../../src/wire/addresses.ts";

test("an address has one notation", () => {
  for (const [text, written] of [
    ["192.0.2.1", "192.0.2.1"],
    ["::FFFF:192.0.2.1", "192.0.2.1"],
    ["2001:DB8:0:0:0:0:0:7", "2001:db8::7"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["0:0:1:0:0:2:3:4", "::1:0:0:2:3:4"],
    ["1:0:0:2:0:0:3:4", "1::2:0:0:3:4"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["mx.test", null],
    ["192.0.2", null],
  ] as const)
    expect(normalized(text)).toBe(written);
});

test("its octets are read again", () => {
  for (const text of ["192.0.2.1", "2001:db8::7", "::", "::1", "1::2:0:0:3:4"])
    expect(addressFrom(octetsOf(text)!)).toBe(text);
  expect(octetsOf("mx.test")).toBeNull();
});
