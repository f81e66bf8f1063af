// What TLS clients say first: as OpenSSL said it, and made up. Knows RFC 8446 §4.1.2; nothing of who reads it.

/** @param padding zeros behind it, which OpenSSL fills a hello up with */
function captured(base64: readonly string[], padding: number): Uint8Array {
  const said = Buffer.from(base64.join(""), "base64");
  return new Uint8Array(Buffer.concat([said, Buffer.alloc(padding)]));
}

/** Python's ssl with OpenSSL 3.0: TLS 1.2 and 1.3, and the name "mx.Example.test". */
export const OPENSSL = captured(
  [
    "FgMBAgABAAH8AwOS/iawwyrCv5R4Z79D7yhv2v5j6WMJaAuwlmOSXTY0wiDPsFrXWKKMFGpH7hTE+HL/NkoEmPESgo6lLPRw",
    "qZ969wAkEwITAxMBwCzAMMArwC/MqcyowCTAKMAjwCcAnwCeAGsAZwD/AQABjwAAABQAEgAAD214LkV4YW1wbGUudGVzdAAL",
    "AAQDAAECAAoAFgAUAB0AFwAeABkAGAEAAQEBAgEDAQQAIwAAABYAAAAXAAAADQAqACgEAwUDBgMIBwgICAkICggLCAQIBQgG",
    "BAEFAQYBAwMDAQMCBAIFAgYCACsABQQDBAMDAC0AAgEBADMAJgAkAB0AIDR2Wr2Yn/zekMVXrVAJ/bMTX9nOV3/zvkh3FZFY",
    "H5A9ABUA3g==",
  ],
  222,
);

/** The same, without a name. */
export const NAMELESS = captured(
  [
    "FgMBAgABAAH8AwM8kaNQqLUSE8EY/p+K9Jz1pBe2RrNhjXhu8SHRNYNnISB/BLq1s77CDy+ODRNHiHygGXLBlq1Px09H1ArW",
    "LqF5sAAkEwITAxMBwCzAMMArwC/MqcyowCTAKMAjwCcAnwCeAGsAZwD/AQABjwALAAQDAAECAAoAFgAUAB0AFwAeABkAGAEA",
    "AQEBAgEDAQQAIwAAABYAAAAXAAAADQAqACgEAwUDBgMIBwgICAkICggLCAQIBQgGBAEFAQYBAwMDAQMCBAIFAgYCACsABQQD",
    "BAMDAC0AAgEBADMAJgAkAB0AIJrZcbM8SnfA7zMYC44FgsTZfKAXxUfZOPup8fmh6zI/ABUA9g==",
  ],
  246,
);

/** TLS 1.2 alone, which says no supported_versions: for "mx.example.test". */
export const TLS_1_2_ALONE = captured(
  [
    "FgMBALUBAACxAwMBmuJwEO8ysPCr0dbZ27GwllpYUbD+vjhx0Fq8UTkkJgAAHsAswDDAK8AvzKnMqMAkwCjAI8AnAJ8AngBr",
    "AGcA/wEAAGoAAAAUABIAAA9teC5leGFtcGxlLnRlc3QACwAEAwABAgAKAAwACgAdABcAHgAZABgAIwAAABYAAAAXAAAADQAq",
    "ACgEAwUDBgMIBwgICAkICggLCAQIBQgGBAEFAQYBAwMDAQMCBAIFAgYC",
  ],
  0,
);

export interface MadeUp {
  /** Of server_name, one behind the other; null for no such extension. */
  readonly names?: readonly Uint8Array[] | null;
  /** Of server_name, the type of each. */
  readonly nameType?: number;
  /** Of supported_versions; null for no such extension. */
  readonly versions?: readonly number[] | null;
  readonly legacyVersion?: number;
  /** Octets of an extension that nobody knows. */
  readonly padding?: number;
  /** None at all: not even the length of a list of them. */
  readonly hasExtensions?: boolean;
}

/** The message alone, with its header of four octets. */
export function helloMessage(plan: MadeUp = {}): Uint8Array {
  const { names = null, nameType = 0, versions = null, legacyVersion = 0x0303, padding = 0 } = plan;
  const extensions = [
    ...(names === null
      ? []
      : [extension(0, vector(2, ...names.map((name) => join([nameType], vector(2, name)))))]),
    ...(versions === null ? [] : [extension(43, vector(1, ...versions.map(pair)))]),
    ...(padding === 0 ? [] : [extension(0xfafa, new Uint8Array(padding))]),
  ];
  const body = join(
    pair(legacyVersion),
    new Uint8Array(32).fill(7),
    vector(1, new Uint8Array(32).fill(9)),
    vector(2, pair(0x1301)),
    vector(1, [0]),
    ...(plan.hasExtensions === false ? [] : [vector(2, ...extensions)]),
  );
  return join([1, body.length >> 16, (body.length >> 8) & 255, body.length & 255], body);
}

/** In records of so many octets each. */
export function recordsOf(message: Uint8Array, size = 16_384): Uint8Array {
  const records: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += size) {
    const fragment = message.subarray(at, at + size);
    records.push(join([22, 3, 1], pair(fragment.length), fragment));
  }
  return join(...records);
}

export function hello(plan: MadeUp = {}): Uint8Array {
  return recordsOf(helloMessage(plan));
}

/** The message in records that were captured. */
export function messageIn(records: Uint8Array): Uint8Array {
  const fragments: Uint8Array[] = [];
  for (let at = 0; at < records.length; ) {
    const length = (records[at + 3]! << 8) | records[at + 4]!;
    fragments.push(records.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return join(...fragments);
}

export function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

function extension(type: number, content: Uint8Array): Uint8Array {
  return join(pair(type), vector(2, content));
}

/** Behind its length, in so many octets. */
function vector(octets: 1 | 2, ...parts: readonly ArrayLike<number>[]): Uint8Array {
  const content = join(...parts);
  return join(octets === 1 ? [content.length] : pair(content.length), content);
}

function pair(value: number): number[] {
  return [value >> 8, value & 255];
}

function join(...parts: readonly ArrayLike<number>[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
}
