// The MIME structure of a message as it passes (RFC 2045 to 2047), as one reader of it has it: finds its headers and its
// text parts, and writes out what a reader would see of them and the octets do not show: fields unfolded and decoded
// (fields.ts), texts decoded (leaf.ts). Where readers differ another structure begins that goes the other way; one
// that has chosen chooses the same again. Nothing is held but one field and the open boundaries. Knows nothing of
// rules. Broken structure is no error: what is not understood is looked at as it stands.

import { CR, DOT, LF, SP, TAB } from "../../wire/octets.ts";
import type { Look } from "./blocks.ts";
import { Boundaries, type Delimiter } from "./boundaries.ts";
import { Entity, type Form } from "./entity.ts";
import { Fields } from "./fields.ts";
import { Leaf } from "./leaf.ts";
import type { Readers } from "./readers.ts";

const DASH = 0x2d;

// A line may begin with a stuffing dot whatever follows: the server takes it away (RFC 5321 section 4.5.2).
const DASHES = /\.?--/y;
const LINE_OF_DASHES = /\n\.?--/g;

export class Structure {
  readonly #look: Look;
  readonly #readers: Readers;
  readonly #fields: Fields;
  #boundaries = new Boundaries();
  #entity = new Entity(false);
  #mode: "header" | "body" = "header";
  /** A part has begun, and nothing of it has been read. */
  #begun = false;
  /** Behind a header there is another one. */
  #onlyFields = false;
  #lineStart = true;
  #leaf: Leaf | null = null;
  #within: { end(): void } | null = null;
  /** A line that is no field ends a header, as for Python's email, or does not, as for Dovecot: once that is chosen. */
  #junkEnds: boolean | null = null;
  /** What begins like a delimiter is one, as for Dovecot, or is not, as for Python's email: once that is chosen. */
  #prefixCounts: boolean | null = null;
  /** The first of the octets at hand that it has not read. */
  position = 0;
  #word = -1;
  #isOver = false;

  constructor(look: Look, readers: Readers) {
    this.#look = look;
    this.#readers = readers;
    this.#fields = new Fields(look);
  }

  /** Another one comes to the same. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** There are other octets at hand. */
  look(from: number): void {
    this.position = from;
    this.#word = -1;
  }

  /** One header or body, or what there is of it. @param octets stuffed message text, as for `Readers` */
  read(octets: Uint8Array, text: string): void {
    const at = this.position;
    this.position = this.#mode === "header" ? this.#header(octets, text, at) : this.#body(octets, text, at);
  }

  /** What is complete is looked at. */
  lines(): void {
    this.#fields.lines();
    this.#leaf?.lines();
  }

