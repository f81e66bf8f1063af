// The header of a proxy: what it says at each prefix, what is none, and what is written is read again as what it was.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { encode } from "../../src/wire/latin1.ts";
import {
  MOST_HEADER,
  type ProxyHeader,
  readProxyHeader,
  type Told,
  writeBinary,
  writeHeader,
  writeLocal,
  writeNobody,
  writeText,
} from "../../src/wire/proxy-header.ts";

const RUNS = Number(process.env.FC_RUNS ?? 100_000);
const SEED = Number(process.env.FC_SEED ?? Date.now() & 0x7fffffff);
const settings = { numRuns: RUNS, seed: SEED };

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
const read = (text: string) => readProxyHeader(encode(text));

/** Behind the signature: command, family, and the rest with its length. */
function binary(command: number, family: number, rest: string, length = rest.length): string {
  return SIGNATURE + String.fromCharCode(command, family, length >> 8, length & 255) + rest;
}

const NOBODY = { address: null, port: null };
const CLIENT = { address: "192.0.2.7", port: 51422 };
const SERVER = { address: "198.51.100.1", port: 25 };
const IPV4 = "\xc0\0\x02\x07\xc6\x33\x64\x01\xc8\xde\0\x19";

function whole(length: number, client: object, server: object, isLocal = false): ProxyHeader {
  return { state: "whole", length, client, server, isLocal } as ProxyHeader;
}

const TEXT = "PROXY TCP4 192.0.2.7 198.51.100.1 51422 25\r\n";
const BINARY = binary(0x21, 0x11, IPV4);

describe("version 1", () => {
  test("tells both ends, of IPv4 and of IPv6", () => {
    expect(read(TEXT)).toEqual(whole(TEXT.length, CLIENT, SERVER));
    const six = "PROXY TCP6 2001:DB8:0:0:0:0:0:7 2001:db8::1 1 65535\r\n";
    expect(read(six)).toEqual(
      whole(six.length, { address: "2001:db8::7", port: 1 }, { address: "2001:db8::1", port: 65535 }),
    );
    const mapped = "PROXY TCP6 ::ffff:192.0.2.7 ::ffff:c633:6401 51422 25\r\n";
    expect(read(mapped)).toEqual(whole(mapped.length, CLIENT, SERVER));
  });

  test("tells nobody with UNKNOWN, whatever stands behind it", () => {
    for (const text of [
      "PROXY UNKNOWN\r\n",
      "PROXY UNKNOWN 192.0.2.7 192.0.2.8 1 2\r\n",
      "PROXY UNKNOWN \0\xff\r\n",
    ])
      expect(read(text)).toEqual(whole(text.length, NOBODY, NOBODY));
  });

  test("is 107 octets at most, with its end", () => {
    const longest = `PROXY UNKNOWN ${"x".repeat(91)}\r\n`;
    expect(longest.length).toBe(107);
    expect(read(longest)).toEqual(whole(107, NOBODY, NOBODY));
    expect(read(longest.replace("x", "xx")).state).toBe("wrong");
    expect(read(`PROXY UNKNOWN ${"x".repeat(92)}`).state).toBe("more");
    expect(read(`PROXY UNKNOWN ${"x".repeat(93)}`).state).toBe("wrong");
  });

  for (const wrong of [
    "PROXY TCP4 192.0.2.7 198.51.100.1 51422 25\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 51422 25\r",
    "PROXY TCP4 192.0.2.7 198.51.100.1 51422 25 \r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 51422\r\n",
    "PROXY  TCP4 192.0.2.7 198.51.100.1 51422 25\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 51422 65536\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 051422 25\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 -1 25\r\n",
    "PROXY TCP4 192.0.2.07 198.51.100.1 51422 25\r\n",
    "PROXY TCP4 2001:db8::7 2001:db8::1 51422 25\r\n",
    "PROXY TCP6 192.0.2.7 198.51.100.1 51422 25\r\n",
    "PROXY TCP5 192.0.2.7 198.51.100.1 51422 25\r\n",
    "PROXY UNKNOWNX\r\n",
    "PROXY \r\n",
    "proxy TCP4 192.0.2.7 198.51.100.1 51422 25\r\n",
    "EHLO PROXY\r\n",
    "PROXY\tTCP4 192.0.2.7 198.51.100.1 51422 25\r\n",
    "PROXY UNKNOWN\n\r\n",
  ])
    test(`is not ${JSON.stringify(wrong)}`, () => {
      expect(read(`${wrong}.`).state).toBe("wrong");
    });
});

