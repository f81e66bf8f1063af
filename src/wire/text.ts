// Text for a terminal, of whatever encoding (pure): what could be a control function of it becomes a question
// mark, at any split of the octets. Knows octets and UTF-8; not who says them.

const QUESTION_MARK = 0x3f;
const [TAB, LF, CR, DEL] = [0x09, 0x0a, 0x0d, 0x7f];

/**
 * C0 and DEL are controls in every encoding. C1 (ECMA-48 §5.3) stands alone as 0x80 to 0x9f, and in UTF-8 behind
 * 0xc2; behind other octets the same values are parts of characters. So octets above 0x7f pass when they are a
 * whole character of UTF-8 (RFC 3629 §4) that is no control, and one by one when they are above 0x9f: text in
 * ISO 8859. What may become a character is held until it is known, three octets at the most.
 */
export class TerminalText {
  /** The start of a character, three octets at the most. */
  readonly #held = new Uint8Array(3);
  #count = 0;
  #text = new Uint8Array(0);
  #length = 0;

  /** @returns what may be shown of it, and of what was held before */
  filter(chunk: Uint8Array): Uint8Array {
    this.#text = new Uint8Array(chunk.length + this.#count);
    this.#length = 0;
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (this.#count === 0 && octet < DEL) this.#show(alone(octet));
      else this.#take(octet);
    }
    return this.#text.subarray(0, this.#length);
  }

  /** @returns what is still held, when nothing more comes */
  rest(): Uint8Array {
    this.#text = new Uint8Array(this.#count);
    this.#length = 0;
    this.#release();
    return this.#text;
  }

  #take(octet: number): void {
    if (this.#count > 0 && !continues(this.#held, this.#count, octet)) this.#release();
    if (this.#count === 0 && lengthOf(octet) === 1) return this.#show(alone(octet));
    const lead = this.#count === 0 ? octet : this.#held[0]!;
    if (this.#count + 1 < lengthOf(lead)) {
      this.#held[this.#count++] = octet;
      return;
    }
    if (lead === 0xc2 && octet <= 0x9f) this.#show(QUESTION_MARK);
    else {
      for (let at = 0; at < this.#count; at++) this.#show(this.#held[at]!);
      this.#show(octet);
    }
    this.#count = 0;
  }

  /** It was no character: each octet stands for itself. */
  #release(): void {
    for (let at = 0; at < this.#count; at++) this.#show(alone(this.#held[at]!));
    this.#count = 0;
  }

  #show(octet: number): void {
    this.#text[this.#length++] = octet;
  }
}

/** Octets of the character that begins so; 1 for what begins none. */
function lengthOf(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1;
}

/** Neither longer than needed, nor a surrogate, nor beyond U+10FFFF (RFC 3629 §4). */
function continues(held: Uint8Array, count: number, octet: number): boolean {
  if (octet < 0x80 || octet > 0xbf) return false;
  if (count > 1) return true;
  switch (held[0]) {
    case 0xe0:
      return octet >= 0xa0;
    case 0xed:
      return octet <= 0x9f;
    case 0xf0:
      return octet >= 0x90;
    case 0xf4:
      return octet <= 0x8f;
    default:
      return true;
  }
}

function alone(octet: number): number {
  if (octet < 0x20) return octet === TAB || octet === LF || octet === CR ? octet : QUESTION_MARK;
  return octet >= DEL && octet <= 0x9f ? QUESTION_MARK : octet;
}
