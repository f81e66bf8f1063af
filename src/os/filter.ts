// What a worker cannot ask of the kernel any more, whatever runs in it: other programs, other processes, files to be
// written, new connections, other users' rights, the ways round all this. A list of what is denied: what is not on it
// works as before, so that no feature of the runtime breaks unseen. Denied is an error, never the end. Knows Linux.

import { dlopen, ptr } from "bun:ffi";
import { PrivilegeError } from "./identity.ts";

const isArm = process.arch === "arm64";
/** AUDIT_ARCH_AARCH64, AUDIT_ARCH_X86_64: "int 0x80" has numbers of its own. */
const ARCHITECTURE = isArm ? 0xc00000b7 : 0xc000003e;
/** Above are the numbers of x32, which mean the same calls again. */
const X32 = 0x40000000;

const SYS_SECCOMP = isArm ? 277 : 317;
const SECCOMP_SET_MODE_FILTER = 1;
/** To all threads, or to none; without the mitigation that older kernels tie to a filter and that costs speed. */
const TSYNC_SPEC_ALLOW = 1 | 4;

const ALLOW = 0x7fff0000;
const error = (errno: number) => 0x00050000 | errno;
const EPERM = error(1);
const EACCES = error(13);
/** The C library then does it another way. */
const ENOSYS = error(38);

/** Numbers of x86-64 and of arm64; null where there is no such call. */
type Numbers = readonly [x86: number, arm: number | null];

const PROCESSES: readonly Numbers[] = [
  [59, 221], // execve
  [322, 281], // execveat
  [57, null], // fork
  [58, null], // vfork
  [101, 117], // ptrace
  [310, 270], // process_vm_readv
  [311, 271], // process_vm_writev
  [438, 438], // pidfd_getfd
  [424, 424], // pidfd_send_signal
  [62, 129], // kill
  [200, 130], // tkill
  [129, 138], // rt_sigqueueinfo
  [297, 240], // rt_tgsigqueueinfo
];

const RIGHTS: readonly Numbers[] = [
  [105, 146], // setuid
  [106, 144], // setgid
  [113, 145], // setreuid
  [114, 143], // setregid
  [117, 147], // setresuid
  [119, 149], // setresgid
  [116, 159], // setgroups
  [122, 151], // setfsuid
  [123, 152], // setfsgid
  [126, 91], // capset
  [165, 40], // mount
  [166, 39], // umount2
  [155, 41], // pivot_root
  [161, 51], // chroot
  [312, 272], // kcmp
  [256, 238], // migrate_pages
  [279, 239], // move_pages
  [440, 440], // process_madvise
  [448, 448], // process_mrelease
  [272, 97], // unshare
  [308, 268], // setns
];

/** Large, and nothing of ours: where kernels have had most of their holes. */
const HOLES: readonly Numbers[] = [
  [425, 425], // io_uring_setup
  [426, 426], // io_uring_enter
  [427, 427], // io_uring_register
  [321, 280], // bpf
  [298, 241], // perf_event_open
  [323, 282], // userfaultfd
  [248, 217], // add_key
  [249, 218], // request_key
  [250, 219], // keyctl
];

const FILES: readonly Numbers[] = [
  [85, null], // creat
  [304, 265], // open_by_handle_at
  [76, 45], // truncate
  [82, null], // rename
  [264, 38], // renameat
  [316, 276], // renameat2
  [86, null], // link
  [265, 37], // linkat
  [88, null], // symlink
  [266, 36], // symlinkat
  [87, null], // unlink
  [263, 35], // unlinkat
  [83, null], // mkdir
  [258, 34], // mkdirat
  [84, null], // rmdir
  [133, null], // mknod
  [259, 33], // mknodat
  [90, null], // chmod
  [91, 52], // fchmod
  [268, 53], // fchmodat
  [452, 452], // fchmodat2
  [92, null], // chown
  [93, 55], // fchown
  [94, null], // lchown
  [260, 54], // fchownat
  [188, 5], // setxattr
  [189, 6], // lsetxattr
  [190, 7], // fsetxattr
  [197, 14], // removexattr
  [198, 15], // lremovexattr
  [199, 16], // fremovexattr
  [132, null], // utime
  [235, null], // utimes
  [280, 88], // utimensat
  [261, null], // futimesat
];

/** A client's socket could be connected anew, to anywhere. */
const CONNECT: Numbers = [42, 203];
const LISTEN: readonly Numbers[] = [
  [49, 200], // bind
  [50, 201], // listen
];
const ACCEPT: readonly Numbers[] = [
  [43, 202], // accept
  [288, 242], // accept4
];

const OPEN: Numbers = [2, null];
const OPENAT: Numbers = [257, 56];
const OPENAT2: Numbers = [437, 437];
const CLONE: Numbers = [56, 220];
const CLONE3: Numbers = [435, 435];
const TGKILL: Numbers = [234, 131];
const SOCKET: Numbers = [41, 198];
/** Of another process of our user a limit is as good as a signal. */
const PRLIMIT: Numbers = [302, 261];
const FCNTL: Numbers = [72, 25];
const IOCTL: Numbers = [16, 29];

/** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_TMPFILE without O_DIRECTORY */
const WRITING = 0x1 | 0x2 | 0x40 | 0x200 | 0x400000;
const CLONE_THREAD = 0x10000;
/** F_SETOWN, F_SETSIG, F_SETOWN_EX: a signal for somebody else, by way of a descriptor. */
const SIGNALLING_FCNTL = [8, 10, 15];
/** FIOSETOWN, SIOCSPGRP: the same; TIOCSTI: words put into a terminal's mouth. */
const SIGNALLING_IOCTL = [0x8901, 0x8902, 0x5412];
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_TYPE = 0xf;

