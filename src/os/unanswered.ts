// How many connections there are, of one client's address to our port, on which this host has not said a word yet: the
// kernel is asked (sock_diag(7)), as processes for a connection each know nothing of one another. Knows the kernel's
// structures; not what so many of them mean.

import { dlopen, ptr } from "bun:ffi";
import { readFileSync } from "node:fs";
import { addressFrom } from "../wire/addresses.ts";
import { close } from "./libc.ts";
import { type Connection, familyOf } from "./peer.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0x80000;
const NETLINK_SOCK_DIAG = 4;
const MSG_DONTWAIT = 0x40;

const SOCK_DIAG_BY_FAMILY = 20;
/** NLM_F_REQUEST, NLM_F_DUMP */
const DUMP = 0x1 | 0x300;
const IPPROTO_TCP = 6;
const INET_DIAG_INFO = 2;
/** Established, and those that the client has half closed. */
const OPEN = (1 << 1) | (1 << 8);

/** Octets: struct nlmsghdr, inet_diag_req_v2, inet_diag_msg, and up to tcpi_bytes_sent of struct tcp_info. */
const [HEADER, REQUEST, MESSAGE, BYTES_SENT] = [16, 56, 72, 200];
const ROOM = 65_536;

const load = () =>
  dlopen("libc.so.6", {
    recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
    send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  }).symbols;

/**
 * Whether there are more than that; not where the kernel, or a sandbox that we are in, does not say. It looks at every
 * connection of the host, which takes it 0.3 ms, or some more where there are tens of thousands.
 * @param fd the client's socket, if it is one
 */
export function hasMoreUnanswered(most: number, connection: Connection, fd: number): boolean {
  return socketsInUse() > most && unanswered(connection, familyOf(fd)) > most;
}

/** @param family of the socket; null for that of any */
export function unanswered({ client, server }: Connection, family: number | null): number {
  const { address } = client;
  if (address === null || server.port === null) return 0;
  const libc = load();
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return 0;
  const families = family === null ? [AF_INET, AF_INET6] : [family];
  const counts = families.map((one) => silentOf(libc, fd, one, server.port!, address));
  close(fd);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Sockets of TCP on this host, cheaply had. */
function socketsInUse(): number {
  try {
    const texts = ["sockstat", "sockstat6"].map((name) => readFileSync(`/proc/net/${name}`, "latin1"));
    const counts = texts.map((text) => Number(/^TCP6?: inuse ([0-9]+)/m.exec(text)?.[1] ?? 0));
    return counts.reduce((sum, count) => sum + count, 0);
  } catch {
    return Number.POSITIVE_INFINITY; // without IPv6, or where it may not be read
  }
}

function silentOf(
  libc: ReturnType<typeof load>,
  fd: number,
  family: number,
  port: number,
  address: string,
): number {
  const request = requestFor(family, port);
  if (Number(libc.send(fd, ptr(request), request.length, 0)) !== request.length) return 0;
  const room = new Uint8Array(ROOM);
  let count = 0;
  for (;;) {
    const length = Number(libc.recv(fd, ptr(room), ROOM, MSG_DONTWAIT));
    if (length <= 0) return count;
    for (const message of messagesIn(room.subarray(0, length))) {
      if (message === "end") return count;
      const peer = message.subarray(24, family === AF_INET ? 28 : 40); // idiag_dst
      if (sentOn(message) === 0n && addressFrom(peer) === address) count++;
    }
  }
}

/** All there are at the port, with what the kernel knows of them. */
function requestFor(family: number, port: number): Uint8Array {
  const request = new Uint8Array(HEADER + REQUEST);
  const view = new DataView(request.buffer);
  view.setUint32(0, request.length, true);
  view.setUint16(4, SOCK_DIAG_BY_FAMILY, true);
  view.setUint16(6, DUMP, true);
  request.set([family, IPPROTO_TCP, 1 << (INET_DIAG_INFO - 1)], HEADER);
  view.setUint32(HEADER + 4, OPEN, true);
  view.setUint16(HEADER + 8, port); // idiag_sport
  return request;
}

function* messagesIn(octets: Uint8Array): Generator<Uint8Array | "end"> {
  const view = viewOf(octets);
  for (let at = 0; at + HEADER <= octets.length; ) {
    const length = view.getUint32(at, true);
    const isOne = view.getUint16(at + 4, true) === SOCK_DIAG_BY_FAMILY;
    yield isOne && length >= HEADER + MESSAGE ? octets.subarray(at + HEADER, at + length) : "end";
    at += aligned(length);
  }
}

/** @returns null where the kernel does not say: before Linux 4.19 */
function sentOn(message: Uint8Array): bigint | null {
  const view = viewOf(message);
  for (let at = MESSAGE; at + 4 <= message.length; ) {
    const length = view.getUint16(at, true);
    const isInfo = view.getUint16(at + 2, true) === INET_DIAG_INFO;
    if (isInfo) return length >= 4 + BYTES_SENT + 8 ? view.getBigUint64(at + 4 + BYTES_SENT, true) : null;
    at += Math.max(4, aligned(length));
  }
  return null;
}

function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.length);
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}
