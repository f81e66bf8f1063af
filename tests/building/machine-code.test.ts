// Instructions to octets: numbers, distances, labels, and the mistakes that are errors.

import { expect, test } from "bun:test";
import { assemble, type Line, listing, to, value } from "../../scripts/building/machine-code.ts";

const PROGRAM: readonly Line[] = [
  ["nop", 0x90],
  "again",
  ["mov edi,$", 0xbf, value(0x12345678)],
  ["jmp $", 0xe9, to("end")],
  ["jmp $", 0xe9, to("again")],
  ["jmp $", 0xe9, to("far")],
  "end",
  ["ret", 0xc3],
  { name: "text", data: Uint8Array.of(1, 2) },
];

test("a number stands with its low octet first, a distance is counted from the instruction's end", () => {
  expect([...assemble(PROGRAM, 0x1000, { far: 0x900 })]).toEqual([
    ...[0x90, 0xbf, 0x78, 0x56, 0x34, 0x12],
    ...[0xe9, 10, 0, 0, 0],
    ...[0xe9, 0xf1, 0xff, 0xff, 0xff],
    ...[0xe9, 0xeb, 0xf8, 0xff, 0xff],
    ...[0xc3, 1, 2],
  ]);
});

test("where it stands matters only for what is elsewhere", () => {
  const program = PROGRAM.filter(
    (line) => !(typeof line === "object" && JSON.stringify(line).includes("far")),
  );
  expect(assemble(program, 0x1000)).toEqual(assemble(program, 0x777000));
});

test("the listing has addresses, and numbers in place of labels", () => {
  expect(listing(PROGRAM, 0x1000, { far: 0x900 })).toEqual([
    "0x1000 nop",
    "0x1001 mov edi,0x12345678",
    "0x1006 jmp 0x1015",
    "0x100b jmp 0x1001",
    "0x1010 jmp 0x900",
    "0x1015 ret",
  ]);
});

const MISTAKES: readonly (readonly [what: string, program: readonly Line[], says: RegExp])[] = [
  ["a label that is nowhere", [["jmp $", 0xe9, to("nowhere")]], /no line is nowhere/],
  ["a label that is twice", ["here", "here"], /two lines are here/],
  ["a label of the program that is elsewhere, too", ["far"], /two lines are far/],
  ["a number of more than four octets", [["mov edi,$", 0xbf, value(2 ** 32)]], /takes more room/],
  ["a number below zero", [["mov edi,$", 0xbf, value(-1)]], /takes more room/],
  ["a distance that is too large", [["jmp $", 0xe9, to("far")]], /takes more room/],
  ["octets behind a distance", ["here", ["jmp $", 0xe9, to("here"), 0x90]], /octets follow/],
];
for (const [what, program, says] of MISTAKES)
  test(`${what} is an error`, () => {
    expect(() => assemble(program, 0x1000, { far: 2 ** 33 })).toThrow(says);
  });
