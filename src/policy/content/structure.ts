// The MIME structure of a message as it passes (RFC 2045 to 2047): finds its headers and its text parts, and
// writes out what a reader would see of them and the octets do not show: fields unfolded, encoded-words,
// base64 and quoted-printable decoded. Nothing is held but one field and the open boundaries. Knows nothing
// of rules. Broken structure is no error: what is not understood is looked at as it stands.

import { CR, DOT, LF, SP, TAB } from "../../wire/octets.ts";
import { Base64 } from "./base64.ts";
import { type Look, OVERLAP } from "./blocks.ts";
import { Boundaries, type Delimiter } from "./boundaries.ts";
import { DerivedText } from "./derived.ts";
import { decodeWords } from "./encoded-words.ts";
import { Entity } from "./entity.ts";
import { QuotedPrintable } from "./quoted-printable.ts";

/** Octets of a field held at once; a longer one is looked at in pieces, each with the field's name. */
export const FIELD = 65536;

const DASH = 0x2d;
const EQUALS = 0x3d;
const QUESTION = 0x3f;

// A line may begin with a stuffing dot whatever follows: the server takes it away (RFC 5321 section 4.5.2).
const FOLD = /\r\n\.?/g;
const DASHES = /\.?--/y;
const LINE_OF_DASHES = /\n\.?--/g;

export class Structure {
  readonly #fields: DerivedText;
  // Two, because a part may claim both encodings, and neither text may end up in the middle of the other.
  readonly #base64Text: DerivedText;
  readonly #quotedText: DerivedText;
  readonly #boundaries = new Boundaries();
  #entity = new Entity(false);
  #mode: "header" | "body" = "header";
  #lineStart = true;
  /** What is held of a field that has begun, and what was seen in it. */
  #field = "";
  #folded = false;
  #encoded = false;
  #base64: Base64 | null = null;
  #quoted: QuotedPrintable | null = null;
  #tooDeep = false;

  /** @param look is given what is written out, as stuffed message text */
  constructor(look: Look) {
    this.#fields = new DerivedText(look);
    this.#base64Text = new DerivedText(look);
    this.#quotedText = new DerivedText(look);
  }

  /** There are more multiparts within each other than are followed. */
  get tooDeep(): boolean {
    return this.#tooDeep;
  }

  /**
   * @param octets stuffed message text: whole lines, or a piece of a line too long for that
   * @param text the same; one UTF-16 unit is one octet
   * @param from where what has not been read before begins
   */
  read(octets: Uint8Array, text: string, from: number): void {
    let at = from;
    while (at < octets.length)
      at = this.#mode === "header" ? this.#header(octets, text, at) : this.#body(octets, text, at);
    this.#fields.lines();
    this.#base64Text.lines();
    this.#quotedText.lines();
  }

  end(): void {
    this.#endField("", 0, 0);
    this.#fields.end();
    this.#base64Text.end();
    this.#quotedText.end();
  }

  /** @returns the first octet that is not of this header */
  #header(octets: Uint8Array, text: string, from: number): number {
    let start = from; // of the field
    let at = from;
    while (at < octets.length) {
      if (this.#lineStart) {
        const line = octets[at] === DOT ? at + 1 : at;
        const octet = octets[line];
        if (octet === SP || octet === TAB) this.#folded = true;
        else {
          this.#endField(text, start, at);
          start = line;
          if (octet === LF || (octet === CR && octets[line + 1] === LF)) {
            this.#endHeader();
            return text.indexOf("\n", line) + 1;
          }
          // A part's header may end without an empty line, with the part.
          const end = octet === DASH && octets[line + 1] === DASH ? text.indexOf("\n", line) : -1;
          if (end >= 0 && this.#delimited(text, line + 2, end)) return end + 1;
        }
        at = line;
      }
      this.#lineStart = false;
      while (at < octets.length && !this.#lineStart) {
        const octet = octets[at]!;
        if (octet === LF) this.#lineStart = true;
        else if (octet === QUESTION && octets[at - 1] === EQUALS) this.#encoded = true;
        at++;
      }
    }
    this.#field += text.slice(start, at);
    if (this.#field.length >= FIELD) this.#pieceOfField();
    return at;
  }

  #endField(text: string, from: number, to: number): void {
    // Most fields are of no interest beyond their one line.
    const content = this.#field === "" ? (text.charCodeAt(from) | 0x20) === 0x63 : true; // "c"
    if (content || this.#folded || this.#encoded) this.#emitField(this.#field + text.slice(from, to));
    this.#field = "";
    this.#folded = false;
    this.#encoded = false;
  }

  /** The field goes on beyond what may be held. */
  #pieceOfField(): void {
    const field = this.#field;
    this.#folded = true; // lest the field's name be seen with the first piece only
    this.#emitField(field);
    const name = /^[^:\r]{1,998}:/.exec(field)?.[0] ?? "";
    this.#field = `${name} ${field.slice(-OVERLAP).replace(/^\n/, "")}`; // no half of a line end
  }

  #emitField(text: string): void {
    const field = text.replace(/\r\n$/, "").replace(FOLD, "");
    if (this.#folded) this.#fields.line(field);
    const decoded = this.#encoded ? decodeWords(field) : null;
    if (decoded !== null) this.#fields.line(decoded);
    this.#entity.field(field);
  }

  #endHeader(): void {
    const entity = this.#entity;
    for (const boundary of entity.boundaries)
      if (!this.#boundaries.open(boundary, entity.digest)) this.#tooDeep = true;
    if (entity.message) {
      this.#entity = new Entity(false);
      return;
    }
    this.#mode = "body";
    const { text } = entity;
    this.#base64 = text && entity.base64 ? new Base64((octet) => this.#base64Text.octet(octet)) : null;
    this.#quoted =
      text && entity.quotedPrintable ? new QuotedPrintable((octet) => this.#quotedText.octet(octet)) : null;
  }

  /** @returns the first octet that is not of this body */
  #body(octets: Uint8Array, text: string, from: number): number {
    if (!this.#boundaries.none) {
      let dashes = this.#lineStart ? after(DASHES, text, from) : 0;
      if (dashes === 0) dashes = after(LINE_OF_DASHES, text, from);
      while (dashes > 0) {
        const end = text.indexOf("\n", dashes);
        if (end < 0) break;
        if (this.#delimited(text, dashes, end)) {
          this.#decode(octets, from, dashes - 2);
          this.#base64Text.endLine();
          this.#quotedText.endLine();
          this.#base64 = null;
          this.#quoted = null;
          return end + 1;
        }
        dashes = after(LINE_OF_DASHES, text, end);
      }
    }
    this.#decode(octets, from, octets.length);
    this.#lineStart = octets[octets.length - 1] === LF;
    return octets.length;
  }

  #decode(octets: Uint8Array, from: number, to: number): void {
    const base64 = this.#base64;
    if (base64 !== null) for (let at = from; at < to; at++) base64.decode(octets[at]!);
    const quoted = this.#quoted;
    if (quoted !== null) for (let at = from; at < to; at++) quoted.decode(octets[at]!);
  }

  /** Whether the line is a delimiter; if so, what it begins has begun. */
  #delimited(text: string, from: number, to: number): boolean {
    const delimiter: Delimiter | null = this.#boundaries.delimiter(text, from, to);
    if (delimiter === null) return false;
    this.#entity = new Entity(delimiter.digest);
    this.#mode = delimiter.opens ? "header" : "body";
    this.#lineStart = true;
    return true;
  }
}

/** The index after the first match at or after `at`; 0 when there is none. */
function after(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : 0;
}
