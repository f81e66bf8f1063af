// What a session asks of the file system before its client is greeted: what a descriptor or a path is, and a few octets
// written. By the kernel's own calls: `node:fs` costs 0.9 ms to load. Knows how Linux lays a status out; not what
// anything is asked for.

import type { BigIntStats } from "node:fs";
import * as libc from "./libc.ts";

/** As `node:fs` has it, too, for whoever can call no C library. */
export type Status = Pick<BigIntStats, "dev" | "ino" | "mode" | "rdev" | "size" | "ctimeNs">;

const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;

const isArm = process.arch === "arm64";
const SYS_NEWFSTATAT = isArm ? 79 : 262;
/** Of struct stat: its octets, and where the mode and the device that a special file is begin. */
const SIZE = 144;
const MODE = isArm ? 16 : 24;
const SPECIAL = isArm ? 32 : 40;
const OCTETS = 48;
/** When anything of it changed last: seconds, and nanoseconds behind. */
const CHANGED = 104;

/** @returns null when it is not open */
export function statusOf(fd: number): Status | null {
  return asked(fd, "", AT_EMPTY_PATH);
}

/** Of what a path leads to. @returns null when that cannot be told, most often because nothing is there */
export function statusAt(path: string): Status | null {
  return asked(AT_FDCWD, path, 0);
}

function asked(directory: number, path: string, flags: number): Status | null {
  const status = new DataView(new ArrayBuffer(SIZE));
  if (!libc.systemCall(SYS_NEWFSTATAT, directory, path, status, flags)) return null;
  return {
    dev: status.getBigUint64(0, true),
    ino: status.getBigUint64(8, true),
    mode: BigInt(status.getUint32(MODE, true)),
    rdev: status.getBigUint64(SPECIAL, true),
    size: status.getBigUint64(OCTETS, true),
    ctimeNs: status.getBigUint64(CHANGED, true) * 1_000_000_000n + status.getBigUint64(CHANGED + 8, true),
  };
}

const TYPE = 0o170000n;
const SOCKET = 0o140000n;
const REGULAR = 0o100000n;
const DIRECTORY = 0o040000n;

export function isSocket({ mode }: Pick<Status, "mode">): boolean {
  return (mode & TYPE) === SOCKET;
}

export function isRegular({ mode }: Pick<Status, "mode">): boolean {
  return (mode & TYPE) === REGULAR;
}

/** By more than its owner. */
export function isWritableByMore({ mode }: Pick<Status, "mode">): boolean {
  return (mode & 0o022n) !== 0n;
}

/**
 * Whether reading there would wait for somebody who writes, or never end, as of a named pipe and of many a device: who
 * serves others must not begin. What cannot be told is left to whoever reads.
 */
export function isEndless(path: string): boolean {
  const status = statusAt(path);
  return status !== null && ![REGULAR, DIRECTORY].includes(status.mode & TYPE);
}
