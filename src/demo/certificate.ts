// A certificate that its own key has signed, made on the spot for the demo: EC P-256 (RFC 5480), X.509 version 3
// (RFC 5280), in just so much DER as that needs. The runtime signs; it makes no certificates. Knows no file.

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** Both in PEM. */
export interface SelfSigned {
  readonly certificate: string;
  readonly key: string;
}

/** DER's tags. Those of a context are of the structure around them. */
const TAG = {
  ...{ boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, utf8: 0x0c },
  ...{ utcTime: 0x17, sequence: 0x30, set: 0x31 },
} as const;
const [VERSION, EXTENSIONS, DNS_NAME, IP_ADDRESS] = [0xa0, 0xa3, 0x82, 0x87] as const;

/** Object identifiers, as they are encoded. */
const OID = { ecdsaWithSha256: "2a8648ce3d040302", commonName: "550403", subjectAltName: "551d11" } as const;

/**
 * @param names of hosts, the first also the subject's @param addresses IPv4
 * @param days it is good for, from now on @param now milliseconds of the epoch
 */
export function selfSigned(
  names: readonly [string, ...string[]],
  addresses: readonly string[],
  days: number,
  now = Date.now(),
): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(TAG.sequence, oid("ecdsaWithSha256"));
  const name = der(TAG.sequence, der(TAG.set, pair(oid("commonName"), der(TAG.utf8, text(names[0])))));
  const body = der(
    TAG.sequence,
    ...[der(VERSION, der(TAG.integer, Buffer.of(2))), der(TAG.integer, serial()), algorithm],
    name, // whose word it is: its own
    pair(time(now), time(now + days * 86_400_000)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(EXTENSIONS, der(TAG.sequence, alternatives(names, addresses))),
  );
  const signature = bits(sign("sha256", body, privateKey));
  return {
    certificate: pem("CERTIFICATE", der(TAG.sequence, body, algorithm, signature)),
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
  };
}

/** Whom it is for (RFC 5280 §4.2.1.6). */
function alternatives(names: readonly string[], addresses: readonly string[]): Buffer {
  const all = [
    ...names.map((name) => der(DNS_NAME, text(name))),
    ...addresses.map((address) => der(IP_ADDRESS, Buffer.from(address.split(".").map(Number)))),
  ];
  return pair(oid("subjectAltName"), der(TAG.octetString, der(TAG.sequence, ...all)));
}

/** Positive, and of 15 octets at least. */
function serial(): Buffer {
  return Buffer.concat([Buffer.of(1), randomBytes(15)]);
}

/** Until 2049 (RFC 5280 §4.1.2.5.1). */
function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/\..*|\D/g, "");
  return der(TAG.utcTime, text(`${digits.slice(2)}Z`));
}

function oid(name: keyof typeof OID): Buffer {
  return der(TAG.oid, Buffer.from(OID[name], "hex"));
}

/** Whole octets: no bit of the last is unused. */
function bits(octets: Buffer): Buffer {
  return der(TAG.bitString, Buffer.of(0), octets);
}

function pair(first: Buffer, second: Buffer): Buffer {
  return der(TAG.sequence, first, second);
}

function text(value: string): Buffer {
  return Buffer.from(value, "utf8");
}

/** A tag, the length, what it is of; a length above 127 says first in how many octets it stands. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const octets = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...octets), content]);
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString("base64").match(/.{1,64}/g)!;
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