  end(): void {
    if (this.#mode === "header") this.#endField("", 0, 0);
    this.#fields.end();
    this.#endLeaf();
  }

  /** What comes is of such a form; its header has been. */
  begin(form: Form): void {
    this.#enter(form);
  }

  /** @returns the first octet that is not of this header */
  #header(octets: Uint8Array, text: string, from: number): number {
    let start = from; // of the field
    let at = from;
    // A piece of a line may begin within what begins a word.
    if (this.#wordFrom(text, Math.max(0, from - 1)) < from) this.#fields.encoded = true;
    while (at < octets.length) {
      if (this.#lineStart) {
        const line = octets[at] === DOT ? at + 1 : at;
        const octet = octets[line];
        if (octet === SP || octet === TAB) this.#fields.folded = true;
        else {
          this.#endField(text, start, at);
          start = line;
          if (octet === LF || (octet === CR && octets[line + 1] === LF)) {
            const next = text.indexOf("\n", line) + 1;
            this.#begun = false;
            this.#endHeader(next);
            return next;
          }
          // A part's header may end without an empty line, with the part.
          const end = octet === DASH && octets[line + 1] === DASH ? text.indexOf("\n", line) : -1;
          if (end >= 0 && this.#delimited(text, line + 2, end)) return end + 1;
          if (!this.#onlyFields && !isField(text, line) && this.#endsAtJunk(at)) return at;
        }
        at = line;
        this.#begun = false;
      }
      const end = text.indexOf("\n", at) + 1;
      const next = end === 0 ? octets.length : end;
      if (this.#wordFrom(text, at) < next) this.#fields.encoded = true;
      this.#lineStart = end > 0;
      at = next;
    }
    if (!this.#fields.hold(text.slice(start, at), this.#entity)) this.#readers.giveUp("mime-ambiguity");
    return at;
  }

  /** Where the next encoded-word may begin; further than all where none does. */
  #wordFrom(text: string, at: number): number {
    if (this.#word < at) {
      const found = text.indexOf("=?", at);
      this.#word = found < 0 ? Number.POSITIVE_INFINITY : found;
    }
    return this.#word;
  }

  #endField(text: string, from: number, to: number): void {
    if (!this.#fields.endField(text, from, to, this.#entity)) this.#readers.giveUp("mime-ambiguity");
  }

  /** @returns whether the header ends before the line at `at`, which is no field */
  #endsAtJunk(at: number): boolean {
    if (this.#junkEnds === null) {
      const other = this.#clone(at);
      other.#junkEnds = true;
      other.#lineStart = true;
      other.#endHeader(at);
      this.#readers.join(other);
      this.#junkEnds = false;
    }
    if (!this.#junkEnds) return false;
    this.#endHeader(at);
    return true;
  }

  /** @param next where the body begins */
  #endHeader(next: number): void {
    const entity = this.#entity;
    if (this.#onlyFields) {
      this.#entity = new Entity(false);
      this.#lineStart = true;
      return;
    }
    if (entity.tooMuch) return this.#readers.giveUp("mime-ambiguity"); // there may be no form at all
    const [form, ...others] = entity.forms;
    for (const other of others) {
      const structure = this.#clone(next);
      structure.#enter(other);
      this.#readers.join(structure);
    }
    this.#enter(form!);
  }

  #enter(form: Form): void {
    const entity = this.#entity;
    this.#mode = "body";
    this.#lineStart = true;
    switch (form.is) {
      case "message":
        this.#entity = new Entity(false);
        this.#mode = "header";
        return;
      case "fields":
        this.#entity = new Entity(false);
        this.#mode = "header";
        this.#onlyFields = true;
        return;
      case "multipart":
        if (!this.#boundaries.open(form)) this.#readers.giveUp("mime-nesting");
        return;
      default:
        form.is satisfies "leaf";
        if (entity.text) this.#beginLeaf(entity);
    }
  }

  #beginLeaf(entity: Entity): void {
    const { encodings, charsets, isHtml, forms } = entity;
    // RFC 2046 section 5.2.1 forbids it, and it is done.
    const held = encodings.length === 0 ? [] : forms.filter(({ is }) => is !== "leaf");
    const readers = held.flatMap((form) => this.#readers.for(form) ?? []);
    const within: Look | null =
      readers.length === 0
        ? null
        : (octets, seen) => {
            for (const { look } of readers) look(octets, seen);
          };
    this.#within = {
      end() {
        for (const reader of readers) reader.end();
      },
    };
    this.#leaf = new Leaf(this.#look, within, { encodings, charsets, isHtml });
  }

  #endLeaf(): void {
    this.#leaf?.end();
    this.#within?.end();
    this.#leaf = null;
    this.#within = null;
  }

  /** @returns the first octet that is not of this body */
  #body(octets: Uint8Array, text: string, from: number): number {
    if (!this.#boundaries.none) {
      let dashes = this.#lineStart ? after(DASHES, text, from) : 0;
      if (dashes === 0) dashes = after(LINE_OF_DASHES, text, from);
      while (dashes > 0) {
        const end = text.indexOf("\n", dashes);
        if (end < 0) break;
        const leaf = this.#leaf;
        const within = this.#within;
        if (this.#delimited(text, dashes, end)) {
          leaf?.decode(octets, text, from, dashes - 2);
          leaf?.end();
          within?.end();
          return end + 1;
        }
        dashes = after(LINE_OF_DASHES, text, end);
      }
    }
    this.#leaf?.decode(octets, text, from, octets.length);
    this.#lineStart = octets[octets.length - 1] === LF;
    return octets.length;
  }

  /** Whether the line is a delimiter; if so, what it begins has begun. */
  #delimited(text: string, from: number, to: number): boolean {
    let delimiter = this.#boundaries.delimiter(text, from, to);
    const level =
      delimiter === null && this.#prefixCounts !== false ? this.#boundaries.levelOf(text, from) : -1;
    if (level >= 0 && this.#prefixCounts === null) {
      const other = this.#clone(to + 1);
      other.#prefixCounts = true;
      other.#beginPart(other.#boundaries.beginning(level, text, from), to + 1);
      this.#readers.join(other);
      this.#prefixCounts = false;
    } else if (level >= 0) delimiter = this.#boundaries.beginning(level, text, from);
    if (delimiter !== null) this.#beginPart(delimiter, to + 1);
    return delimiter !== null;
  }

  #beginPart({ opens: isFirst, digest }: Delimiter, at: number): void {
    // Delimiters one after the other are one, for Python's email, whatever the others are.
    const opens = isFirst || this.#begun;
    this.#begun = opens;
    this.#entity = new Entity(digest);
    this.#mode = opens ? "header" : "body";
    this.#lineStart = true;
    this.#onlyFields = false;
    this.#leaf = null;
    this.#within = null;
    if (this.#readers.isOne) return;
    const choices = [opens, digest, this.#junkEnds, this.#prefixCounts];
    this.#isOver = !this.#readers.begins(at, this.#boundaries.innermost!, choices);
  }

  /** One that is where this one is, and reads on at `at`; what it is within of, if anything, is this one's. */
  #clone(at: number): Structure {
    const other = new Structure(this.#look, this.#readers);
    other.#boundaries = this.#boundaries.clone();
    other.#entity = this.#entity.clone();
    other.#mode = this.#mode;
    other.#onlyFields = this.#onlyFields;
    other.#junkEnds = this.#junkEnds;
    other.#prefixCounts = this.#prefixCounts;
    other.position = at;
    other.#word = this.#word;
    return other;
  }
}

/** Whether a line begins as a field does (RFC 5322 section 2.2), or as an mbox has it. */
function isField(text: string, from: number): boolean {
  for (let at = from; at < text.length; at++) {
    const octet = text.charCodeAt(at);
    if (octet === 0x3a) return true;
    if (octet <= 0x20 || octet >= 0x7f) return text.startsWith("From ", from);
  }
  return true; // there is no more of it yet
}

/** The index after the first match at or after `at`; 0 when there is none. */
function after(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : 0;
}
