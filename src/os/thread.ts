// Lets the one thread that runs our code be somebody else for as long as a program is started: a child has
// its identity from the thread that starts it. The runtime could set a child's user and group by itself, but
// takes its supplementary groups away. The C library would change every thread, and for good: hence the system
// calls. Knows Linux; loaded with a server that is started as somebody.

import { dlopen, ptr } from "bun:ffi";
import { PrivilegeError } from "./identity.ts";

const isArm = process.arch === "arm64";
const SYS_SETRESUID = isArm ? 147 : 117;
const SYS_SETRESGID = isArm ? 149 : 119;
const SYS_SETGROUPS = isArm ? 159 : 116;
const SYS_PRCTL = isArm ? 167 : 157;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
/** As it is. The saved one stays root's, so that the thread can come back; a program that is started has none. */
const SAME = -1;

let libc: ReturnType<typeof load> | null = null;

function load() {
  return dlopen("libc.so.6", {
    syscall: { args: ["i64", "i64", "i64", "i64", "i64", "i64"], returns: "i64" },
  }).symbols;
}

/** Whom a program runs as. */
export interface Person {
  readonly uid: number;
  readonly gid: number;
  /** Its supplementary groups; those we have where nothing is said of them. */
  readonly groups?: readonly number[];
}

/**
 * Does the work as that user and group. The supplementary groups stay with the thread, which as root needs none.
 * Only as root.
 * @throws PrivilegeError when the kernel refuses the way there or back, and what the work throws
 */
export function as<T>(identity: Person, work: () => T): T {
  libc ??= load();
  const { syscall } = libc;
  const call = (number: number, id: number) => {
    if (Number(syscall(number, id, id, SAME, 0, 0)) !== 0)
      throw new PrivilegeError("a server could not be started as its user");
  };
  const own = process.getgid!();
  // Root's ambient capabilities, if it was given some, would be the server's: its saved user stays root's.
  syscall(SYS_PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (identity.groups !== undefined) {
    const groups = new Uint32Array([...identity.groups, identity.gid]); // an empty one has no address
    if (Number(syscall(SYS_SETGROUPS, identity.groups.length, ptr(groups), 0, 0, 0)) !== 0)
      throw new PrivilegeError("a server could not be started with its user's groups");
  }
  call(SYS_SETRESGID, identity.gid);
  call(SYS_SETRESUID, identity.uid);
  try {
    return work();
  } finally {
    call(SYS_SETRESUID, 0);
    call(SYS_SETRESGID, own);
  }
}
