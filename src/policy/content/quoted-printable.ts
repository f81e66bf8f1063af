// Quoted-printable as it comes in stuffed message text (RFC 2045 section 6.7), octets to octets. Forgiving:
// an "=" that begins nothing stands for itself, hexadecimal digits may be small, and blanks between a soft
// line break's "=" and its line end are passed over. Knows nothing of parts.

import { CR, DOT, LF, SP, TAB } from "../../wire/octets.ts";

const EQUALS = 0x3d;
const NONE = -1;

/** The value of a hexadecimal digit, or NONE. */
export function hexadecimal(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = octet | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : NONE;
}

export class QuotedPrintable {
  readonly #octet: (octet: number) => void;
  /** "text", or what was read of an escape. */
  #state: "text" | "equals" | "digit" | "blank" = "text";
  #digit = 0;
  #lineStart = true;

  constructor(octet: (octet: number) => void) {
    this.#octet = octet;
  }

  decode(octet: number): void {
    const lineStart = this.#lineStart;
    this.#lineStart = octet === LF;
    if (octet === CR || (lineStart && octet === DOT)) return; // only CRLF comes, so LF says it all
    switch (this.#state) {
      case "text":
        return this.#text(octet);
      case "equals":
        return this.#afterEquals(octet);
      case "digit":
        return this.#afterDigit(octet);
      default:
        this.#state satisfies "blank";
        if (octet === SP || octet === TAB) return;
        this.#state = "text";
        if (octet === LF) return;
        this.#octet(EQUALS);
        this.#octet(SP);
        return this.#text(octet);
    }
  }

  #text(octet: number): void {
    if (octet === EQUALS) this.#state = "equals";
    else this.#octet(octet);
  }

  #afterEquals(octet: number): void {
    this.#state = "text";
    if (octet === LF) return;
    if (octet === SP || octet === TAB) {
      this.#state = "blank";
      return;
    }
    if (hexadecimal(octet) !== NONE) {
      this.#state = "digit";
      this.#digit = octet;
      return;
    }
    this.#octet(EQUALS);
    this.#text(octet);
  }

  #afterDigit(octet: number): void {
    this.#state = "text";
    const low = hexadecimal(octet);
    if (low !== NONE) {
      this.#octet((hexadecimal(this.#digit) << 4) | low);
      return;
    }
    this.#octet(EQUALS);
    this.#octet(this.#digit);
    this.#text(octet);
  }
}
