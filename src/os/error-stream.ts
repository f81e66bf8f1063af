// Whose descriptor 2 is. Under inetd and xinetd it *is* the client's socket. Asks the file system only: it is
// known, too, where the runtime cannot call the C library.

import { fstatSync, type Stats } from "node:fs";

/** Whether it is open and another file than 0 and 1. A terminal is ours all the same: a person reads it. */
export function isStderrOurs(): boolean {
  const error = statOf(2);
  if (error === null) return false;
  return isTerminal(error) || !(same(error, statOf(0)) || same(error, statOf(1)));
}

/** Whether it is ours, and somebody may read it: the executable points it at /dev/null where it is the client's. */
export function isStderrRead(): boolean {
  const error = statOf(2);
  return error !== null && !isMemory(error) && isStderrOurs();
}

function isTerminal(stats: Stats): boolean {
  return stats.isCharacterDevice() && !isMemory(stats);
}

/** The major number of /dev/null and its like. */
const MEMORY = 1;

function isMemory(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev >> 8 === MEMORY;
}

function statOf(fd: number): Stats | null {
  try {
    return fstatSync(fd);
  } catch {
    return null;
  }
}

function same(a: Stats, b: Stats | null): boolean {
  return b !== null && a.dev === b.dev && a.ino === b.ino;
}
