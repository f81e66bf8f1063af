// uuencode as it comes (POSIX uuencode), lines to octets: from "begin", a mode and perhaps a name, to "end"; also its
// begin-base64. It stands in a text, or is all of it. Forgiving, because mail readers are: blanks at the end of a line
// may have been cut. Knows nothing of mail.

import { CR, LF } from "../../wire/octets.ts";
import { Base64 } from "./base64.ts";

/** How a line begins that begins it: "begin", and a mode, which is what Python takes for an octal number. */
const BEGIN = /^begin(-base64)?\s+[+-]?(?:0?[oO]_?)?[0-7]+(?:_[0-7]+)*(?:\s|$)/;
const WORD = "begin";
/** No line of it is longer; what is beyond is no part of one. */
const MAX_LINE = 128;

export class Uuencode {
  readonly #octet: (octet: number) => void;
  #line = "";
  /** The line begins nothing. */
  #isOther = false;
  /** What the lines are: nothing yet, uuencode or base64. */
  #state: "outside" | "uu" | "base64" = "outside";
  #base64: Base64 | null = null;

  constructor(octet: (octet: number) => void) {
    this.#octet = octet;
  }

  /** Whether the text is looked through for a beginning. */
  get isOutside(): boolean {
    return this.#state === "outside";
  }

  /** Of the text, without stuffing dots. */
  decode(octet: number): void {
    if (octet === LF || octet === CR) this.end();
    else if (!this.#isOther && this.#line.length < MAX_LINE) this.#letter(octet);
  }

  /** The line is over. */
  end(): void {
    const line = this.#line;
    this.#line = "";
    this.#isOther = false;
    if (line === "") return;
    const begin = BEGIN.exec(line);
    if (begin !== null) {
      this.#state = begin[1] === undefined ? "uu" : "base64";
      this.#base64 = new Base64(this.#octet);
    } else if (this.#state === "uu") this.#uuLine(line);
    else if (this.#state === "base64") this.#base64Line(line);
  }

  #letter(octet: number): void {
    const at = this.#line.length;
    if (this.#state === "outside" && at < WORD.length && octet !== WORD.charCodeAt(at)) this.#isOther = true;
    else this.#line += String.fromCharCode(octet);
  }

  #uuLine(line: string): void {
    if (line.trimEnd() === "end") {
      this.#state = "outside";
      return;
    }
    let left = sextet(line, 0);
    for (let at = 1; left > 0; at += 4) {
      const group =
        (sextet(line, at) << 18) |
        (sextet(line, at + 1) << 12) |
        (sextet(line, at + 2) << 6) |
        sextet(line, at + 3);
      for (let shift = 16; shift >= 0 && left > 0; shift -= 8, left--) this.#octet((group >> shift) & 0xff);
    }
  }

  #base64Line(line: string): void {
    if (line.startsWith("====")) this.#state = "outside";
    else for (let at = 0; at < line.length; at++) this.#base64!.decode(line.charCodeAt(at));
  }
}

function sextet(line: string, at: number): number {
  return at < line.length ? (line.charCodeAt(at) - 0x20) & 0x3f : 0;
}
