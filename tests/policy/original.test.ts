// Where a client may be let go that a firewall has redirected: into the networks that were named, and to nobody's own.

import { describe, expect, test } from "bun:test";
import { compileNetworks } from "../../src/policy/networks.ts";
import { judgeOriginal, wrongOriginal } from "../../src/policy/original.ts";

const OURS = { address: "192.0.2.1", port: 10025 };
const networks = ["192.0.2.0/24", "198.51.100.0/24", "192.0.2.128/25", "2001:db8::/32"].map((net) =>
  compileNetworks([net]),
);
/** Everywhere: what is refused all the same is refused for what it is. */
const anywhere = ["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"].map((net) => compileNetworks([net]));

const judge = (address: string | null, port: number | null = 25, among = networks) =>
  judgeOriginal({ address, port }, [OURS, { address: null, port: null }], among);

describe("Where a client wanted to go", () => {
  test("is the first network that has it", () => {
    expect(judge("192.0.2.25")).toBe(0);
    expect(judge("192.0.2.200")).toBe(0);
    expect(judge("198.51.100.1")).toBe(1);
    expect(judge("2001:db8::25")).toBe(3);
    expect(judge("::ffff:198.51.100.1")).toBe(1);
  });

  test("is not left for another where it is in no network", () => {
    expect(judge("203.0.113.1")).toBe("in no network of --connect original");
    expect(judge("2001:db9::1")).toBe("in no network of --connect original");
  });

  test("is nowhere when the kernel knows nothing", () => {
    const nowhere = "the kernel does not know where the client wanted to go";
    expect(judgeOriginal(null, [OURS], networks)).toBe(nowhere);
    expect(judge(null)).toBe(nowhere);
    expect(judge("192.0.2.25", null)).toBe(nowhere);
    expect(judge("192.0.2.25", 0)).toBe(nowhere);
  });

  test("is never ourselves, but may be another port of ours", () => {
    expect(judge("192.0.2.1", 10025)).toBe("that is ourselves: no firewall has redirected the client");
    expect(judge("192.0.2.1", 25)).toBe(0);
  });

  test.each([
    ...["127.0.0.1", "127.8.9.10", "0.0.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255", "240.0.0.1"],
    ...["::1", "::", "fe80::1", "febf::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.1.1"],
  ])("is never %s, whatever the networks", (address) => {
    expect(judge(address, 25, anywhere)).toStartWith("never reached: ");
  });

  test("may be any other, where the networks say so", () => {
    for (const address of ["10.0.0.1", "128.0.0.1", "169.253.0.1", "fec0::1"])
      expect(judge(address, 25, anywhere)).toBeNumber();
  });
});

describe("A network of servers", () => {
  test("is any that has other hosts", () => {
    for (const net of ["10.0.0.0/8", "192.0.2.7", "0.0.0.0/1", "2001:db8::/32", "::/3"])
      expect(wrongOriginal(net)).toBeNull();
  });

  test("is not everything, however that is written", () => {
    for (const net of ["0.0.0.0/0", "10.0.0.1/0", "::/0", "::ffff:0:0/96"])
      expect(wrongOriginal(net)).toBe("everything");
  });

  test("is not one that is never reached", () => {
    for (const net of ["127.0.0.0/8", "127.0.0.1", "::1", "fe80::/64", "169.254.0.0/16", "224.0.0.0/8"])
      expect(wrongOriginal(net)).toBe("never");
  });

  test("is none without an address", () => {
    for (const net of ["", "mx.test", "10.0.0.0/33", "10.0.0.0/"]) expect(wrongOriginal(net)).toBe("none");
  });
});
