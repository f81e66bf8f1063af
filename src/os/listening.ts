// Sockets that clients are accepted from: made for an address, or passed to us, and the clients themselves, taken
// from the runtime's accept loop as plain descriptors. Not an octet of a client is read. Knows sockets; not who may
// come in.

import { dlopen, type Pointer, ptr, read } from "bun:ffi";
import { close, duplicate } from "./libc.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0x80000;
const SOCK_NONBLOCK = 0x800;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** Clients the kernel keeps for us while we are busy; it takes no more than net.core.somaxconn. */
const BACKLOG = 4096;
/** What a client that is kept out has sent, at most, and is forgotten unread. */
const UNREAD = 65_536;

const { symbols: libc } = dlopen("libc.so.6", {
  __errno_location: { args: [], returns: "ptr" },
  accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  inet_pton: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
});

export interface Address {
  /** IPv4 or IPv6 as text. */
  readonly host: string;
  readonly port: number;
}

/** Why an address cannot be listened on, by errno. */
const REASONS: Readonly<Record<number, readonly [code: string, reason: string]>> = {
  13: ["EACCES", "a port below 1024 needs a privilege we lack"],
  23: ["ENFILE", "no descriptor is left"],
  24: ["EMFILE", "no descriptor is left"],
  97: ["EAFNOSUPPORT", "this host has no such addresses"],
  98: ["EADDRINUSE", "somebody listens there already"],
  99: ["EADDRNOTAVAIL", "this host does not have the address"],
};

/** @returns why an address cannot be listened on, in words; undefined where there are none for it */
export function reasonFor(errno: string): string | undefined {
  return Object.values(REASONS).find(([code]) => code === errno)?.[1];
}

/**
 * @param isAlone only clients of IPv6: "[::]" takes those of IPv4 otherwise
 * @param leaving sockets of ours that may stand in the way, as they are about to be closed
 * @throws what the system says
 */
export function listenOn(address: Address, isAlone: boolean, leaving: readonly number[] = []): number {
  if (leaving.length === 0) return listenBeside(address, isAlone, []);
  // Only now: whoever else runs as whom we run could share the port.
  for (const fd of leaving) setShared(fd, true);
  try {
    return listenBeside(address, isAlone, leaving);
  } finally {
    for (const fd of leaving) setShared(fd, false);
  }
}

function listenBeside({ host, port }: Address, isAlone: boolean, others: readonly number[]): number {
  const isIPv6 = host.includes(":");
  const fd = libc.socket(isIPv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const address = socketAddress(host, port, isIPv6);
  const [yes, only] = [new Int32Array([1]), new Int32Array([isAlone ? 1 : 0])];
  const opened =
    fd >= 0 &&
    libc.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, ptr(yes), yes.byteLength) === 0 &&
    (others.length === 0 || setShared(fd, true)) &&
    (!isIPv6 || libc.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, ptr(only), only.byteLength) === 0) &&
    libc.bind(fd, ptr(address), address.length) === 0 &&
    libc.listen(fd, BACKLOG) === 0 &&
    (others.length === 0 || setShared(fd, false));
  if (opened) return fd;
  const errno = read.i32(libc.__errno_location() as Pointer);
  if (fd >= 0) close(fd);
  const [code, reason] = REASONS[errno] ?? ["EIO", `error ${errno}`];
  throw Object.assign(new Error(`${written({ host, port })} cannot be listened on: ${reason}`), { code });
}

function setShared(fd: number, isShared: boolean): boolean {
  const value = new Int32Array([isShared ? 1 : 0]);
  return libc.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, ptr(value), value.byteLength) === 0;
}

/** As it is written on a command line. */
export function written({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** struct sockaddr_in or sockaddr_in6 */
function socketAddress(host: string, port: number, isIPv6: boolean): Uint8Array {
  const address = new Uint8Array(isIPv6 ? 28 : 16);
  const view = new DataView(address.buffer);
  view.setUint16(0, isIPv6 ? AF_INET6 : AF_INET, true);
  view.setUint16(2, port);
  const text = new TextEncoder().encode(`${host}\0`);
  libc.inet_pton(isIPv6 ? AF_INET6 : AF_INET, ptr(text), ptr(address, isIPv6 ? 8 : 4));
  return address;
}

/** One who came. Valid only during the call that tells of it, but for what `take` gives. */
export interface Arrival {
  readonly fd: number;
  /** @returns a descriptor of the client's socket that stays, or -1 when none is left */
  take(): number;
}

export interface Accepting {
  /** Gives those away that the kernel has now, rather than in a later turn. */
  empty(): void;
  /** Accepts no more; clients that the kernel has not given us yet are left to who else has the socket. */
  stop(): void;
}

/** The runtime's accept loop; it has what we need of it, its types do not. */
type Accepted = Bun.Socket & { readonly fd: number; close(): void };

/** @param fd a listening socket, which is ours from now on */
export function accept(fd: number, onArrival: (arrival: Arrival) => void): Accepting {
  const options = {
    fd,
    socket: {
      open(socket: Bun.Socket) {
        const accepted = socket as Accepted;
        onArrival({ fd: accepted.fd, take: () => duplicate(accepted.fd) });
        // Not end(), and not terminate(): they shut down, or reset, what the duplicate is for, too.
        accepted.close();
      },
      data() {},
    },
  };
  const server = Bun.listen(options as unknown as Bun.TCPSocketListenOptions<undefined>);
  return {
    empty() {
      // As many as there can be at once: others may go on to come.
      for (let left = BACKLOG; left > 0; left--) {
        const socket = libc.accept4(fd, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (socket < 0) return;
        onArrival({ fd: socket, take: () => duplicate(socket) });
        close(socket);
      }
    },
    stop: () => server.stop(false),
  };
}

/** Tells a client that is not let in why, and forgets what it has sent: closing would otherwise be a reset. */
export function turnAway({ fd }: Pick<Arrival, "fd">, line: Uint8Array): void {
  if (line.length > 0) libc.send(fd, ptr(line), line.length, MSG_DONTWAIT | MSG_NOSIGNAL);
  // tcp(7): with this flag the octets are dropped in the kernel, and none comes to us.
  libc.recv(fd, null, UNREAD, MSG_DONTWAIT | MSG_TRUNC);
}
