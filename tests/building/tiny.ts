// Knows how to make the smallest executable that stands for the runtime: it says a word on descriptor 2. Its exit
// code is how many words it was started with, plus what it found in rdx, which is 0 at the start of a process,
// plus MUTE where nobody takes its word.

import { chmodSync, writeFileSync } from "node:fs";
import { assemble, type Line, to, value } from "../../scripts/building/machine-code.ts";

/** What it says. */
export const WORD = "runtime\n";

export const MUTE = 64;

const ADDRESS = 0x400000;
const SEGMENT_SIZE = 56;
const CODE_AT = 64 + 2 * SEGMENT_SIZE;

const CODE: readonly Line[] = [
  ["mov r12,rdx", 0x49, 0x89, 0xd4],
  ["mov edi,$", 0xbf, value(2)],
  ["lea rsi,[rip+$]", 0x48, 0x8d, 0x35, to("word")],
  ["mov edx,$", 0xba, value(WORD.length)],
  ["mov eax,$", 0xb8, value(1)],
  ["syscall", 0x0f, 0x05],
  ["mov edi,eax", 0x89, 0xc7],
  ["and edi,$", 0x81, 0xe7, value(MUTE)], // of an octet count nothing is left, of an error it is
  ["add edi,r12d", 0x44, 0x01, 0xe7],
  ["add edi,DWORD PTR [rsp]", 0x03, 0x3c, 0x24],
  ["mov eax,$", 0xb8, value(231)],
  ["syscall", 0x0f, 0x05],
  { name: "word", data: new TextEncoder().encode(WORD) },
];

/** With one segment, for all of it, and a note, which is empty. */
export function tiny(): Uint8Array {
  const code = assemble(CODE, ADDRESS + CODE_AT);
  const file = new Uint8Array(CODE_AT + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.set(code, CODE_AT);
  const view = new DataView(file.buffer);
  const put16 = (at: number, ...values: number[]) => {
    for (const [index, number] of values.entries()) view.setUint16(at + index * 2, number, true);
  };
  const put64 = (at: number, ...values: number[]) => {
    for (const [index, number] of values.entries()) view.setBigUint64(at + index * 8, BigInt(number), true);
  };
  put16(16, 2, 62, 1); // an executable, x86-64
  put64(24, ADDRESS + CODE_AT, 64);
  put16(52, 64, SEGMENT_SIZE, 2);
  put16(64, 1, 0, 5); // loaded, to be read and run
  put64(64 + 8, 0, ADDRESS, ADDRESS, file.length, file.length, 0x1000);
  put16(64 + SEGMENT_SIZE, 4, 0, 4);
  return file;
}

export function writeExecutable(path: string, file: Uint8Array): void {
  writeFileSync(path, file);
  chmodSync(path, 0o755);
}
