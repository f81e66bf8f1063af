// What check says of proxies that are believed.

import { describe, expect, test } from "bun:test";
import { checkProxies } from "../../../src/cli/check/proxies.ts";
import { settled } from "../../settled.ts";

async function found(...argv: string[]): Promise<string[]> {
  const { protocol, settings } = await settled("smtp", ...argv);
  return checkProxies(settings, protocol.options).map(
    ({ severity, about, text }) => `${severity} ${about} ${text}`,
  );
}

describe("Proxies", () => {
  test("that are a few hosts are not doubted", async () => {
    expect(await found()).toEqual([]);
    expect(await found("--accept-proxy", "10.0.0.0/16", "--accept-proxy", "2001:db8:1::/48")).toEqual([]);
    expect(await found("--accept-proxy", "10.0.0.7", "--relay-ip", "10.0.0.8")).toEqual([]);
  });

  for (const wide of ["10.0.0.0/15", "10", "2001:db8::/47"])
    test(`in ${wide} are too many`, async () => {
      expect(await found("--accept-proxy", wide)).toEqual([
        `warning --accept-proxy ${wide}: each of so many hosts is believed, whomever it names`,
      ]);
    });

  test("in a network of clients never count there", async () => {
    const inside = ["--accept-proxy", "127.0.0.1", "--relay-ip", "127.0.0.0/8", "--block-ip", "::1"];
    expect(await found(...inside)).toEqual([
      "warning --accept-proxy 127.0.0.1: is in --relay-ip (127.0.0.0/8), too: so is whoever comes to the proxy from itself, or by something in front of it that does not tell of him",
    ]);
    const [told, ...others] = await found(
      "--accept-proxy",
      "127.0.0.0/24",
      "--login-without-tls",
      "127.0.0.1",
    );
    expect(told).toContain("--login-without-tls (127.0.0.1)");
    expect(others).toEqual([]);
  });

  for (const [entry, expected] of [
    ["0.0.0.0/0", "not everybody's"],
    ["::/0", "not everybody's"],
    ["::ffff:0:0/96", "not everybody's"],
    ["mx.test", "expected the address or the network of proxies"],
  ] as const)
    test(`cannot be ${entry}`, async () => {
      expect(found("--accept-proxy", entry)).rejects.toThrow(expected);
    });
});
