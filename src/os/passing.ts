// Descriptors that go from one process of ours to another (SCM_RIGHTS), through a pair of sockets made for it.
// Never waits. Knows system calls; not what the descriptors are.

import { dlopen, ptr } from "bun:ffi";
import { close } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CTRUNC = 0x8;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;

/** A client's socket, and three pipe ends of its server. */
const MOST = 4;

/** Octets of struct cmsghdr, before the descriptors. */
const HEADER = 16;
const CONTROL = HEADER + 4 * MOST;

const { symbols: libc } = dlopen("libc.so.6", {
  recvmsg: { args: ["i32", "ptr", "i32"], returns: "i64" },
  sendmsg: { args: ["i32", "ptr", "i32"], returns: "i64" },
  socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
});

// Made once, all in one buffer that is never moved, and is there as long as any of them is asked for: struct msghdr,
// its one struct iovec, the control data, the number that is sent.
const block = new ArrayBuffer(56 + 16 + CONTROL + 4);
const message = new DataView(block, 0, 56);
const vector = new DataView(block, 56, 16);
const control = new DataView(block, 72, CONTROL);
const number = new DataView(block, 72 + CONTROL, 4);
const messageAt = ptr(message);
vector.setBigUint64(0, BigInt(ptr(number)), true);
vector.setBigUint64(8, BigInt(number.byteLength), true);
message.setBigUint64(16, BigInt(ptr(vector)), true);
message.setBigUint64(24, 1n, true);
message.setBigUint64(32, BigInt(ptr(control)), true);

/** Two ends of a stream, which nobody inherits. @throws when no descriptor is left */
export function streamPair(): [number, number] {
  return pair(SOCK_STREAM | SOCK_NONBLOCK);
}

/** Two ends that descriptors are passed through. @throws when no descriptor is left */
export function passagePair(): [number, number] {
  return pair(SOCK_SEQPACKET);
}

function pair(type: number): [number, number] {
  const ends = new Int32Array(2);
  if (libc.socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ptr(ends)) !== 0)
    throw Object.assign(new Error("no descriptor is left for a pair of sockets"), { code: "EMFILE" });
  return [ends[0]!, ends[1]!];
}

/**
 * Passes duplicates of the descriptors, with a number that tells what they are for.
 * @returns false when the other side has not taken the earlier ones yet, or has gone
 */
export function pass(through: number, id: number, descriptors: readonly number[]): boolean {
  number.setUint32(0, id, true);
  const length = HEADER + 4 * descriptors.length;
  control.setBigUint64(0, BigInt(length), true);
  control.setInt32(8, SOL_SOCKET, true);
  control.setInt32(12, SCM_RIGHTS, true);
  for (const [index, fd] of descriptors.entries()) control.setInt32(HEADER + 4 * index, fd, true);
  message.setBigUint64(40, BigInt(length), true);
  message.setInt32(48, 0, true);
  return Number(libc.sendmsg(through, messageAt, MSG_DONTWAIT | MSG_NOSIGNAL)) === number.byteLength;
}

/** @returns null when nothing was passed, or not all of it could be taken */
export function take(through: number): { readonly id: number; readonly descriptors: number[] } | null {
  message.setBigUint64(40, BigInt(CONTROL), true);
  message.setInt32(48, 0, true);
  control.setBigUint64(0, 0n, true);
  const got = Number(libc.recvmsg(through, messageAt, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
  if (got !== number.byteLength) return null;
  const has = message.getBigUint64(40, true) > 0n && control.getInt32(12, true) === SCM_RIGHTS;
  const count = has ? (Number(control.getBigUint64(0, true)) - HEADER) / 4 : 0;
  const descriptors = Array.from({ length: count }, (_, index) => control.getInt32(HEADER + 4 * index, true));
  if ((message.getInt32(48, true) & MSG_CTRUNC) === 0) return { id: number.getUint32(0, true), descriptors };
  for (const fd of descriptors) close(fd);
  return null;
}
