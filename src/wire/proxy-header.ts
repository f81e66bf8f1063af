// The header by which a proxy tells whom it speaks for, versions 1 and 2 (the PROXY protocol of HAProxy,
// doc/proxy-protocol.txt): read from what has come so far, and written. Knows octets; not who may be believed.

import { addressFrom, type Endpoint, NOBODY, normalized, octetsOf } from "./addresses.ts";
import { encode } from "./latin1.ts";

/** What the first octets of a connection come to. */
export type ProxyHeader =
  /** All that is there begins a header. */
  | { readonly state: "more" }
  /** No header begins so. */
  | { readonly state: "wrong" }
  | {
      readonly state: "whole";
      /** Octets: what is behind them is the client's. */
      readonly length: number;
      /** Nobody: the proxy itself looks whether we are here. */
      readonly isLocal: boolean;
      /** Unknown where the proxy does not say it: never the proxy itself. */
      readonly client: Endpoint;
      readonly server: Endpoint;
    };

/** Whom a header that is written speaks for. */
export interface Told {
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** Null for no TLS. */
  readonly tls: Spoken | null;
}

/** What a client speaks TLS with, such as TLSv1.3 and the cipher's name. */
export interface Spoken {
  readonly version: string;
  readonly cipher: string;
}

/** Version 1: with its CRLF. */
const MOST_TEXT = 107;
/** Version 2, behind its first sixteen octets: what proxies of today say has room in a tenth of it. */
const MOST_BINARY = 4096;
/** Octets that a header may have. */
export const MOST_HEADER = 16 + MOST_BINARY;

const TEXT = encode("PROXY ");
const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);

const MORE = { state: "more" } as const;
const WRONG = { state: "wrong" } as const;

/** @param octets all that has come so far; what is behind the header may be among them */
export function readProxyHeader(octets: Uint8Array): ProxyHeader {
  if (begins(octets, TEXT)) return octets.length < TEXT.length ? MORE : readText(octets);
  if (begins(octets, SIGNATURE)) return readBinary(octets);
  return WRONG;
}

/** As far as both go. */
function begins(octets: Uint8Array, sign: Uint8Array): boolean {
  const common = Math.min(octets.length, sign.length);
  for (let at = 0; at < common; at++) if (octets[at] !== sign[at]) return false;
  return true;
}

const [CR, LF] = [13, 10];

