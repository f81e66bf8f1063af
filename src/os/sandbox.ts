// What the wrapper denies itself once its server runs: new privileges, core dumps (passwords pass through
// its memory) and being looked into, all but a few descriptors, and processes without end. The first server
// is started before and has none of it. A fresh one later on inherits it: it can gain no privileges, so a
// program that lives on them must not be started anew (see `gainsPrivileges`). Knows Linux; loaded and run
// while the server starts, so that no client waits for it.

import { dlopen, ptr } from "bun:ffi";
import { statusAt } from "./files.ts";
import { PrivilegeError } from "./identity.ts";
import { lowerLimit, RLIMIT } from "./libc.ts";

const PR_SET_DUMPABLE = 4;
const PR_SET_NO_NEW_PRIVS = 38;

/** A session needs some twenty. */
const DESCRIPTORS = 256n;
/** Of the whole user, threads counted: 500 sessions fit, a fork bomb does not. The runtime needs its threads. */
const PROCESSES = 16384n;

const SYS_SECCOMP = process.arch === "arm64" ? 277 : 317;
const SECCOMP_SET_MODE_FILTER = 1;
/** To all threads; without the mitigation that older kernels tie to a filter and that costs speed. */
const TSYNC_SPEC_ALLOW = 1 | 4;
/** The one instruction "return SECCOMP_RET_ALLOW". */
const ALLOW_ALL = new Uint8Array([0x06, 0, 0, 0, 0, 0, 0xff, 0x7f]);

/** @param descriptors how many may be open @throws PrivilegeError when the kernel does not do it */
export function lockDown(descriptors = DESCRIPTORS): void {
  const libc = dlopen("libc.so.6", {
    prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
    syscall: { args: ["i64", "u64", "u64", "ptr"], returns: "i64" },
  }).symbols;

  /** The promise above is the calling thread's; a filter that allows everything takes it to the others. */
  const bindThreads = () => {
    const program = new BigUint64Array([1n, BigInt(ptr(ALLOW_ALL))]); // struct sock_fprog
    libc.syscall(SYS_SECCOMP, SECCOMP_SET_MODE_FILTER, TSYNC_SPEC_ALLOW, ptr(program));
  };

  const done =
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) === 0 &&
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) === 0 &&
    lowerLimit(RLIMIT.core, 0n, "both") &&
    lowerLimit(RLIMIT.descriptors, descriptors, "both") &&
    lowerLimit(RLIMIT.processes, PROCESSES, "both");
  if (!done) throw new PrivilegeError("the wrapper could not be confined");
  bindThreads(); // a kernel without seccomp confines the thread that runs our code all the same
}

/** What a select(2) of 1024 descriptors can serve, and what a daemon that closes them all is done with soon. */
const USUAL_DESCRIPTORS = 1024n;

/** The runtime has raised our soft limit to the hard one; no server should inherit that. */
export function restoreDescriptorLimit(): void {
  lowerLimit(RLIMIT.descriptors, USUAL_DESCRIPTORS, "soft");
}

/** Whether a program is, or may be, somebody else than who starts it (set-user-id, set-group-id). */
export function gainsPrivileges(path: string): boolean {
  const status = statusAt(path);
  return status === null || (status.mode & 0o6000n) !== 0n;
}
