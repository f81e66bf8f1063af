// Knows what of Linux Bun does not offer: raw pipes and sockets to hand to a child, reads and writes that
// wait in the kernel instead of an event loop (so the measuring client costs next to nothing, and the same
// for everyone), and the CPU clock of another process.
import { dlopen, ptr, FFIType as T } from "bun:ffi";

const libc = dlopen("libc.so.6", {
  pipe2: { args: [T.ptr, T.i32], returns: T.i32 },
  socket: { args: [T.i32, T.i32, T.i32], returns: T.i32 },
  bind: { args: [T.i32, T.ptr, T.u32], returns: T.i32 },
  listen: { args: [T.i32, T.i32], returns: T.i32 },
  getsockname: { args: [T.i32, T.ptr, T.ptr], returns: T.i32 },
  connect: { args: [T.i32, T.ptr, T.u32], returns: T.i32 },
  accept4: { args: [T.i32, T.ptr, T.ptr, T.i32], returns: T.i32 },
  setsockopt: { args: [T.i32, T.i32, T.i32, T.ptr, T.u32], returns: T.i32 },
  fcntl: { args: [T.i32, T.i32, T.i32], returns: T.i32 },
  poll: { args: [T.ptr, T.u64, T.i32], returns: T.i32 },
  read: { args: [T.i32, T.ptr, T.u64], returns: T.i64 },
  write: { args: [T.i32, T.ptr, T.u64], returns: T.i64 },
  close: { args: [T.i32], returns: T.i32 },
  syscall: { args: [T.i64, T.i64, T.i64], returns: T.i64 },
  clock_gettime: { args: [T.i32, T.ptr], returns: T.i32 },
}).symbols;

const CLOSE_ON_EXEC = 0o2000000;
const NON_BLOCKING = 0o4000;
const F_SETFL = 4;
const F_SETPIPE_SZ = 1031;
const AF_INET = 2;
const SOCK_STREAM = 1;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const IPPROTO_IP = 0;
/** A port is chosen when the connection is made: fewer run out. */
const IP_BIND_ADDRESS_NO_PORT = 24;
const POLLIN = 1;
const POLLOUT = 4;
const PIDFD_OPEN = 434;

/** No step of a measurement goes this long without any progress; one that does has failed. */
const STALLED_MS = 30_000;

function checked(result: number | bigint, call: string): number {
  if (result < 0) throw new Error(`${call} failed`);
  return Number(result);
}

export function close(...fds: number[]): void {
  for (const fd of new Set(fds)) libc.close(fd);
}

/** The ends the child is started with, and ours, which never block. */
export interface Ends {
  childIn: number;
  childOut: number;
  read: number;
  write: number;
}

/** One way in which a client comes; a new one is one more of TRANSPORTS. */
export interface Transport {
  readonly id: string;
  readonly name: string;
  /** Whether what is small can wait for an acknowledgement. */
  readonly acknowledges: boolean;
  readonly connect: () => Ends;
}

export const PIPES: Transport = { id: "pipe", name: "pipes", acknowledges: false, connect: pipes };
export const SOCKET: Transport = { id: "socket", name: "TCP socket", acknowledges: true, connect: loopback };
export const TRANSPORTS: readonly Transport[] = [PIPES, SOCKET];

export function connectEnds(transport: Transport): Ends {
  const ends = transport.connect();
  for (const fd of [ends.read, ends.write]) checked(libc.fcntl(fd, F_SETFL, NON_BLOCKING), "fcntl");
  return ends;
}

function pipes(): Ends {
  const down = new Int32Array(2);
  const up = new Int32Array(2);
  for (const pair of [down, up]) checked(libc.pipe2(ptr(pair), CLOSE_ON_EXEC), "pipe2");
  // The usual 64 KiB would be the bottleneck for anyone quick. Refused, the pipes stay as they are.
  for (const pair of [down, up]) libc.fcntl(pair[0]!, F_SETPIPE_SZ, 1 << 20);
  return { childIn: down[0]!, write: down[1]!, read: up[0]!, childOut: up[1]! };
}