function readText(octets: Uint8Array): ProxyHeader {
  const end = octets.subarray(0, MOST_TEXT).indexOf(CR);
  if (end < 0) return octets.length < MOST_TEXT && !octets.includes(LF) ? MORE : WRONG;
  if (end + 2 > MOST_TEXT || octets.subarray(0, end).includes(LF)) return WRONG;
  if (end + 1 === octets.length) return MORE;
  if (octets[end + 1] !== LF) return WRONG;
  const length = end + 2;
  const text = String.fromCharCode(...octets.subarray(TEXT.length, end));
  // "The receiver must ignore anything presented before the CRLF" behind this word.
  if (/^UNKNOWN(?: |$)/.test(text)) return whole(length, NOBODY, NOBODY);
  const parts = /^TCP([46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) ([0-9]+) ([0-9]+)$/.exec(text);
  if (parts === null) return WRONG;
  const [family, source, destination, from, to] = parts.slice(1) as [string, string, string, string, string];
  const client = endpointOf(family === "6", source, from);
  const server = endpointOf(family === "6", destination, to);
  return client === null || server === null ? WRONG : whole(length, client, server);
}

function endpointOf(isIPv6: boolean, address: string, port: string): Endpoint | null {
  const known = address.includes(":") === isIPv6 ? normalized(address) : null;
  if (known === null || !/^(?:0|[1-9][0-9]{0,4})$/.test(port) || Number(port) > 65535) return null;
  return { address: known, port: Number(port) };
}

/** Of the octet that tells version and command, its halves; of the next, family and transport. */
const VERSION = 2;
const [LOCAL, PROXY] = [0, 1];
const OVER_IPV4 = 0x11;
const OVER_IPV6 = 0x21;
/** Families that have an end (AF_UNIX is the last), and transports. */
const [MOST_FAMILY, MOST_TRANSPORT] = [3, 2];

function readBinary(octets: Uint8Array): ProxyHeader {
  const [command, protocol] = [octets[12], octets[13]];
  if (command !== undefined && (command >> 4 !== VERSION || (command & 15) > PROXY)) return WRONG;
  if (protocol !== undefined && (protocol >> 4 > MOST_FAMILY || (protocol & 15) > MOST_TRANSPORT))
    return WRONG;
  if (octets.length < 16) return MORE;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const more = view.getUint16(14);
  const isLocal = (command! & 15) === LOCAL;
  const size = protocol === OVER_IPV4 ? 4 : protocol === OVER_IPV6 ? 16 : 0;
  if (more > MOST_BINARY || (!isLocal && more < 2 * size + (size === 0 ? 0 : 4))) return WRONG;
  const length = 16 + more;
  if (octets.length < length) return MORE;
  // Of whatever else a proxy may stand in front of, no address is told that is one.
  if (isLocal || size === 0) return { ...whole(length, NOBODY, NOBODY), isLocal };
  const endpoint = (at: number, port: number): Endpoint => ({
    address: addressFrom(octets.subarray(at, at + size)),
    port: view.getUint16(port),
  });
  return whole(length, endpoint(16, 16 + 2 * size), endpoint(16 + size, 18 + 2 * size));
}

function whole(length: number, client: Endpoint, server: Endpoint) {
  return { state: "whole", length, isLocal: false, client, server } as const;
}

export type ProxyVersion = "v1" | "v2";

/** What a server is told of a client. */
export function writeHeader(version: ProxyVersion, told: Told): Uint8Array {
  return version === "v1" ? writeText(told) : writeBinary(told);
}

/** Nobody is behind it: we look whether the server is there. Version 1 has no word for that. */
export function writeNobody(version: ProxyVersion): Uint8Array {
  return version === "v1" ? encode(UNKNOWN) : writeLocal();
}

const UNKNOWN = "PROXY UNKNOWN\r\n";

/** What a server is told that knows version 1. */
export function writeText({ client, server }: Told): Uint8Array {
  const told = bothOf(client, server);
  if (told === null) return encode(UNKNOWN);
  const address = (octets: Uint8Array) => (told.size === 4 ? octets.join(".") : writtenInFull(octets));
  const words = [`TCP${told.size === 4 ? 4 : 6}`, address(told.source), address(told.destination)];
  return encode(`PROXY ${words.join(" ")} ${client.port} ${server.port}\r\n`);
}

/** Sixteen octets as eight groups: an IPv4 client of an IPv6 server has no shorter one that all read. */
function writtenInFull(octets: Uint8Array): string {
  return Array.from({ length: 8 }, (_, at) =>
    ((octets[2 * at]! << 8) | octets[2 * at + 1]!).toString(16),
  ).join(":");
}

/** PP2_TYPE_SSL and what stands in it; PP2_CLIENT_SSL: the client came over TLS, and showed no certificate. */
const [SSL, SSL_VERSION, SSL_CIPHER] = [0x20, 0x21, 0x23];
const CLIENT_SSL = 1;
/** Of a certificate of the client's: none was verified, as any number but 0 says. */
const UNVERIFIED = [0, 0, 0, 1];

/** What a server is told that knows version 2. */
export function writeBinary({ client, server, tls }: Told): Uint8Array {
  const told = bothOf(client, server);
  const port = (number: number) => [number >> 8, number & 255];
  const addresses =
    told === null ? [] : [...told.source, ...told.destination, ...port(client.port!), ...port(server.port!)];
  const secured =
    tls === null
      ? []
      : record(SSL, [
          ...[CLIENT_SSL, ...UNVERIFIED],
          ...record(SSL_VERSION, [...encode(tls.version)]),
          ...record(SSL_CIPHER, [...encode(tls.cipher)]),
        ]);
  const family = told === null ? 0 : told.size === 4 ? OVER_IPV4 : OVER_IPV6;
  const rest = [...addresses, ...secured];
  return Uint8Array.from([...SIGNATURE, (VERSION << 4) | PROXY, family, ...port(rest.length), ...rest]);
}

/** Nobody is behind it: we look whether the server is there. */
export function writeLocal(): Uint8Array {
  return Uint8Array.from([...SIGNATURE, (VERSION << 4) | LOCAL, 0, 0, 0]);
}

function record(type: number, value: readonly number[]): number[] {
  return [type, value.length >> 8, value.length & 255, ...value];
}

/** Both addresses in one family: IPv4 as IPv6 has it, where the other is of IPv6. */
function bothOf(client: Endpoint, server: Endpoint) {
  const source = client.address === null ? null : octetsOf(client.address);
  const destination = server.address === null ? null : octetsOf(server.address);
  if (source === null || destination === null || client.port === null || server.port === null) return null;
  if (source.length === destination.length) return { source, destination, size: source.length };
  return { source: mapped(source), destination: mapped(destination), size: 16 };
}

function mapped(octets: Uint8Array): Uint8Array {
  if (octets.length === 16) return octets;
  return Uint8Array.from([...new Array<number>(10).fill(0), 255, 255, ...octets]);
}
