// How servers are written that clients choose themselves, and who finds the one of a client.

import { describe, expect, test } from "bun:test";
import { ORIGINAL_FORM, originalFinder, parseOriginal, writeWanted } from "../../src/options/original.ts";
import { serverOf } from "../../src/options/server.ts";
import { UsageError } from "../../src/options/usage.ts";
import { settled } from "../settled.ts";

const wrong = (text: string) => () => parseOriginal(text, "FILE:2: connect");

async function plan(...connect: string[]) {
  const words = connect.flatMap((text) => ["--connect", text]);
  const { protocol, settings } = await settled("smtp", "--relay-domain", "a.test", ...words);
  return serverOf(protocol, settings);
}

describe("--connect original", () => {
  test("has a network, and TLS with a name", () => {
    expect(parseOriginal("original,net=192.0.2.0/24")).toEqual({ net: "192.0.2.0/24", tls: null });
    expect(parseOriginal("original,tls=starttls,net=2001:db8::/32,ca=/a.pem,name=mx.test")).toEqual({
      net: "2001:db8::/32",
      tls: { starts: "starttls", name: "mx.test", ca: "/a.pem" },
    });
  });

  test.each([
    ...["original", "original,", "original,net=", "original,net=mx.test", "original,net=10.0.0.0/33"],
    ...["original,net=10.0.0.0/8,net=10.0.0.0/8", "original,net=10.0.0.0/8,weight=2", "original,port=25"],
    ...["original,net=10.0.0.0/8,name=mx.test", "original,net=10.0.0.0/8,tls=yes,name=mx.test"],
  ])("is not %p, and the error says what one is", (text) => {
    expect(wrong(text)).toThrow(UsageError);
    expect(wrong(text)).toThrow(`FILE:2: connect: expected ${ORIGINAL_FORM}, got ${JSON.stringify(text)}`);
  });

  test("is not everything, nor what is never reached", () => {
    expect(wrong("original,net=0.0.0.0/0")).toThrow(
      "FILE:2: connect: expected a network smaller than everything",
    );
    expect(wrong("original,net=::/0")).toThrow("expected a network smaller than everything");
    expect(wrong("original,net=127.0.0.0/8")).toThrow("expected a network of other hosts");
  });

  test("wants a name where TLS is wanted: a client chooses the address", () => {
    expect(wrong("original,net=10.0.0.0/8,tls=starttls")).toThrow("expected name= with tls=, got none");
  });

  test("stands beside others of its kind, and beside no address", async () => {
    expect(await plan("original,net=192.0.2.0/24", "original,net=2001:db8::/32")).toEqual({
      originals: [
        { net: "192.0.2.0/24", tls: null },
        { net: "2001:db8::/32", tls: null },
      ],
    });
    for (const connect of [
      ["original,net=192.0.2.0/24", "mx.test:25"],
      ["mx.test:25", "original,net=192.0.2.0/24"],
    ])
      expect(plan(...connect)).rejects.toThrow(
        '--connect: expected addresses, or original, not both, got "mx.test:25"',
      );
    expect(await plan("original:25")).toMatchObject({ destinations: [{ host: "original", port: 25 }] });
  });

  test("is asked for TLS by those protocols only that know how", async () => {
    const { protocol, settings } = await settled(
      ...(["line", "--connect", "original,net=192.0.2.0/24,tls=starttls,name=a.test"] as const),
    );
    expect(serverOf(protocol, settings)).rejects.toThrow("expected tls=implicit with line");
  });
});

describe("A client's server", () => {
  const tls = { starts: "starttls", name: "mx.test", ca: null } as const;
  const find = originalFinder(
    [
      { net: "192.0.2.0/24", tls: null },
      { net: "2001:db8::/32", tls },
    ],
    [{ address: "192.0.2.1", port: 10025 }],
  );
  const server = { address: "192.0.2.9", port: 10025 };

  test("is where it wanted to go, as the network's entry says", () => {
    expect(find({ server, wanted: { address: "2001:db8::25", port: 25 } })).toEqual({
      destination: { host: "2001:db8::25", port: 25, weight: 1, tls },
      number: 1,
    });
  });

  test("is not where it has come to, nor anywhere else where we accept clients", () => {
    for (const wanted of [server, { address: "192.0.2.1", port: 10025 }])
      expect(find({ server, wanted })).toEqual({
        place: writeWanted(wanted)!,
        reason: "that is ourselves: no firewall has redirected the client",
      });
  });

  test("is nowhere where nobody knows", () => {
    for (const wanted of [null, undefined])
      expect(find({ server, ...(wanted === undefined ? {} : { wanted }) })).toEqual({
        place: "original",
        reason: "the kernel does not know where the client wanted to go",
      });
  });

  test("is written as the log has addresses", () => {
    expect(writeWanted({ address: "2001:db8::25", port: 25 })).toBe("[2001:db8::25]:25");
    expect(writeWanted({ address: "192.0.2.25", port: 25 })).toBe("192.0.2.25:25");
    expect(writeWanted({ address: null, port: null })).toBeNull();
    expect(writeWanted(undefined)).toBeNull();
  });
});
