// Base64 as it comes (RFC 4648 section 4, RFC 2045 section 6.8), octets to octets. Forgiving, because mail
// readers are: what is not in the alphabet is passed over, padding ends a group and the next may follow.
// Knows nothing of mail.

const NONE = 64;
const VALUES = new Uint8Array(256).fill(NONE);
for (const [value, letter] of [
  ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
].entries())
  VALUES[letter.charCodeAt(0)] = value;
const PADDING = 0x3d;

export class Base64 {
  readonly #octet: (octet: number) => void;
  #bits = 0;
  #count = 0; // of bits that wait for an octet to be complete

  constructor(octet: (octet: number) => void) {
    this.#octet = octet;
  }

  decode(octet: number): void {
    const value = VALUES[octet]!;
    if (value === NONE) {
      if (octet === PADDING) this.#count = 0;
      return;
    }
    this.#bits = ((this.#bits << 6) | value) & 0xfff;
    this.#count += 6;
    if (this.#count < 8) return;
    this.#count -= 8;
    this.#octet((this.#bits >> this.#count) & 0xff);
  }
}
