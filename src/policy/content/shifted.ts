// Charsets in which ASCII is one of several states: ISO 2022 in 7 bits (RFC 1468, 1554, 1557, 1922) and HZ (RFC 1843).
// What is left of a text is its ASCII, with "?" for the rest, and without what switches between the two. Knows nothing
// of mail.

import { LF } from "../../wire/octets.ts";
import type { Charset, Emit } from "./charsets.ts";

const ESCAPE = 0x1b;
const SHIFT_OUT = 0x0e;
const SHIFT_IN = 0x0f;
const QUESTION = 0x3f;
const TILDE = 0x7e;
const DOLLAR = "$";
/** ESC N and ESC O: one character of another set follows. */
const SINGLE_SHIFT = /^[NO]$/;
/** Sets of one octet a character in which the letters are not ASCII: JIS X 0201 katakana. */
const NO_LETTERS = /^[()][I]$/;

export class Iso2022 implements Charset {
  readonly #emit: Emit;
  /** What came of an escape sequence; null outside one. */
  #sequence: string | null = null;
  #isOther = false;
  #isShiftedOut = false;
  /** Octets of the next character, which is of another set. */
  #single = 0;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  clone(emit: Emit): Charset {
    const other = new Iso2022(emit);
    other.#sequence = this.#sequence;
    other.#isOther = this.#isOther;
    other.#isShiftedOut = this.#isShiftedOut;
    other.#single = this.#single;
    return other;
  }

  decode(octet: number): void {
    if (octet === ESCAPE) this.#sequence = "";
    else if (this.#sequence !== null) this.#escape(octet);
    else if (octet === SHIFT_OUT) this.#isShiftedOut = true;
    else if (octet === SHIFT_IN) this.#isShiftedOut = false;
    else this.#character(octet);
  }

  end(): void {
    this.#sequence = null;
  }

  #escape(octet: number): void {
    this.#sequence += String.fromCharCode(octet);
    if (octet >= 0x20 && octet <= 0x2f && this.#sequence!.length < 4) return;
    const sequence = this.#sequence!;
    this.#sequence = null;
    if (octet < 0x30 || octet > 0x7e) return this.decode(octet);
    if (SINGLE_SHIFT.test(sequence)) this.#single = 1;
    // "$)", "$*" and "$+" say what a shift is to, "." what a single one is: they switch nothing.
    else if (sequence.startsWith(DOLLAR)) this.#isOther = !/^\$[)*+\-./]/.test(sequence);
    else if (sequence.startsWith("(")) this.#isOther = NO_LETTERS.test(sequence);
  }

  #character(octet: number): void {
    if (octet === LF) this.#isShiftedOut = false;
    const isHere = octet <= 0x20 || !(this.#isOther || this.#isShiftedOut || this.#single > 0);
    this.#single = 0;
    this.#emit(isHere ? octet : QUESTION);
  }
}

/** The same for whom no sequence means anything: what it begins with is left out, and shows nothing. */
export class Unshifted implements Charset {
  readonly #emit: Emit;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  clone(emit: Emit): Charset {
    return new Unshifted(emit);
  }

  decode(octet: number): void {
    if (octet !== ESCAPE && octet !== SHIFT_OUT && octet !== SHIFT_IN) this.#emit(octet);
  }

  end(): void {}
}

export class Hz implements Charset {
  readonly #emit: Emit;
  #isAfterTilde = false;
  #isOther = false;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  clone(emit: Emit): Charset {
    const other = new Hz(emit);
    other.#isAfterTilde = this.#isAfterTilde;
    other.#isOther = this.#isOther;
    return other;
  }

  decode(octet: number): void {
    if (!this.#isAfterTilde) {
      if (octet === TILDE) this.#isAfterTilde = true;
      else this.#character(octet);
      return;
    }
    if (octet === 0x0d) return; // "~" at the end of a line continues it
    this.#isAfterTilde = false;
    if (octet === 0x7b) this.#isOther = true;
    else if (octet === 0x7d) this.#isOther = false;
    else if (octet === TILDE) this.#emit(TILDE);
    else if (octet !== LF) this.#character(octet);
  }

  end(): void {
    this.#isAfterTilde = false;
  }

  #character(octet: number): void {
    if (octet === LF) this.#isOther = false;
    this.#emit(this.#isOther && octet > 0x20 ? QUESTION : octet);
  }
}
