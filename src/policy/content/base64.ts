// Base64 as it comes (RFC 4648 section 4, RFC 2045 section 6.8), octets to octets. Forgiving, because mail
// readers are: what is not in the alphabet is passed over, padding ends a group and the next may follow. Padding where
// no group can end divides readers: for some it ends one all the same, for others it is nothing. Knows nothing of mail.

const NONE = 64;
const VALUES = new Uint8Array(256).fill(NONE);
for (const [value, letter] of [
  ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
].entries())
  VALUES[letter.charCodeAt(0)] = value;
const PADDING = 0x3d;

/** Bits that wait after one letter of a group. */
const ONE_LETTER = 6;
/** Bits that wait after two. */
const TWO_LETTERS = 4;

export class Base64 {
  readonly #octet: (octet: number) => void;
  readonly #stray: (() => void) | null;
  #bits = 0;
  #count = 0; // of bits that wait for an octet to be complete
  #padding = 0; // how much of it has just come

  /**
   * @param stray called before padding is taken for the end of a group that it cannot end: the moment for a `clone` of
   *   whom it is nothing; null where it is nothing
   */
  constructor(octet: (octet: number) => void, stray: (() => void) | null = () => {}) {
    this.#octet = octet;
    this.#stray = stray;
  }

  /** One that is where this one is. */
  clone(octet: (octet: number) => void): Base64 {
    const other = new Base64(octet, null);
    other.#bits = this.#bits;
    other.#count = this.#count;
    return other;
  }

  decode(octet: number): void {
    const value = VALUES[octet]!;
    if (value === NONE) {
      if (octet === PADDING) this.#padding++;
      return;
    }
    if (this.#padding > 0) this.#afterPadding();
    this.#bits = ((this.#bits << 6) | value) & 0xfff;
    this.#count += 6;
    if (this.#count < 8) return;
    this.#count -= 8;
    this.#octet((this.#bits >> this.#count) & 0xff);
  }

  #afterPadding(): void {
    const isStray = this.#count === ONE_LETTER || (this.#count === TWO_LETTERS && this.#padding === 1);
    this.#padding = 0;
    if (isStray && this.#stray === null) return;
    if (isStray) this.#stray!();
    this.#count = 0;
  }
}
