// Keeps descriptor 2 off the wire: one warning of the runtime there would be read as protocol. Must run before
// anything else can fail.

import { isStderrOurs } from "./error-stream.ts";
import { statusOf } from "./files.ts";
import { close, dup2, open } from "./libc.ts";

/**
 * Points descriptor 2 at /dev/null unless it is ours.
 * @returns whether it may be written to
 */
export function protectStderr(): boolean {
  if (isStderrOurs(statusOf)) return true;
  pointNowhere(2);
  return false;
}

/** Points a descriptor at /dev/null. @throws when there is none, or no descriptor is left */
export function pointNowhere(fd: number): void {
  const nowhere = open("/dev/null");
  if (nowhere < 0) throw new Error("/dev/null cannot be opened");
  if (nowhere === fd) return;
  dup2(nowhere, fd);
  close(nowhere);
}