describe("version 2", () => {
  test("tells both ends, of IPv4 and of IPv6", () => {
    expect(read(BINARY)).toEqual(whole(28, CLIENT, SERVER));
    const six = `\x20\x01\x0d\xb8${"\0".repeat(11)}\x07\x20\x01\x0d\xb8${"\0".repeat(11)}\x01\0\x01\xff\xff`;
    expect(read(binary(0x21, 0x21, six))).toEqual(
      whole(52, { address: "2001:db8::7", port: 1 }, { address: "2001:db8::1", port: 65535 }),
    );
    const mapped = `${"\0".repeat(10)}\xff\xff\xc0\0\x02\x07${"\0".repeat(10)}\xff\xff\xc6\x33\x64\x01\xc8\xde\0\x19`;
    expect(read(binary(0x21, 0x21, mapped))).toEqual(whole(52, CLIENT, SERVER));
  });

  test("is followed by what nobody needs", () => {
    expect(read(binary(0x21, 0x11, `${IPV4}\x20\0\x02xx`))).toEqual(whole(33, CLIENT, SERVER));
    expect(read(binary(0x21, 0x11, IPV4 + "x".repeat(4084)))).toEqual(whole(MOST_HEADER, CLIENT, SERVER));
    expect(read(binary(0x21, 0x11, IPV4, 4097)).state).toBe("wrong");
  });

  test("tells nobody where it is not known, of another family, or the proxy itself", () => {
    for (const [command, family, rest] of [
      [0x21, 0x00, ""],
      [0x21, 0x00, "whatever"],
      [0x21, 0x31, "\0".repeat(216)],
      [0x21, 0x12, IPV4],
      [0x21, 0x10, IPV4],
    ] as const)
      expect(read(binary(command, family, rest))).toEqual(whole(16 + rest.length, NOBODY, NOBODY));
    for (const [family, rest] of [
      [0x00, ""],
      [0x11, IPV4],
      [0x11, ""],
    ] as const)
      expect(read(binary(0x20, family, rest))).toEqual(whole(16 + rest.length, NOBODY, NOBODY, true));
  });

  for (const [what, wrong] of Object.entries({
    "of another version": binary(0x11, 0x11, IPV4),
    "with another command": binary(0x22, 0x11, IPV4),
    "of no family there is": binary(0x21, 0x41, IPV4),
    "of no transport there is": binary(0x21, 0x13, IPV4),
    "too short for IPv4": binary(0x21, 0x11, IPV4.slice(1)),
    "too short for IPv6": binary(0x21, 0x21, IPV4),
    "with another signature": BINARY.replace("QUIT", "QUIt"),
  }))
    test(`is not one ${what}`, () => {
      expect(read(wrong).state).toBe("wrong");
    });
});

describe("a header", () => {
  const HEADERS = { TEXT, BINARY, unknown: "PROXY UNKNOWN\r\n", local: binary(0x20, 0, "") };
  for (const [name, header] of Object.entries(HEADERS))
    test(`(${name}) is more to come at each prefix, and its own length whatever follows`, () => {
      for (let length = 0; length < header.length; length++)
        expect(read(header.slice(0, length))).toEqual({ state: "more" });
      for (const behind of ["", "E", "EHLO x\r\n", "\x16\x03\x01", header])
        expect(read(header + behind)).toMatchObject({ state: "whole", length: header.length });
    });

  test("that is changed is wrong, more to come, or whole within what there is, and nothing is thrown", () => {
    const change = fc.record({
      header: fc.constantFrom(...Object.values(HEADERS).map((text) => `${text}EHLO x\r\n`)),
      at: fc.nat(60),
      octet: fc.nat(255),
      length: fc.nat(80),
    });
    fc.assert(
      fc.property(change, ({ header, at, octet, length }) => {
        const octets = encode(header);
        if (at < octets.length) octets[at] = octet;
        const told = readProxyHeader(octets.subarray(0, length));
        if (told.state !== "whole") return;
        expect(told.length).toBeLessThanOrEqual(Math.min(length, octets.length));
        for (const { address, port } of [told.client, told.server]) {
          expect(address === null).toBe(port === null);
          if (port !== null) expect(port).toBeWithin(0, 65536);
        }
      }),
      settings,
    );
  });

  test("once it is wrong is wrong with all that follows, and once whole stays what it is", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(HEADERS)),
        fc.nat(30),
        fc.nat(255),
        (header, at, octet) => {
          const octets = encode(`${header}EHLO x\r\n`);
          octets[Math.min(at, octets.length - 1)] = octet;
          let before: ProxyHeader = { state: "more" };
          for (let length = 0; length <= octets.length; length++) {
            const now = readProxyHeader(octets.subarray(0, length));
            if (before.state !== "more") expect(now).toEqual(before);
            before = now;
          }
        },
      ),
      { ...settings, numRuns: RUNS / 20 },
    );
  });
});

