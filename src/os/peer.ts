// Who the client is: the socket's own peer name, else what the super-server says in the environment, else
// nobody. The environment never overrides a real peer; a name is never looked up. Knows addresses as text.

import { isIPv4, isIPv6 } from "../wire/domain.ts";
import { socketName, socketOption } from "./libc.ts";

export interface Endpoint {
  /** IPv4 or IPv6 as text; an IPv4-mapped IPv6 address as IPv4. Null when unknown. */
  readonly address: string | null;
  readonly port: number | null;
}

export interface Connection {
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** Where the client wanted to go, as `wantedOf` has it: there where somebody asked. */
  readonly wanted?: Endpoint | null;
}

const AF_INET = 2;
const AF_INET6 = 10;
/** Where super-servers say it, address and port; the first that is an address counts. */
const CLIENT = [
  ["TCPREMOTEIP", "TCPREMOTEPORT"],
  ["REMOTE_ADDR", "REMOTE_PORT"],
  ["REMOTE_HOST", "REMOTE_PORT"],
  ["NCAT_REMOTE_ADDR", "NCAT_REMOTE_PORT"],
  ["SOCAT_PEERADDR", "SOCAT_PEERPORT"],
] as const;
const SERVER = [
  ["TCPLOCALIP", "TCPLOCALPORT"],
  ["NCAT_LOCAL_ADDR", "NCAT_LOCAL_PORT"],
  ["SOCAT_SOCKADDR", "SOCAT_SOCKPORT"],
] as const;

const NOBODY: Endpoint = { address: null, port: null };

/** @param fd the client's descriptor @param env the environment we were started with */
export function connectionOf(fd: number, env: Readonly<Record<string, string | undefined>>): Connection {
  const client = endpoint(socketName(fd, "peer"));
  if (client !== null) return { client, server: endpoint(socketName(fd, "local")) ?? NOBODY };
  return {
    client: told(env, CLIENT),
    server: told(env, SERVER),
  };
}

/** AF_INET or AF_INET6; null for what is no such socket. */
export function familyOf(fd: number): number | null {
  const raw = socketName(fd, "local");
  const family =
    raw === null ? null : new DataView(raw.buffer, raw.byteOffset, raw.length).getUint16(0, true);
  return family === AF_INET || family === AF_INET6 ? family : null;
}

/** Where a socket is bound; nowhere for what is none. */
export function boundTo(fd: number): Endpoint {
  return endpoint(socketName(fd, "local")) ?? NOBODY;
}

/** linux/netfilter_ipv4.h, netfilter_ipv6/ip6_tables.h: level, option, and the octets of the address. */
const ORIGINAL_IPV4 = [0, 80, 16] as const;
const ORIGINAL_IPV6 = [41, 80, 28] as const;

/**
 * Where a client wanted to go before a firewall of this host sent it here. Where nothing was redirected that is our own
 * end of the connection, or, where no firewall keeps track of connections, nothing that is known.
 */
export function wantedOf(fd: number, { client }: Pick<Connection, "client">): Endpoint | null {
  // Also on a socket of IPv6: there the kernel knows a client of IPv4 by its own address only.
  const isIPv4 = client.address?.includes(":") === false;
  const [level, option, size] = isIPv4 ? ORIGINAL_IPV4 : ORIGINAL_IPV6;
  return endpoint(socketOption(fd, level, option, size));
}

function endpoint(raw: Uint8Array | null): Endpoint | null {
  if (raw === null || raw.length < 8) return null;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  const family = view.getUint16(0, true); // the host's order; Linux on the machines Bun runs on is little-endian
  if (family === AF_INET) return { address: addressOf(raw.subarray(4, 8)), port: view.getUint16(2) };
  if (family !== AF_INET6 || raw.length < 24) return null;
  return { address: addressOf(raw.subarray(8, 24)), port: view.getUint16(2) };
}

/** @param octets four of IPv4, or sixteen of IPv6, in the order of the network @returns as `Endpoint` has it */
export function addressOf(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return fold(writeIPv6(Array.from({ length: 8 }, (_, index) => view.getUint16(2 * index))));
}

/** RFC 5952: lower case, the first longest run of two or more zero groups as "::". */
export function writeIPv6(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(":");
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${groups[6]! >> 8}.${groups[6]! & 255}.${groups[7]! >> 8}.${groups[7]! & 255}`;
  let best = "";
  for (const run of text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g))
    if (run[0].length > best.length + 1) best = run[0];
  if (best === "") return text;
  const at = text.indexOf(best);
  return `${text.slice(0, at)}::${text.slice(at + best.length).replace(/^:/, "")}`;
}

/** The same host seen over a dual-stack socket. */
function fold(address: string): string {
  return address.startsWith("::ffff:") && isIPv4(address.slice(7)) ? address.slice(7) : address;
}

function told(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly (readonly [address: string, port: string])[],
): Endpoint {
  for (const [name, portName] of names) {
    const address = addressIn(env[name] ?? "");
    if (address === null) continue;
    const port = env[portName] ?? "";
    return { address, port: /^[0-9]{1,5}$/.test(port) ? Number(port) : null };
  }
  return NOBODY;
}

/** @returns null for what is none; socat writes IPv6 in full and in brackets */
function addressIn(text: string): string | null {
  if (text === "") return null; // most often; the grammars are dear to ask
  if (isIPv4(text)) return text;
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  return isIPv6(bare) ? fold(writeIPv6(groupsOf(bare))) : null;
}

/** @param text an IPv6 address in any of its notations */
function groupsOf(text: string): number[] {
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a, b, c, d] = bytes.map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [before, after = []] = plain
    .split("::")
    .map((side) => (side === "" ? [] : side.split(":").map((group) => Number.parseInt(group, 16))));
  return [...before!, ...new Array(8 - before!.length - after.length).fill(0), ...after];
}
