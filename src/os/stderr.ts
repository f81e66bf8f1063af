// Keeps descriptor 2 off the wire: one warning of the runtime there would be read as protocol. Must run before
// anything else can fail.

import { closeSync, openSync } from "node:fs";
import { isStderrOurs } from "./error-stream.ts";
import { dup2 } from "./libc.ts";

/**
 * Points descriptor 2 at /dev/null unless it is ours.
 * @returns whether it may be written to
 */
export function protectStderr(): boolean {
  if (isStderrOurs()) return true;
  pointNowhere(2);
  return false;
}

/** Points a descriptor at /dev/null. */
export function pointNowhere(fd: number): void {
  const nowhere = openSync("/dev/null", "r+");
  if (nowhere === fd) return;
  dup2(nowhere, fd);
  closeSync(nowhere);
}
