// EBCDIC, by the names of all its code pages that mail readers know. What is left of a text is its ASCII, with "?" for the
// rest: the letters and digits of all these pages are in the same places, but for the small ones of those for Japanese
// and Hebrew. Knows nothing of mail.

import type { Charset, Emit } from "./charsets.ts";

const SHIFT_OUT = 0x0e;
const SHIFT_IN = 0x0f;
const QUESTION = 0x3f;

/** The numbers of the code pages, which are IBM's; 39 is Python's own name for 37. */
const PAGES = new Set([
  ...[
    37, 38, 39, 256, 273, 274, 275, 277, 278, 280, 281, 282, 284, 285, 290, 297, 420, 423, 424, 500, 803, 870,
    871,
  ],
  ...[
    875, 880, 905, 918, 924, 930, 933, 935, 937, 939, 1025, 1026, 1047, 1070, 1079, 1081, 1084, 1097, 1112,
    1122,
  ],
  ...[
    1123, 1130, 1132, 1137, 1140, 1141, 1142, 1143, 1144, 1145, 1146, 1147, 1148, 1149, 1153, 1154, 1155,
    1156, 1157,
  ],
  ...[1158, 1160, 1164, 1166, 1364, 1371, 1388, 1390, 1399, 4517, 4899, 4971, 9030, 12712, 16804],
]);
const NUMBERED = /^(?:(?:cs|x-)?(?:cp|ibm)-?)?([0-9]{1,5})(?:v1)?$/;
/** The Open Group's registry has such a page by its number in hexadecimal. */
const REGISTERED = /^osf1002([0-9a-f]{4})$/;
const NAMED = /^(?:cs)?ebcdic/;

/** @param name in lower case, its words apart by "-" */
export function isEbcdic(name: string): boolean {
  const decimal = NUMBERED.exec(name)?.[1];
  const hexadecimal = REGISTERED.exec(name)?.[1];
  return NAMED.test(name) || PAGES.has(Number(decimal)) || PAGES.has(Number.parseInt(hexadecimal ?? "", 16));
}

/** By octet: where all code pages for Latin scripts agree (IBM's invariant set), and code page 37's other ASCII. */
const INVARIANT = new Uint8Array(256).fill(QUESTION);
for (const [start, letters] of [
  [0x81, "abcdefghi"],
  [0x91, "jklmnopqr"],
  [0xa2, "stuvwxyz"],
  [0xc1, "ABCDEFGHI"],
  [0xd1, "JKLMNOPQR"],
  [0xe2, "STUVWXYZ"],
  [0xf0, "0123456789"],
  [0x40, " "],
  [0x4b, ".<(+|&"],
  [0x5a, "!$*);"],
  [0x60, "-/"],
  [0x6b, ",%_>?"],
  [0x79, "`:#@'=\""],
  [0xa1, "~"],
  [0xba, "[]"],
  [0xc0, "{"],
  [0xd0, "}"],
  [0xe0, "\\"],
  [0x05, "\t"],
  [0x0d, "\r"],
  [0x15, "\n"],
  [0x25, "\n"],
] as const)
  for (const [at, letter] of [...letters].entries()) INVARIANT[start + at] = letter.charCodeAt(0);

/** Of a page with characters of two octets these are no letters, and what shifts to them is not there. */
export class Ebcdic implements Charset {
  readonly #emit: Emit;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  clone(emit: Emit): Charset {
    return new Ebcdic(emit);
  }

  decode(octet: number): void {
    if (octet !== SHIFT_OUT && octet !== SHIFT_IN) this.#emit(INVARIANT[octet]!);
  }

  end(): void {}
}
