// The first message of a TLS client (RFC 8446 §4.1.2, in records of §5.1), as far as it must be known before anybody
// answers: whether it is one, where it ends, the name it asks for (RFC 6066 §3) and the versions it speaks. Knows
// octets; nothing here is cryptography, and nothing of it is believed but the choice of a certificate.

export type ClientHello =
  /** So far it may be one. */
  | { readonly state: "more" }
  /** It is none: another protocol, or a handshake of no known form. */
  | { readonly state: "plaintext" | "malformed" }
  | {
      readonly state: "whole";
      /** As the client wrote it, in lower case; null where it named none that is a host's. */
      readonly serverName: string | null;
      /** Such as 0x0303 and 0x0304. */
      readonly versions: readonly number[];
    };

export const TLS_1_2 = 0x0303;
export const TLS_1_3 = 0x0304;

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;
/** RFC 8446 §5.1 */
const MOST_RECORD = 16_384;
/** Octets of the message: what the largest hellos have (ML-KEM: 1.8 KB), eight times. */
const MOST_HELLO = 16_384;
/** Octets that have to be looked at, at most: a client may cut its hello into small records. */
export const MOST_LOOKED_AT = 2 * MOST_HELLO;

const SERVER_NAME = 0;
const SUPPORTED_VERSIONS = 43;
const HOST_NAME = 0;

const MORE: ClientHello = { state: "more" };
const PLAINTEXT: ClientHello = { state: "plaintext" };
const MALFORMED: ClientHello = { state: "malformed" };

/**
 * Whether the first record of a hello is there: by its five octets of header alone, for who should read no more.
 * @param octets the first of what the client said, five at most @param have how many there are in all
 */
export function isBegun(octets: Uint8Array, have: number): boolean | "plaintext" | "malformed" {
  if (!mayBeRecord(octets)) return "plaintext";
  if (octets.length < RECORD_HEADER) return false;
  const length = lengthOf(octets, 3);
  return isRecordLength(length) ? have >= RECORD_HEADER + length : "malformed";
}

/** @param octets all that the client said so far */
export function readClientHello(octets: Uint8Array): ClientHello {
  const message = new Uint8Array(Math.min(octets.length, MESSAGE_HEADER + MOST_HELLO));
  let have = 0;
  for (let at = 0; at < octets.length; ) {
    const record = octets.subarray(at);
    if (!mayBeRecord(record)) return at === 0 ? PLAINTEXT : MALFORMED;
    if (record.length < RECORD_HEADER) break;
    const length = lengthOf(record, 3);
    if (!isRecordLength(length)) return MALFORMED;
    const fragment = record.subarray(RECORD_HEADER, RECORD_HEADER + length);
    const taken = fragment.subarray(0, message.length - have);
    message.set(taken, have);
    have += taken.length;
    if (have > 0 && message[0] !== CLIENT_HELLO) return MALFORMED;
    if (have >= MESSAGE_HEADER) {
      const end = MESSAGE_HEADER + (message[1]! << 16) + lengthOf(message, 2);
      if (end > MESSAGE_HEADER + MOST_HELLO) return MALFORMED;
      if (have >= end) return readMessage(message.subarray(MESSAGE_HEADER, end));
    }
    at += RECORD_HEADER + length;
  }
  return octets.length >= MOST_LOOKED_AT ? MALFORMED : MORE;
}

function mayBeRecord(octets: Uint8Array): boolean {
  if (octets.length > 0 && octets[0] !== HANDSHAKE) return false;
  return octets.length < 2 || octets[1] === 3;
}

function isRecordLength(length: number): boolean {
  return length > 0 && length <= MOST_RECORD;
}

/** The fields of the message one behind the other; any that reaches over its end makes it none. */
class Fields {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get isDone(): boolean {
    return this.#at >= this.#octets.length;
  }

  number(octets: 1 | 2): number {
    const field = this.take(octets);
    return octets === 1 ? field[0]! : lengthOf(field, 0);
  }

  /** A field whose length stands in front of it, in so many octets. */
  vector(octets: 1 | 2): Uint8Array {
    return this.take(this.number(octets));
  }

  /** @throws RangeError behind the end */
  take(length: number): Uint8Array {
    if (this.#at + length > this.#octets.length) throw new RangeError("a field reaches over the end");
    this.#at += length;
    return this.#octets.subarray(this.#at - length, this.#at);
  }
}

function readMessage(octets: Uint8Array): ClientHello {
  try {
    const fields = new Fields(octets);
    const legacy = fields.number(2);
    fields.take(32); // random
    fields.vector(1); // session
    fields.vector(2); // cipher suites
    fields.vector(1); // compression
    let serverName: string | null = null;
    let versions: readonly number[] = [legacy];
    const extensions = new Fields(fields.isDone ? new Uint8Array() : fields.vector(2));
    while (!extensions.isDone) {
      const type = extensions.number(2);
      const content = new Fields(extensions.vector(2));
      if (type === SERVER_NAME) serverName = readServerName(content);
      if (type === SUPPORTED_VERSIONS) versions = pairs(content.vector(1));
    }
    return { state: "whole", serverName, versions };
  } catch {
    return MALFORMED;
  }
}

/** Any other name than a host's in the form of RFC 6066 §3, an address for one, is no name: nothing is chosen by it. */
function readServerName(content: Fields): string | null {
  const names = new Fields(content.vector(2));
  if (names.isDone || names.number(1) !== HOST_NAME) return null;
  const text = String.fromCharCode(...names.vector(2).subarray(0, 256));
  const isHost = text.length <= 255 && /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(text);
  return isHost && !/(?:^|\.)[0-9]+$/.test(text) ? text.toLowerCase() : null;
}

function pairs(octets: Uint8Array): number[] {
  return Array.from({ length: octets.length >> 1 }, (_, index) => lengthOf(octets, 2 * index));
}

function lengthOf(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | octets[at + 1]!;
}
