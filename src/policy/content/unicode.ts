// Forms of Unicode that are not octet by octet ASCII, made UTF-8: UTF-7 (RFC 2152), UTF-16 and UTF-32 with or without
// a mark of their order (RFC 2781). Forgiving: what is no character is U+FFFD. Knows nothing of mail.

import type { Charset, Emit } from "./charsets.ts";

const REPLACEMENT = 0xfffd;

/** Writes code points as UTF-8. */
export function emitCharacter(point: number, emit: Emit): void {
  if (point < 0x80) return emit(point);
  if (point < 0x800) emit(0xc0 | (point >> 6));
  else {
    if (point < 0x10000) emit(0xe0 | (point >> 12));
    else {
      emit(0xf0 | (point >> 18));
      emit(0x80 | ((point >> 12) & 0x3f));
    }
    emit(0x80 | ((point >> 6) & 0x3f));
  }
  emit(0x80 | (point & 0x3f));
}

/** UTF-16 units, two of which may be one character. */
class Units {
  readonly #emit: Emit;
  #high: number;

  constructor(emit: Emit, high: number) {
    this.#emit = emit;
    this.#high = high;
  }

  get high(): number {
    return this.#high;
  }

  /** What comes is no unit: half a character is none. */
  end(): void {
    if (this.#high !== 0) emitCharacter(REPLACEMENT, this.#emit);
    this.#high = 0;
  }

  unit(unit: number): void {
    const high = this.#high;
    this.#high = 0;
    const isLow = unit >= 0xdc00 && unit < 0xe000;
    if (high !== 0 && isLow)
      return emitCharacter(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00), this.#emit);
    if (high !== 0) emitCharacter(REPLACEMENT, this.#emit);
    if (unit >= 0xd800 && unit < 0xdc00) this.#high = unit;
    else emitCharacter(isLow ? REPLACEMENT : unit, this.#emit);
  }
}

export type Order = "big" | "little";

/** UTF-16 or UTF-32. */
export class WideUnits implements Charset {
  readonly #emit: Emit;
  readonly #width: 2 | 4;
  #order: Order;
  /** A mark of the order may come, which counts more than what was said of it. */
  #mayBeMarked: boolean;
  readonly #units: Units;
  #octets: number[] = [];

  constructor(emit: Emit, width: 2 | 4, order: Order, mayBeMarked: boolean, high = 0) {
    this.#emit = emit;
    this.#width = width;
    this.#order = order;
    this.#mayBeMarked = mayBeMarked;
    this.#units = new Units(emit, high);
  }

  clone(emit: Emit): Charset {
    const other = new WideUnits(emit, this.#width, this.#order, this.#mayBeMarked, this.#units.high);
    other.#octets = [...this.#octets];
    return other;
  }

  decode(octet: number): void {
    this.#octets.push(octet);
    if (this.#octets.length < this.#width) return;
    const octets = this.#octets;
    this.#octets = [];
    const mark = this.#mayBeMarked ? ORDERS.find((order) => inOrder(octets, order) === MARK) : undefined;
    this.#mayBeMarked = false;
    if (mark !== undefined) this.#order = mark;
    else this.#unit(inOrder(octets, this.#order));
  }

  end(): void {
    this.#units.end();
    this.#octets = [];
  }

  #unit(value: number): void {
    if (this.#width === 2) return this.#units.unit(value);
    const isNone = value > 0x10ffff || (value >= 0xd800 && value < 0xe000);
    emitCharacter(isNone ? REPLACEMENT : value, this.#emit);
  }
}

const ORDERS = ["big", "little"] as const;
const MARK = 0xfeff;

function inOrder(octets: readonly number[], order: "big" | "little"): number {
  const first = order === "big" ? octets : [...octets].reverse();
  return first.reduce((value, octet) => value * 256 + octet, 0);
}

const PLUS = 0x2b;
const MINUS = 0x2d;

/** RFC 2152. */
export class Utf7 implements Charset {
  readonly #emit: Emit;
  readonly #isFirm: boolean;
  readonly #units: Units;
  #state: "text" | "begun" | "base64" = "text";
  #bits = 0;
  #count = 0;

  /** @param isFirm what cannot end base64, as half a character has come, does not end it, as for the C library */
  constructor(emit: Emit, isFirm: boolean, high = 0) {
    this.#emit = emit;
    this.#isFirm = isFirm;
    this.#units = new Units(emit, high);
  }

  clone(emit: Emit): Charset {
    const other = new Utf7(emit, this.#isFirm, this.#units.high);
    other.#state = this.#state;
    other.#bits = this.#bits;
    other.#count = this.#count;
    return other;
  }

  decode(octet: number): void {
    if (this.#state === "text") {
      if (octet === PLUS) this.#state = "begun";
      else emitCharacter(octet, this.#emit);
      return;
    }
    const value = sextet(octet);
    if (value < 0) {
      if (!this.#isFirm || !this.#isWithin) this.#leave(octet);
      return;
    }
    this.#state = "base64";
    this.#bits = ((this.#bits << 6) | value) & 0x3fffff;
    this.#count += 6;
    if (this.#count < 16) return;
    this.#count -= 16;
    this.#units.unit((this.#bits >> this.#count) & 0xffff);
  }

  end(): void {
    this.#units.end();
    this.#state = "text";
    this.#count = 0;
  }

  /** Half a character has come. */
  get #isWithin(): boolean {
    return this.#count >= 6 || (this.#bits & ((1 << this.#count) - 1)) !== 0;
  }

  #leave(octet: number): void {
    const isPlus = this.#state === "begun" && octet === MINUS;
    this.end();
    if (isPlus) this.#emit(PLUS);
    else if (octet !== MINUS) this.decode(octet);
  }
}

/** A letter of base64, or -1. */
function sextet(octet: number): number {
  if (octet >= 0x41 && octet <= 0x5a) return octet - 0x41;
  if (octet >= 0x61 && octet <= 0x7a) return octet - 0x61 + 26;
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30 + 52;
  if (octet === PLUS) return 62;
  return octet === 0x2f ? 63 : -1;
}
