// Whose descriptor 2 is. Under inetd and xinetd it *is* the client's socket. Told what descriptors are, by whoever
// can ask: it is known, too, where the runtime cannot call the C library.

import type { Status } from "./files.ts";

/** What a descriptor is, or null when it is not open. */
type StatusOf = (fd: number) => Status | null;

/** Whether it is open and another file than 0 and 1. A terminal is ours all the same: a person reads it. */
export function isStderrOurs(statusOf: StatusOf): boolean {
  const error = statusOf(2);
  if (error === null) return false;
  return isTerminal(error) || !(same(error, statusOf(0)) || same(error, statusOf(1)));
}

/** Whether it is ours, and somebody may read it: the executable points it at /dev/null where it is the client's. */
export function isStderrRead(statusOf: StatusOf): boolean {
  const error = statusOf(2);
  return error !== null && !isMemory(error) && isStderrOurs(statusOf);
}

function isTerminal(status: Status): boolean {
  return isCharacterDevice(status) && !isMemory(status);
}

const TYPE = 0o170000n;
const CHARACTER_DEVICE = 0o020000n;

function isCharacterDevice({ mode }: Status): boolean {
  return (mode & TYPE) === CHARACTER_DEVICE;
}

/** The major number of /dev/null and its like. */
const MEMORY = 1n;

function isMemory(status: Status): boolean {
  return isCharacterDevice(status) && status.rdev >> 8n === MEMORY;
}

function same(a: Status, b: Status | null): boolean {
  return b !== null && a.dev === b.dev && a.ino === b.ino;
}
