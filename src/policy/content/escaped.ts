// Python's own charsets in which a character may be written as an escape sequence (unicode_escape, raw_unicode_escape):
// those by number and by letter, not those by a character's name. Knows nothing of mail.

import type { Charset, Emit } from "./charsets.ts";
import { emitCharacter } from "./unicode.ts";

const BACKSLASH = 0x5c;
const LAST = 0x10ffff;
/** What may follow a backslash, all of it. */
const SEQUENCE = /^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\\'"abfnrtv])|\r?\n)/;
/** What may become that, or more of it. */
const BEGINNING = /^(?:x[\da-fA-F]?|u[\da-fA-F]{0,3}|U[\da-fA-F]{0,7}|[0-7]{1,2}|\r)$/;
const BY_LETTER = new Map(Object.entries({ a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }));

export class Escaped implements Charset {
  readonly #emit: Emit;
  /** What came after a backslash; null outside a sequence. */
  #sequence: string | null = null;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  clone(emit: Emit): Charset {
    const other = new Escaped(emit);
    other.#sequence = this.#sequence;
    return other;
  }

  decode(octet: number): void {
    if (this.#sequence !== null) {
      const sequence = this.#sequence + String.fromCharCode(octet);
      if (BEGINNING.test(sequence)) this.#sequence = sequence;
      else this.#over(sequence);
    } else if (octet === BACKSLASH) this.#sequence = "";
    else this.#emit(octet);
  }

  end(): void {
    if (this.#sequence !== null) this.#over(this.#sequence);
  }

  /** A sequence, and perhaps an octet behind it; or none, which is text. */
  #over(text: string): void {
    this.#sequence = null;
    const [all, two, four, eight, octal, letter] = SEQUENCE.exec(text) ?? [];
    const digits = two ?? four ?? eight;
    if (digits !== undefined) this.#character(Number.parseInt(digits, 16));
    else if (octal !== undefined) this.#character(Number.parseInt(octal, 8));
    else if (letter !== undefined) this.#emit(BY_LETTER.get(letter) ?? letter.charCodeAt(0));
    else if (all === undefined) this.#emit(BACKSLASH);
    const rest = text.slice((all ?? "").length);
    for (let at = 0; at < rest.length; at++) this.decode(rest.charCodeAt(at));
  }

  /** There is none above Unicode's last. */
  #character(point: number): void {
    emitCharacter(Math.min(point, LAST), this.#emit);
  }
}
