// What the executable does before the runtime: sees whether that can reserve the memory it will want. Where it
// cannot, some amounts have it abort in its first millisecond, with words on descriptor 2, which may be the
// client's. No line of ours runs so early; the first instructions of the executable do.
//
// For x86-64 only: how much the runtime reserves is its own number on every architecture, and was measured there.

import { EXIT } from "../../src/exit.ts";
import { beginningWith } from "./elf.ts";
import { assemble, type Line, to, value } from "./machine-code.ts";

/**
 * @param executable which begins with the runtime
 * @returns the same, with the code in front
 * @throws when the executable is not as expected
 */
export function withEntry(executable: Uint8Array): Uint8Array {
  return beginningWith(executable, (address, runtime) => assemble(ENTRY, address, { runtime }));
}

const MIB = 2 ** 20;

/**
 * What the runtime reserves, in this order: for its allocator (where it gets no more, that little), for the code
 * that it makes (or does without, and cannot call the C library), and for the descriptions of its objects,
 * without which it aborts. It takes all it gets of the first two, and so may have nothing left for the last.
 */
const RESERVES = { allocator: 1024 * MIB, allocatorAtLeast: 128 * MIB, code: 1024 * MIB, objects: 128 * MIB };

/** Besides, it has taken 2 MiB by then; the rest is for other machines. */
const MARGIN = 32 * MIB;

/**
 * The amounts that decide, the least first. With an answer's the runtime comes as far as to our 421; with the
 * allocator's it takes that, and has too little left up to the next one; so again with the code's, up to all, with
 * which it serves. A runtime that reserves otherwise fails the tests of tests/e2e/stderr.e2e.test.ts.
 */
export const NEEDS = {
  answer: RESERVES.allocatorAtLeast + RESERVES.objects + MARGIN,
  allocator: RESERVES.allocator,
  answerWithAllocator: RESERVES.allocator + RESERVES.objects + MARGIN,
  code: RESERVES.allocator + RESERVES.code,
  all: RESERVES.allocator + RESERVES.code + RESERVES.objects + MARGIN,
};

const CALL = {
  write: 1,
  close: 3,
  fstat: 5,
  mmap: 9,
  munmap: 11,
  socket: 41,
  sendto: 44,
  exit_group: 231,
  openat: 257,
};

/** Of mmap: as the runtime's own reservations are, so that every limit says of both the same. */
const READ_WRITE = 3;
const PRIVATE_ANONYMOUS_NORESERVE = 0x4022;

/** A struct stat, and what of it is looked at. */
const STAT = { size: 144, device: 0, inode: 8, mode: 24 };
const FILE_TYPE = 0xf000;
const CHARACTER_DEVICE = 0x2000;

const AT_FDCWD = 0xffffff9c;
const O_RDWR = 2;
const AF_UNIX = 1;
const DATAGRAM_NONBLOCK_CLOEXEC = 0x80802;
const MSG_NOSIGNAL = 0x4000;

const PRIORITY = "<19>"; // mail.err: the code knows no protocol, and mail is behind it mostly
const COMPLAINT =
  "protowrap: the runtime cannot work here: it may not reserve enough memory (ulimit -v, -d): give it 4 GB\n";