/** A real TCP connection over 127.0.0.1, as a super-server would hand it to its child. */
function loopback(): Ends {
  const address = loopbackAddress(0, 1);
  const length = new Uint32Array([address.length]);
  const listener = checked(libc.socket(AF_INET, SOCK_STREAM | CLOSE_ON_EXEC, 0), "socket");
  checked(libc.bind(listener, ptr(address), address.length), "bind");
  checked(libc.listen(listener, 1), "listen");
  checked(libc.getsockname(listener, ptr(address), ptr(length)), "getsockname");
  const client = checked(libc.socket(AF_INET, SOCK_STREAM | CLOSE_ON_EXEC, 0), "socket");
  checked(libc.connect(client, ptr(address), address.length), "connect");
  const child = checked(libc.accept4(listener, null, null, CLOSE_ON_EXEC), "accept4");
  close(listener);
  // Small writes leave at once, or the delayed acknowledgement is what gets measured.
  const on = new Int32Array([1]);
  checked(libc.setsockopt(client, IPPROTO_TCP, TCP_NODELAY, ptr(on), 4), "setsockopt");
  return { childIn: child, childOut: child, read: client, write: client };
}

/** struct sockaddr_in of 127.0.0.x */
function loopbackAddress(port: number, host: number): Uint8Array {
  return new Uint8Array([AF_INET, 0, port >> 8, port & 255, 127, 0, 0, host, 0, 0, 0, 0, 0, 0, 0, 0]);
}

/** A connection over TCP to 127.0.0.1, which never blocks. @param from 127.0.0.x */
export function dial(port: number, from = 1): number {
  const fd = checked(libc.socket(AF_INET, SOCK_STREAM | CLOSE_ON_EXEC, 0), "socket");
  const [here, there] = [loopbackAddress(0, from), loopbackAddress(port, 1)];
  const on = new Int32Array([1]);
  checked(libc.setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, ptr(on), 4), "setsockopt");
  checked(libc.bind(fd, ptr(here), here.length), "bind");
  checked(libc.connect(fd, ptr(there), there.length), "connect");
  checked(libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ptr(on), 4), "setsockopt");
  checked(libc.fcntl(fd, F_SETFL, NON_BLOCKING), "fcntl");
  return fd;
}

function wait(fd: number, event: number, milliseconds: number): boolean {
  const entry = new Int32Array([fd, event]);
  return checked(libc.poll(ptr(entry), 1, milliseconds), "poll") > 0;
}

/** Octets now in `into`; 0 is the end of the stream. */
export function readSome(fd: number, into: Uint8Array): number {
  const at = ptr(into);
  let got = Number(libc.read(fd, at, into.length));
  if (got < 0) {
    if (!wait(fd, POLLIN, STALLED_MS)) throw new Error("the other side says nothing");
    got = checked(libc.read(fd, at, into.length), "read");
  }
  return got;
}

/** The same without waiting: null when there is nothing yet. */
export function readNow(fd: number, into: Uint8Array): number | null {
  const got = Number(libc.read(fd, ptr(into), into.length));
  return got < 0 ? null : got;
}

export function writeAll(fd: number, octets: Uint8Array): void {
  // The address of an empty view is refused.
  if (octets.length === 0) return;
  const at = ptr(octets);
  for (let done = 0; done < octets.length; ) {
    const here = (at + done) as typeof at;
    let put = Number(libc.write(fd, here, octets.length - done));
    if (put < 0) {
      if (!wait(fd, POLLOUT, STALLED_MS)) throw new Error("the other side takes nothing");
      put = checked(libc.write(fd, here, octets.length - done), "write");
    }
    done += put;
  }
}

/** Waits for the process's end without reaping it: its CPU clock can be read until Bun does that. */
export function waitForEnd(pid: number, milliseconds: number): boolean {
  const handle = checked(libc.syscall(PIDFD_OPEN, pid, 0), "pidfd_open");
  const ended = wait(handle, POLLIN, milliseconds);
  close(handle);
  return ended;
}

/**
 * User and system time of all threads the process ever had, its end included, its children not: what
 * clock_getcpuclockid(3) names, to the nanosecond. wait4(2) would add the server where it was reaped.
 */
export function ownCpuMilliseconds(pid: number): number {
  const time = new BigInt64Array(2);
  checked(libc.clock_gettime((~pid << 3) | 2, ptr(time)), "clock_gettime");
  return Number(time[0]) * 1e3 + Number(time[1]) / 1e6;
}
