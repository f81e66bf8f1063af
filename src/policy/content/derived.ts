// Text that is not in the message as it stands (unfolded, decoded), written out as a message would carry it:
// CRLF and stuffed dots (RFC 5321 section 4.5.2), so that it is looked at like any other. Knows line ends;
// knows nothing of where the text comes from or what is looked for.

import { CR, DOT, LF, NUL } from "../../wire/octets.ts";
import { Blocks, type Look } from "./blocks.ts";

export class DerivedText {
  readonly #look: Look;
  #blocks: Blocks | null = null; // made for the first octet: most messages derive nothing
  #lineStart = true;
  #afterCr = false;

  constructor(look: Look) {
    this.#look = look;
  }

  /** One that has the same text that was not looked at yet. */
  clone(look: Look): DerivedText {
    const other = new DerivedText(look);
    other.#blocks = this.#blocks?.clone(look) ?? null;
    other.#lineStart = this.#lineStart;
    other.#afterCr = this.#afterCr;
    return other;
  }

  /** NUL is left out: what remains of UTF-16 is its ASCII. CR, LF and CRLF each end a line. */
  octet(octet: number): void {
    if (octet === NUL) return;
    const second = this.#afterCr && octet === LF;
    this.#afterCr = octet === CR;
    if (second) return;
    this.#blocks ??= new Blocks(this.#look);
    if (octet === CR || octet === LF) {
      this.#blocks.octet(CR);
      this.#blocks.octet(LF);
      this.#lineStart = true;
      return;
    }
    if (this.#lineStart && octet === DOT) this.#blocks.octet(DOT);
    this.#lineStart = false;
    this.#blocks.octet(octet);
  }

  /** A line of its own; one UTF-16 unit is one octet. */
  line(text: string): void {
    this.endLine();
    for (let at = 0; at < text.length; at++) this.octet(text.charCodeAt(at));
    this.endLine();
  }

  endLine(): void {
    if (!this.#lineStart) this.octet(LF);
    this.#afterCr = false;
  }

  /** Has what is complete looked at. */
  lines(): void {
    this.#blocks?.lines();
  }

  end(): void {
    this.endLine();
    this.#blocks?.end();
  }
}