/** As the system calls of Linux have it: the number is in eax, arguments in edi, esi, edx, r10, r8 and r9. */
export const ENTRY: readonly Line[] = [
  // The kernel or the dynamic linker jumps here. What the runtime finds in rdx and rsp is the dynamic linker's.
  ["push rdx", 0x52],
  ["mov esi,$", 0xbe, value(NEEDS.all)],
  ["call $", 0xe8, to("fits")],
  ["jns $", 0x0f, 0x89, to("start")],

  // It will serve nobody, but it may be able to say so. Its own last words must not reach the client in any case:
  // descriptor 2 is kept where it is a terminal (or /dev/null), or another file than 0 and 1: os/error-stream.ts.
  ["sub rsp,$", 0x48, 0x81, 0xec, value(2 * STAT.size)],
  ["mov edi,$", 0xbf, value(2)],
  ["mov rsi,rsp", 0x48, 0x89, 0xe6],
  ["mov eax,$", 0xb8, value(CALL.fstat)],
  ["syscall", 0x0f, 0x05],
  ["test eax,eax", 0x85, 0xc0],
  ["js $", 0x0f, 0x88, to("nowhere")],
  ["mov eax,DWORD PTR [rsp+$]", 0x8b, 0x84, 0x24, value(STAT.mode)],
  ["and eax,$", 0x25, value(FILE_TYPE)],
  ["cmp eax,$", 0x3d, value(CHARACTER_DEVICE)],
  ["je $", 0x0f, 0x84, to("kept")],
  ["xor edi,edi", 0x31, 0xff], // compared with 0, and then with 1
  "next",
  ["lea rsi,[rsp+$]", 0x48, 0x8d, 0xb4, 0x24, value(STAT.size)],
  ["mov eax,$", 0xb8, value(CALL.fstat)],
  ["syscall", 0x0f, 0x05],
  ["test eax,eax", 0x85, 0xc0],
  ["js $", 0x0f, 0x88, to("other")],
  ["mov rax,QWORD PTR [rsp+$]", 0x48, 0x8b, 0x84, 0x24, value(STAT.device)],
  ["cmp rax,QWORD PTR [rsp+$]", 0x48, 0x3b, 0x84, 0x24, value(STAT.size + STAT.device)],
  ["jne $", 0x0f, 0x85, to("other")],
  ["mov rax,QWORD PTR [rsp+$]", 0x48, 0x8b, 0x84, 0x24, value(STAT.inode)],
  ["cmp rax,QWORD PTR [rsp+$]", 0x48, 0x3b, 0x84, 0x24, value(STAT.size + STAT.inode)],
  ["je $", 0x0f, 0x84, to("nowhere")],
  "other",
  ["inc edi", 0xff, 0xc7],
  ["cmp edi,0x2", 0x83, 0xff, 0x02],
  ["jne $", 0x0f, 0x85, to("next")],
  ["jmp $", 0xe9, to("kept")],

  // Where there is no /dev/null it stays closed, and nothing is on the wire all the same.
  "nowhere",
  ["mov edi,$", 0xbf, value(2)],
  ["mov eax,$", 0xb8, value(CALL.close)],
  ["syscall", 0x0f, 0x05],
  ["mov edi,$", 0xbf, value(AT_FDCWD)],
  ["lea rsi,[rip+$]", 0x48, 0x8d, 0x35, to("null-device")],
  ["mov edx,$", 0xba, value(O_RDWR)],
  ["mov eax,$", 0xb8, value(CALL.openat)],
  ["syscall", 0x0f, 0x05],
  "kept",
  ["add rsp,$", 0x48, 0x81, 0xc4, value(2 * STAT.size)],

  // The most first: each amount decides, if it is there.
  ["mov esi,$", 0xbe, value(NEEDS.code)],
  ["call $", 0xe8, to("fits")],
  ["jns $", 0x0f, 0x89, to("leave")],
  ["mov esi,$", 0xbe, value(NEEDS.answerWithAllocator)],
  ["call $", 0xe8, to("fits")],
  ["jns $", 0x0f, 0x89, to("start")],
  ["mov esi,$", 0xbe, value(NEEDS.allocator)],
  ["call $", 0xe8, to("fits")],
  ["jns $", 0x0f, 0x89, to("leave")],
  ["mov esi,$", 0xbe, value(NEEDS.answer)],
  ["call $", 0xe8, to("fits")],
  ["js $", 0x0f, 0x88, to("leave")],
  "start",
  ["pop rdx", 0x5a],
  ["jmp $", 0xe9, to("runtime")],

  // The client sees the connection end. Who reads descriptor 2, and the system's log, are told why.
  "leave",
  ["mov edi,$", 0xbf, value(2)],
  ["lea rsi,[rip+$]", 0x48, 0x8d, 0x35, to("complaint")],
  ["mov edx,$", 0xba, value(COMPLAINT.length)],
  ["mov eax,$", 0xb8, value(CALL.write)],
  ["syscall", 0x0f, 0x05],
  ["mov edi,$", 0xbf, value(AF_UNIX)],
  ["mov esi,$", 0xbe, value(DATAGRAM_NONBLOCK_CLOEXEC)],
  ["xor edx,edx", 0x31, 0xd2],
  ["mov eax,$", 0xb8, value(CALL.socket)],
  ["syscall", 0x0f, 0x05],
  ["mov edi,eax", 0x89, 0xc7],
  ["lea rsi,[rip+$]", 0x48, 0x8d, 0x35, to("priority")],
  ["mov edx,$", 0xba, value(PRIORITY.length + COMPLAINT.length - 1)],
  ["mov r10d,$", 0x41, 0xba, value(MSG_NOSIGNAL)],
  ["lea r8,[rip+$]", 0x4c, 0x8d, 0x05, to("log-address")],
  ["mov r9d,$", 0x41, 0xb9, value(logAddress().length)],
  ["mov eax,$", 0xb8, value(CALL.sendto)],
  ["syscall", 0x0f, 0x05],
  ["mov edi,$", 0xbf, value(EXIT.system)],
  ["mov eax,$", 0xb8, value(CALL.exit_group)],
  ["syscall", 0x0f, 0x05],

  // Whether so many octets (esi) can be reserved: if not, the sign flag is set. Nothing stays reserved.
  "fits",
  ["xor edi,edi", 0x31, 0xff],
  ["mov edx,$", 0xba, value(READ_WRITE)],
  ["mov r10d,$", 0x41, 0xba, value(PRIVATE_ANONYMOUS_NORESERVE)],
  ["mov r8d,$", 0x41, 0xb8, value(0xffffffff)], // no file
  ["xor r9d,r9d", 0x45, 0x31, 0xc9],
  ["mov eax,$", 0xb8, value(CALL.mmap)],
  ["syscall", 0x0f, 0x05],
  ["test rax,rax", 0x48, 0x85, 0xc0],
  ["js $", 0x0f, 0x88, to("too-much")],
  ["mov rdi,rax", 0x48, 0x89, 0xc7],
  ["mov eax,$", 0xb8, value(CALL.munmap)],
  ["syscall", 0x0f, 0x05],
  ["test rax,rax", 0x48, 0x85, 0xc0],
  "too-much",
  ["ret", 0xc3],

  { name: "null-device", data: text("/dev/null\0") },
  { name: "log-address", data: logAddress() },
  { name: "priority", data: text(PRIORITY) },
  { name: "complaint", data: text(COMPLAINT) },
];

function logAddress(): Uint8Array {
  return Uint8Array.of(AF_UNIX, 0, ...text("/dev/log\0"));
}

function text(characters: string): Uint8Array {
  return new TextEncoder().encode(characters);
}
