// Code in front of an executable: where it lands, what stays as it was, and which files are left alone.

import { expect, test } from "bun:test";
import { beginningWith } from "../../scripts/building/elf.ts";
import { tiny } from "./tiny.ts";

const CODE = Uint8Array.of(0x90, 0x90, 0xc3);

function numberAt(file: Uint8Array, at: number): number {
  return Number(new DataView(file.buffer).getBigUint64(at, true));
}

test("the code is appended, mapped in place of the note, and begun with", () => {
  const old = tiny();
  const told: number[] = [];
  const made = beginningWith(old, (address, entry) => {
    told.push(address, entry);
    return CODE;
  });
  const [address, entry] = told;
  expect(entry).toBe(numberAt(old, 24));
  expect(numberAt(made, 24)).toBe(address!);
  const note = 64 + 56;
  const [offset, there, , size, memory, align] = [8, 16, 24, 32, 40, 48].map((at) =>
    numberAt(made, note + at),
  );
  expect({ there, size, memory, align }).toEqual({ there: address!, size: 3, memory: 3, align: 0x1000 });
  expect([...made.subarray(note, note + 8)]).toEqual([1, 0, 0, 0, 5, 0, 0, 0]); // loaded, to be read and run
  expect(offset).toBe(made.length - 3);
  expect((address! - offset!) % 0x1000).toBe(0);
  expect(address!).toBeGreaterThanOrEqual(numberAt(old, 64 + 16) + numberAt(old, 64 + 40));
  expect(made.subarray(offset)).toEqual(CODE);
});

test("everything else of the file stays, and so does the file that was given", () => {
  const old = tiny();
  const made = beginningWith(old, () => CODE);
  expect(old).toEqual(tiny());
  const differs = [...old.keys()].filter((at) => made[at] !== old[at]);
  expect(differs.filter((at) => !((at >= 24 && at < 32) || (at >= 120 && at < 176)))).toEqual([]);
});

test("a part of a larger buffer is read as the whole of it", () => {
  const inside = Uint8Array.of(1, 2, 3, ...tiny()).subarray(3);
  expect(beginningWith(inside, () => CODE)).toEqual(beginningWith(tiny(), () => CODE));
});

/** What is changed in the file, at which octet and to what. */
const STRANGE: readonly (readonly [
  what: string,
  change: readonly (readonly [number, number])[],
  says: RegExp,
])[] = [
  ["of another format", [[0, 0x7e]], /no ELF file/],
  ["of 32 bits", [[4, 1]], /64 bits/],
  ["with the high octets first", [[5, 2]], /high ones come first/],
  ["for another processor", [[18, 183]], /not for x86-64/],
  ["that is a core dump", [[16, 4]], /cannot be run/],
  ["whose segments are described in another way", [[54, 64]], /described otherwise/],
  ["whose segments are not all there", [[56, 200]], /cut off/],
  ["that begins in no segment", [[25, 0x90]], /begins where no code is/],
  ["that begins where nothing may run", [[68, 4]], /begins where no code is/],
  ["without a note at the end", [[120, 6]], /no note/],
  ["with an address beyond all", [[31, 0xff]], /beyond all sizes/],
];
for (const [what, change, says] of STRANGE)
  test(`a file ${what} is an error`, () => {
    const file = tiny();
    for (const [at, octet] of change) file[at] = octet;
    expect(() => beginningWith(file, () => CODE)).toThrow(says);
  });

test("a file that ends in its header is an error", () => {
  expect(() => beginningWith(tiny().subarray(0, 40), () => CODE)).toThrow(/no ELF file/);
});

test("an executable that has code in front already is an error", () => {
  const once = beginningWith(tiny(), () => CODE);
  expect(() => beginningWith(once, () => CODE)).toThrow(/no note/);
});
