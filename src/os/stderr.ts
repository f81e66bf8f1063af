// Keeps descriptor 2 off the wire. Under inetd and xinetd it *is* the client's socket: one warning of the
// runtime there would be read as protocol. Must run before anything else can fail.

import { closeSync, fstatSync, openSync } from "node:fs";
import { dup2, isatty } from "./libc.ts";

/**
 * Points descriptor 2 at /dev/null if it is the same file as 0 or 1, or closed. A terminal stays: a person
 * reads it.
 * @returns whether descriptor 2 may be written to
 */
export function protectStderr(): boolean {
  const error = statOf(2);
  if (error !== null && isatty(2)) return true;
  if (error !== null && !same(error, statOf(0)) && !same(error, statOf(1))) return true;
  const nowhere = openSync("/dev/null", "r+");
  if (nowhere !== 2) {
    dup2(nowhere, 2);
    closeSync(nowhere);
  }
  return false;
}

type Identity = { dev: number; ino: number } | null;

function statOf(fd: number): Identity {
  try {
    return fstatSync(fd);
  } catch {
    return null;
  }
}

function same(a: { dev: number; ino: number }, b: Identity): boolean {
  return b !== null && a.dev === b.dev && a.ino === b.ino;
}
