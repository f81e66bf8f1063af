// How many descriptors a process may open that somebody was started with who needs many himself: no server should
// inherit that. Knows Linux; loaded by who starts servers and lives on.

import { dlopen, ptr } from "bun:ffi";
import { RLIMIT } from "./libc.ts";

const { symbols: libc } = dlopen("libc.so.6", {
  prlimit: { args: ["i32", "i32", "ptr", "ptr"], returns: "i32" },
});

/** What a select(2) of 1024 descriptors can serve, and what a daemon that closes them all is done with soon. */
const USUAL = 1024n;
const soft = 0;

/** Lowers the soft limit of a process that has just been started; one that has more rights than we is left alone. */
export function limitDescriptorsOf(pid: number): void {
  const limits = new BigUint64Array(2);
  if (libc.prlimit(pid, RLIMIT.descriptors, null, ptr(limits)) !== 0 || limits[soft]! <= USUAL) return;
  limits[soft] = USUAL;
  libc.prlimit(pid, RLIMIT.descriptors, ptr(limits), null);
}