// struct sock_filter: an instruction, how many to skip when it holds and when it does not, a value.
const LOAD = 0x20;
const AND = 0x54;
const EQUAL = 0x15;
const AT_LEAST = 0x35;
const ANY_BIT = 0x45;
const RETURN = 0x06;
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

const give = (verdict: number): Instruction => [RETURN, 0, 0, verdict];
// struct seccomp_data: number, architecture, instruction pointer, arguments of eight octets each, the low half first.
const NUMBER: Instruction = [LOAD, 0, 0, 0];
const ARCH: Instruction = [LOAD, 0, 0, 4];
const argument = (index: number): Instruction => [LOAD, 0, 0, 16 + 8 * index];

/**
 * What a process is there for:
 *   - sessions: a worker, whose sockets are all passed to it;
 *   - names: asks name servers, over UDP: such sockets can be made and connected then. Never one that has clients:
 *     connect() breaks the connection of a socket (AF_UNSPEC) and makes it another, to anywhere; a filter sees neither the
 *     address nor what kind of socket it is. Sockets connected beforehand would do for a worker, too, but each question has
 *     a port of its own today, which whoever forges an answer has to guess;
 *   - numbers: answers whoever comes to the socket that it listens at.
 */
export type Duty = "sessions" | "names" | "numbers";

export function workerProgram(duty: Duty, pid: number): Instruction[] {
  const asks = duty === "names";
  const denied = (calls: readonly Numbers[], verdict: number) =>
    calls.flatMap((call) => when(call, [give(verdict)]));
  const unless = (value: number, verdict: number): Instruction[] => [
    [EQUAL, 1, 0, value],
    give(verdict),
    give(ALLOW),
  ];
  const without = (bits: number, verdict: number): Instruction[] => [
    [ANY_BIT, 0, 1, bits],
    give(verdict),
    give(ALLOW),
  ];
  const noneOf = (values: readonly number[]): Instruction[] => [
    ...values.flatMap((value): Instruction[] => [[EQUAL, 0, 1, value], give(EPERM)]),
    give(ALLOW),
  ];
  const datagrams: Instruction[] = [
    argument(0),
    [EQUAL, 2, 0, AF_INET],
    [EQUAL, 1, 0, AF_INET6],
    give(EACCES),
    argument(1),
    [AND, 0, 0, SOCK_TYPE],
    ...unless(SOCK_DGRAM, EACCES),
  ];
  return [
    ARCH,
    [EQUAL, 1, 0, ARCHITECTURE],
    give(EPERM),
    NUMBER,
    ...(isArm ? [] : ([[AT_LEAST, 0, 1, X32], give(EPERM)] as Instruction[])),
    ...when(OPENAT, [argument(2), ...without(WRITING, EACCES)]),
    ...when(OPEN, [argument(1), ...without(WRITING, EACCES)]),
    ...when(OPENAT2, [give(ENOSYS)]),
    ...when(CLONE, [argument(0), [ANY_BIT, 1, 0, CLONE_THREAD], give(EPERM), give(ALLOW)]),
    ...when(CLONE3, [give(ENOSYS)]),
    ...when(TGKILL, [argument(0), ...unless(pid, EPERM)]),
    ...when(PRLIMIT, [argument(0), [EQUAL, 2, 0, 0], [EQUAL, 1, 0, pid], give(EPERM), give(ALLOW)]),
    ...when(FCNTL, [argument(1), ...noneOf(SIGNALLING_FCNTL)]),
    ...when(IOCTL, [argument(1), ...noneOf(SIGNALLING_IOCTL)]),
    ...when(SOCKET, asks ? datagrams : [give(EACCES)]),
    ...(asks ? [] : when(CONNECT, [give(EACCES)])),
    ...denied([...PROCESSES, ...RIGHTS, ...HOLES], EPERM),
    ...denied([...FILES, ...LISTEN, ...(duty === "numbers" ? [] : ACCEPT)], EACCES),
    give(ALLOW),
  ];
}

/** What is done for one call; it ends with a verdict. */
function when([x86, arm]: Numbers, work: readonly Instruction[]): Instruction[] {
  const number = isArm ? arm : x86;
  return number === null ? [] : [[EQUAL, 0, work.length, number], ...work];
}

/**
 * Binds all threads, for good. Only once new privileges have been given up.
 * @throws PrivilegeError when the kernel does not do it
 */
export function confineWorker(duty: Duty): void {
  const instructions = workerProgram(duty, process.pid);
  // struct sock_fprog and the instructions, in one buffer: what only a number refers to may be collected.
  const block = new ArrayBuffer(16 + 8 * instructions.length);
  const program = new DataView(block, 0, 16);
  const octets = new DataView(block, 16);
  program.setBigUint64(0, BigInt(instructions.length), true);
  program.setBigUint64(8, BigInt(ptr(octets)), true);
  for (const [index, [code, ifTrue, ifFalse, value]] of instructions.entries()) {
    octets.setUint16(8 * index, code, true);
    octets.setUint8(8 * index + 2, ifTrue);
    octets.setUint8(8 * index + 3, ifFalse);
    octets.setUint32(8 * index + 4, value >>> 0, true);
  }
  const { syscall } = dlopen("libc.so.6", {
    syscall: { args: ["i64", "u64", "u64", "ptr"], returns: "i64" },
  }).symbols;
  const done = Number(syscall(SYS_SECCOMP, SECCOMP_SET_MODE_FILTER, TSYNC_SPEC_ALLOW, ptr(program)));
  if (done !== 0) throw new PrivilegeError("a worker could not be confined: this kernel has no seccomp");
}
