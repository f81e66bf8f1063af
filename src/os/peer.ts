// Who the client is: the socket's own peer name, else what the super-server says in the environment, else
// nobody. The environment never overrides a real peer; a name is never looked up. Knows addresses as text.

import { addressFrom, type Endpoint, type Ends, NOBODY, normalized } from "../wire/addresses.ts";
import { socketName, socketOption } from "./libc.ts";

export interface Connection extends Ends {
  /** Where the client wanted to go, as `wantedOf` has it: there where somebody asked. */
  readonly wanted?: Endpoint | null;
  /** The connection that came, where that is a proxy's: the ends are what it tells, and nobody's until it has. */
  readonly via?: Ends;
  /** The proxy has yet to tell. */
  readonly isUntold?: true;
}

/** The connection that came, whoever's it is. */
export function cameOf(connection: Connection): Ends {
  return connection.via ?? connection;
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
  const octets = family === AF_INET ? raw.subarray(4, 8) : raw.subarray(8, 24);
  if (family !== AF_INET && (family !== AF_INET6 || raw.length < 24)) return null;
  return { address: addressFrom(octets), port: view.getUint16(2) };
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
  return normalized(/^\[(.*:.*)\]$/.exec(text)?.[1] ?? text);
}
