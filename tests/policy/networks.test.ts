// Networks as an administrator writes them, at their borders.

import { describe, expect, test } from "bun:test";
import { compileNetworks, overlaps, sizeOf } from "../../src/policy/networks.ts";

describe("a network", () => {
  test.each([
    ["192.0.2.7", ["192.0.2.7"], ["192.0.2.6", "192.0.2.70", "192.0.2.77"]],
    ["192.0.2.0/24", ["192.0.2.0", "192.0.2.255"], ["192.0.1.255", "192.0.3.0"]],
    ["192.0.2.77/24", ["192.0.2.1"], ["192.0.3.1"]],
    ["192.0.2.128/25", ["192.0.2.128"], ["192.0.2.127"]],
    ["192.0.2.7/32", ["192.0.2.7"], ["192.0.2.8"]],
    ["0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::", "2001:db8::1"]],
    ["192.168.1", ["192.168.1.0", "192.168.1.255"], ["192.168.10.1", "192.168.100.1", "192.168.0.1"]],
    ["192.168.1.", ["192.168.1.9"], ["192.168.10.1"]],
    ["192.168", ["192.168.0.1", "192.168.255.255"], ["192.169.0.1", "19.216.8.1"]],
    ["10", ["10.0.0.1", "10.255.255.255"], ["100.0.0.1", "1.0.0.10", "0.0.0.10"]],
    ["255", ["255.0.0.1"], ["25.5.0.1"]],
    ["::ffff:0:0/96", ["192.0.2.1"], ["2001:db8::1"]],
    ["1.2.3", ["1.2.3.4"], ["1.2.4.3", "1.23.3.4"]],
    ["2001:db8::/112", ["2001:db8::7"], ["2001:db8::1:0"]],
    ["2001:db8::1", ["2001:db8::1", "2001:DB8:0:0:0:0:0:1"], ["2001:db8::2"]],
    ["2001:db8::/32", ["2001:db8:ffff::1"], ["2001:db9::1", "192.0.2.1"]],
    ["::1", ["::1"], ["::2", "127.0.0.1"]],
    ["::ffff:192.0.2.7", ["192.0.2.7", "::ffff:192.0.2.7"], ["::c000:207"]],
    ["::ffff:192.0.2.0/120", ["192.0.2.200"], ["192.0.3.0"]],
    ["192.0.2.0/24", ["::ffff:192.0.2.9", "::ffff:c000:0209"], ["::ffff:192.0.3.9"]],
    ["::/0", ["2001:db8::1"], ["192.0.2.1"]],
  ])("%s", (entry, inside, outside) => {
    const member = compileNetworks([entry]);
    expect(inside.filter((address) => !member(address))).toEqual([]);
    expect(outside.filter(member)).toEqual([]);
  });

  test("an unknown client, and one whose address is none, is in no network", () => {
    const member = compileNetworks(["0.0.0.0/0", "::/0"]);
    for (const address of [null, "", "unknown", "local.test", "192.0.2.1:25", "[::1]"])
      expect(member(address)).toBe(false);
  });

  test("one of several is enough, none is in nothing", () => {
    expect(compileNetworks(["192.0.2.1", "2001:db8::/32"])("2001:db8::5")).toBe(true);
    expect(compileNetworks([])("192.0.2.1")).toBe(false);
  });

  test.each([
    [""],
    ["local.test"],
    ["256"],
    ["256.1.1.1"],
    ["1.2.3.256"],
    ["1.2.3.4.5"],
    ["192.168..1"],
    ["192.168.1.0/33"],
    ["192.168.1/24"],
    ["192.168.1.0/"],
    ["192.168.1.0/-1"],
    ["192.168.1.0/255.255.255.0"],
    ["192.168.1.*"],
    ["0x7f.0.0.1"],
    ["2001:db8::/129"],
    ["2001:db8"],
    ["[::1]"],
    ["192.0.2.1 "],
    ["192.0.2.1,192.0.2.2"],
  ])("%j is none, and named as such", (entry) => {
    expect(() => compileNetworks(["192.0.2.1", entry])).toThrow(entry);
  });
});

describe("many networks", () => {
  const many = Array.from({ length: 100 }, (_, index) => `10.0.${index}.0/24`);

  test("are what each of them is", () => {
    const member = compileNetworks([...many, "2001:db8::/32"]);
    for (let times = 0; times < 6; times++)
      expect(["10.0.99.1", "10.0.100.1", "2001:db8::1", "nobody", null].map(member)).toEqual([
        ...[true, false, true, false, false],
      ]);
  });

  test.each(["10.0.0.256", "10.0.0.1 ", "", "# 10.0.0.1", "10.0.0.1\n10.0.0.2"])(
    "%j among them is none, and named as such",
    (entry) => {
      expect(() => compileNetworks([...many, entry, ...many])).toThrow(new Error(entry));
    },
  );
});

describe("two networks", () => {
  const relation = (entry: string, other: string) => overlaps([entry], [other])[0]?.is ?? "apart";
  const opposite = { same: "same", inside: "around", around: "inside", apart: "apart" } as const;

  test.each([
    ["10", "10", "same"],
    ["10", "10.0.0.0/8", "same"],
    ["10.", "10.1.2.3/8", "same"],
    ["192.168.1", "192.168.1.77/24", "same"],
    ["192.0.2.7", "192.0.2.7/32", "same"],
    ["::1", "0:0:0:0:0:0:0:1/128", "same"],
    ["192.0.2.7", "::ffff:192.0.2.7", "same"],
    ["10.0.0.0/8", "::ffff:10.0.0.0/104", "same"],
    ["0.0.0.0/0", "::ffff:0:0/96", "same"],
    ["10.1.2.3", "10", "inside"],
    ["10.0.0.0/9", "10.128.0.0/8", "inside"],
    ["::ffff:10.1.2.3", "10", "inside"],
    ["2001:db8::1", "2001:db8::/32", "inside"],
    ["2001:db8::/32", "::/0", "inside"],
    ["255.255.255.255", "0.0.0.0/0", "inside"],
    ["10.0.0.0/9", "10.128.0.0/9", "apart"],
    ["192.168.1", "192.168.10", "apart"],
    ["10", "::/0", "apart"],
    ["10.1.2.3", "no.network", "apart"],
  ] as const)("%s and %s", (entry, other, is) => {
    expect([relation(entry, other), relation(other, entry)]).toEqual([is, opposite[is]]);
  });

  test("that overlap are told as they were written, each of one list with each of the other", () => {
    expect(overlaps(["10", "192.0.2.1", "::1"], ["10.1", "::1", "10.0.0.0/8"])).toEqual([
      { entry: "10", other: "10.1", is: "around" },
      { entry: "10", other: "10.0.0.0/8", is: "same" },
      { entry: "::1", other: "::1", is: "same" },
    ]);
  });
});

test("how much of an address a network is", () => {
  expect(sizeOf("192.0.2.0/24")).toEqual({ kind: "ipv4", bits: 24 });
  expect(sizeOf("192.168")).toEqual({ kind: "ipv4", bits: 16 });
  expect(sizeOf("::ffff:192.0.2.0/120")).toEqual({ kind: "ipv4", bits: 24 });
  expect(sizeOf("2001:db8::7")).toEqual({ kind: "ipv6", bits: 128 });
  expect(sizeOf("mx.test")).toBeNull();
});
