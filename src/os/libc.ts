// The few C library calls the runtime has no other way to. Everything here is a system call's name, its
// arguments and its errno; what they are used for is in the neighbours. Loading costs about 0.1 ms.

import { dlopen, type Pointer, ptr, read } from "bun:ffi";

const O_RDWR = 2;
const O_CLOEXEC = 0x80000;
const F_SETPIPE_SZ = 1031;
/** Octets a pipe holds, four times the default: a bulk transfer is a tenth to a fifth faster by it. */
const PIPE_SIZE = 262144;

const { symbols: libc } = dlopen("libc.so.6", {
  close: { args: ["i32"], returns: "i32" },
  dup2: { args: ["i32", "i32"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  getpeername: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  getpwnam: { args: ["ptr"], returns: "ptr" },
  getgrnam: { args: ["ptr"], returns: "ptr" },
  gethostname: { args: ["ptr", "u64"], returns: "i32" },
  isatty: { args: ["i32"], returns: "i32" },
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  getrlimit: { args: ["i32", "ptr"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  setrlimit: { args: ["i32", "ptr"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
  open: { args: ["ptr", "i32"], returns: "i32" },
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
  pwritev2: { args: ["i32", "ptr", "i32", "i64", "i32"], returns: "i64" },
  read: { args: ["i32", "ptr", "u64"], returns: "i64" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  shutdown: { args: ["i32", "i32"], returns: "i32" },
  syscall: { args: ["i64", "i64", "ptr", "ptr", "i64"], returns: "i64" },
  write: { args: ["i32", "ptr", "u64"], returns: "i64" },
});

/** A pipe that no other child inherits. @throws when no descriptor is left */
export function pipe(): { readEnd: number; writeEnd: number } {
  const ends = new Int32Array(2);
  if (libc.pipe2(ptr(ends), O_CLOEXEC) !== 0)
    throw Object.assign(new Error("no descriptor is left for a pipe"), { code: "EMFILE" });
  // Refused to a user who has too many of them; then it stays as it is.
  libc.fcntl(ends[1]!, F_SETPIPE_SZ, PIPE_SIZE);
  return { readEnd: ends[0]!, writeEnd: ends[1]! };
}

/** @returns a descriptor that no other program inherits, to read and to write; -1 when there is none to be had */
export function open(path: string): number {
  return libc.open(ptr(cString(path)), O_RDWR | O_CLOEXEC);
}

/** O_CLOEXEC, O_NONBLOCK (a pipe's other side is not waited for), O_NOCTTY */
const TO_READ = O_CLOEXEC | 0x800 | 0x100;

/** @returns a descriptor that no other program inherits, to read; -1 when there is none to be had */
export function openToRead(path: string): number {
  return libc.open(ptr(cString(path)), TO_READ);
}

/** Reads a file on. @returns the number of octets, 0 at the end; -1 when it cannot be read */
export function readOn(fd: number, into: Uint8Array): number {
  return Number(libc.read(fd, ptr(into), into.length));
}

export function close(fd: number): void {
  libc.close(fd);
}

const F_DUPFD_CLOEXEC = 1030;

/** @returns another descriptor of the same, above the standard ones; -1 when none is left */
export function duplicate(fd: number): number {
  return libc.fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/** @returns whether it worked */
export function dup2(from: number, to: number): boolean {
  return libc.dup2(from, to) === to;
}

/** Without `node:tty`, which costs 2 ms before the greeting. */
export function isatty(fd: number): boolean {
  return libc.isatty(fd) === 1;
}

const SHUT_WR = 1;

/** @returns false when the descriptor is no connected socket */
export function shutdownWrite(fd: number): boolean {
  return libc.shutdown(fd, SHUT_WR) === 0;
}

const POLLIN = 1;
const POLLOUT = 4;
/** POLLERR, and POLLHUP: what is left of a reset once somebody has been told of it. */
const BROKEN = 8 | 16;

/** Whether what is written to the descriptor can reach nobody any more: a socket was reset, a pipe has no reader. */
export function isBroken(fd: number): boolean {
  return (poll(fd, 0) & BROKEN) !== 0;
}

/** Whether a read would not wait: for octets, the end or an error. */
export function isReady(fd: number): boolean {
  return poll(fd, POLLIN) !== 0;
}

const POLLRDHUP = 0x2000;

/** Whether a socket's other side will say no more than it has said: it ended its side, or the connection is broken. */
export function hasEnded(fd: number): boolean {
  return (poll(fd, POLLRDHUP) & (POLLRDHUP | BROKEN)) !== 0;
}

const MSG_PEEK = 0x2;
const MSG_DONTWAIT = 0x40;

/** What has come through a socket, and stays there. @returns how many octets, as far as they fit; 0 also at the end */
export function peek(fd: number, into: Uint8Array): number {
  return Math.max(0, Number(libc.recv(fd, ptr(into), into.length, MSG_PEEK | MSG_DONTWAIT)));
}

/** Whether a short write would not wait: of a pipe, up to 4096 octets. */
export function isWritable(fd: number): boolean {
  return poll(fd, POLLOUT) !== 0;
}

/**
 * Reads what is there; where `isReady`, and nobody else reads, without waiting.
 * @returns the number of octets, 0 at the end; null when it cannot be read: whoever waits for it is told why
 * @throws when the connection is broken
 */
export function readReady(fd: number, into: Uint8Array): number | null {
  const got = Number(libc.read(fd, ptr(into), into.length));
  if (got >= 0) return got;
  if (isBroken(fd)) throw new Error("the connection is broken");
  return null;
}

/** Writes, and waits for the kernel to take it. @returns whether it took anything */
export function write(fd: number, octets: Uint8Array): boolean {
  return Number(libc.write(fd, ptr(octets), octets.length)) >= 0;
}

const RWF_NOWAIT = 8;
const AT_ITS_POSITION = -1;

/** Pieces of one write: what was gathered, and what is too large for that. */
const MOST_PIECES = 2;
/** Of struct iovec, made once: a dialogue has no time to make it anew. */
const vector = new BigUint64Array(2 * MOST_PIECES);
const vectorAt = ptr(vector);

/**
 * Writes what the kernel takes at once, of both pieces in one call.
 * @returns the number of octets; 0 also when it takes none of this kind without waiting (an older Linux:
 *   pipes, sockets), and when nobody reads: whoever waits for it is told
 */
export function writeReady(fd: number, first: Uint8Array, second?: Uint8Array): number {
  vector[0] = BigInt(ptr(first));
  vector[1] = BigInt(first.length);
  if (second !== undefined) {
    vector[2] = BigInt(ptr(second));
    vector[3] = BigInt(second.length);
  }
  const pieces = second === undefined ? 1 : MOST_PIECES;
  return Math.max(0, Number(libc.pwritev2(fd, vectorAt, pieces, AT_ITS_POSITION, RWF_NOWAIT)));
}

/** @returns which of the events are there; errors are told unasked */
function poll(fd: number, events: number): number {
  const entry = new Int16Array(4); // struct pollfd: an int and two shorts
  new Int32Array(entry.buffer)[0] = fd;
  entry[2] = events;
  return libc.poll(ptr(entry), 1, 0) === 1 ? entry[3]! : 0;
}

export const RLIMIT = { core: 4, processes: 6, descriptors: 7 } as const;

/** Lowers a limit, never raises it. The soft one can be had back up to the hard one. @returns whether it worked */
export function lowerLimit(resource: number, most: bigint, which: "soft" | "both"): boolean {
  const [soft, hard] = [0, 1];
  const limits = new BigUint64Array(2);
  if (libc.getrlimit(resource, ptr(limits)) !== 0) return false;
  if (limits[soft]! > most) limits[soft] = most;
  if (which === "both" && limits[hard]! > most) limits[hard] = most;
  return libc.setrlimit(resource, ptr(limits)) === 0;
}

const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30;

/** Whether the descriptor is a listening socket. */
export function accepts(fd: number): boolean {
  return socketOption(fd, SOL_SOCKET, SO_ACCEPTCONN, 4)?.[0] === 1;
}

/** @param size octets it has at most @returns null where the socket has no such option, or no value for it */
export function socketOption(fd: number, level: number, option: number, size: number): Uint8Array | null {
  const value = new Uint8Array(size);
  const length = new Uint32Array([size]);
  const isKnown = libc.getsockopt(fd, level, option, ptr(value), ptr(length)) === 0;
  return isKnown ? value.subarray(0, length[0]!) : null;
}

const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;

/**
 * What is written to the socket leaves at once. Otherwise the kernel keeps a small segment back until the one
 * before it is acknowledged (RFC 896), which a peer that waits for the rest puts off for 40 ms (RFC 1122 §4.2.3.2).
 * Of no effect on what is no TCP socket.
 */
export function sendAtOnce(fd: number): void {
  const value = new Int32Array([1]);
  libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ptr(value), value.byteLength);
}

/** The raw socket address of one end, or null when the descriptor has none. */
export function socketName(fd: number, end: "peer" | "local"): Uint8Array | null {
  const address = new Uint8Array(128);
  const length = new Uint32Array([address.length]);
  const call = end === "peer" ? libc.getpeername : libc.getsockname;
  return call(fd, ptr(address), ptr(length)) === 0 ? address.subarray(0, length[0]!) : null;
}

const HOST_NAME_SIZE = 65;

/** @returns as much of it as is a name */
export function hostName(): string {
  const name = new Uint8Array(HOST_NAME_SIZE); // zeroes, of which the last one stays
  libc.gethostname(ptr(name), name.length - 1);
  return String.fromCharCode(...name.subarray(0, name.indexOf(0)));
}

/** A system call about a path, which fills in an answer. @returns whether it succeeded */
export function systemCall(
  number: number,
  directory: number,
  path: string,
  into: DataView,
  flags: number,
): boolean {
  return Number(libc.syscall(number, directory, ptr(cString(path)), ptr(into), flags)) === 0;
}

/** From the system's user database, whatever it is made of (files, LDAP, …). */
export function userByName(name: string): { uid: number; gid: number } | null {
  const entry = libc.getpwnam(ptr(cString(name)));
  // struct passwd: two pointers, then uid and gid.
  return entry === null ? null : { uid: read.u32(entry as Pointer, 16), gid: read.u32(entry as Pointer, 20) };
}

export function groupByName(name: string): { gid: number } | null {
  const entry = libc.getgrnam(ptr(cString(name)));
  return entry === null ? null : { gid: read.u32(entry as Pointer, 16) };
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
