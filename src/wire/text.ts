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
  #held: number[] = [];

  /** @returns what may be shown of it, and of what was held before */
  filter(chunk: Uint8Array): Uint8Array {
    const text: number[] = [];
    for (const octet of chunk) this.#take(octet, text);
    return Uint8Array.from(text);
  }

  /** @returns what is still held, when nothing more comes */
  rest(): Uint8Array {
    const text: number[] = [];
    this.#release(text);
    return Uint8Array.from(text);
  }

  #take(octet: number, text: number[]): void {
    const [lead] = this.#held;
    if (lead !== undefined) {
      if (!continues(this.#held, octet)) {
        this.#release(text);
        return this.#take(octet, text);
      }
      this.#held.push(octet);
      if (this.#held.length < lengthOf(lead)) return;
      text.push(...(isC1(this.#held) ? [QUESTION_MARK] : this.#held));
      this.#held = [];
    } else if (lengthOf(octet) > 1) this.#held.push(octet);
    else text.push(alone(octet));
  }

  /** It was no character: each octet stands for itself. */
  #release(text: number[]): void {
    for (const octet of this.#held) text.push(alone(octet));
    this.#held = [];
  }
}

/** Octets of the character that begins so; 1 for what begins none. */
function lengthOf(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1;
}

/** Neither longer than needed, nor a surrogate, nor beyond U+10FFFF (RFC 3629 §4). */
function continues([lead, ...others]: readonly number[], octet: number): boolean {
  if (octet < 0x80 || octet > 0xbf) return false;
  if (others.length > 0) return true;
  switch (lead) {
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

function isC1([lead, octet]: readonly number[]): boolean {
  return lead === 0xc2 && octet! <= 0x9f;
}

function alone(octet: number): number {
  if (octet < 0x20) return octet === TAB || octet === LF || octet === CR ? octet : QUESTION_MARK;
  return octet >= DEL && octet <= 0x9f ? QUESTION_MARK : octet;
}
