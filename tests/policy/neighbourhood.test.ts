// Which network a client is counted as, and which is around it.

import { expect, test } from "bun:test";
import { networkOf, widerOf } from "../../src/policy/neighbourhood.ts";

test("a network is told in one notation, however its address is written", () => {
  expect(networkOf("192.0.2.7")).toBe("192.0.2.7");
  expect(networkOf("::ffff:192.0.2.7")).toBe("192.0.2.7");
  expect(networkOf("2001:db8::1")).toBe("2001:db8:0:0::/64");
  expect(networkOf("::1")).toBe("0:0:0:0::/64");
  expect(networkOf("64:ff9b::192.0.2.1")).toBe("64:ff9b:0:0::/64");
  expect(networkOf("1:2:3:4:5:6:7:8")).toBe("1:2:3:4::/64");
  expect(networkOf(null)).toBe("unknown");
});

test("the one around it has 256 addresses, or 65,536 networks", () => {
  expect(widerOf("192.0.2.7")).toBe("192.0.2.0/24");
  expect(widerOf("::ffff:192.0.2.7")).toBe("192.0.2.0/24");
  expect(widerOf("2001:db8:1:2::1")).toBe("2001:db8:1::/48");
  expect(widerOf("::1")).toBe("0:0:0::/48");
  expect(widerOf(null)).toBe("unknown");
});