describe("what is written", () => {
  const plain: Told = { client: CLIENT, server: SERVER, tls: null };
  const six = { address: "2001:db8::7", port: 1 };

  test("is read again as what it was", () => {
    expect(writeText(plain)).toEqual(encode(TEXT));
    expect(writeBinary(plain)).toEqual(encode(BINARY));
    for (const write of [writeText, writeBinary]) {
      const both: Told = { ...plain, client: six, server: { address: "2001:db8::1", port: 25 } };
      expect(readProxyHeader(write(both))).toMatchObject({
        state: "whole",
        client: six,
        server: both.server,
      });
      // One family for both.
      expect(readProxyHeader(write({ ...plain, client: six }))).toMatchObject({
        client: six,
        server: SERVER,
      });
      expect(readProxyHeader(write({ ...plain, server: six }))).toMatchObject({
        client: CLIENT,
        server: six,
      });
    }
  });

  test("tells nothing of a client that is not known, in no family", () => {
    const unknown = { ...plain, client: NOBODY };
    expect(writeText(unknown)).toEqual(encode("PROXY UNKNOWN\r\n"));
    for (const version of ["v1", "v2"] as const) {
      expect(readProxyHeader(writeHeader(version, plain))).toMatchObject({
        client: plain.client,
        server: plain.server,
      });
      expect(readProxyHeader(writeNobody(version))).toMatchObject({
        client: NOBODY,
        isLocal: version === "v2",
      });
    }
    const half = {
      client: { address: "192.0.2.7", port: 1 },
      server: { address: null, port: null },
      tls: null,
    };
    expect(writeText(half)).toEqual(encode("PROXY UNKNOWN\r\n"));
    expect(writeBinary(unknown)).toEqual(encode(binary(0x21, 0, "")));
    expect(writeBinary({ ...plain, server: NOBODY })).toEqual(encode(binary(0x21, 0, "")));
    expect(readProxyHeader(writeLocal())).toEqual(whole(16, NOBODY, NOBODY, true));
  });

  test("tells TLS in version 2, and no certificate of the client's", () => {
    const told = writeBinary({ ...plain, tls: { version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256" } });
    const inside = "\x01\0\0\0\x01\x21\0\x07TLSv1.3\x23\0\x16TLS_AES_128_GCM_SHA256";
    expect(told).toEqual(
      encode(binary(0x21, 0x11, `${IPV4}\x20\0${String.fromCharCode(inside.length)}${inside}`)),
    );
    expect(readProxyHeader(told)).toEqual(whole(told.length, CLIENT, SERVER));
  });

  test("of any addresses is read again", () => {
    const endpoint = fc.record({ address: fc.oneof(fc.ipV4(), fc.ipV6()), port: fc.nat(65535) });
    fc.assert(
      fc.property(endpoint, endpoint, (client, server) => {
        for (const write of [writeText, writeBinary]) {
          const octets = write({ client, server, tls: null });
          const told = readProxyHeader(octets);
          if (told.state !== "whole") throw new Error(told.state);
          expect([told.length, told.client.port, told.server.port]).toEqual([
            octets.length,
            client.port,
            server.port,
          ]);
          const again = readProxyHeader(write({ client: told.client, server: told.server, tls: null }));
          expect(again).toMatchObject({ client: told.client, server: told.server });
        }
      }),
      { ...settings, numRuns: RUNS / 20 },
    );
  });
});
