// What a reader shows of HTML: character references decoded, tags and comments gone, blanks as one; and the tags by
// themselves, with their references decoded. Knows as much of the syntax as hides text in it; no style sheet, no script,
// and so nothing of what is made invisible. One octet at a time, of a charset that has ASCII; UTF-8 where it decodes.

import { LF } from "../../wire/octets.ts";
import type { Emit } from "./charsets.ts";
import { emitCharacter } from "./unicode.ts";

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const LESS = 0x3c;
const GREATER = 0x3e;
const SPACE = 0x20;

/** Elements whose text begins on a line of its own; all others are within a line. */
const BLOCKS =
  /^<\/?(?:address|article|aside|blockquote|br|center|dd|div|dl|dt|fieldset|footer|form|h[1-6]|header|hr|li|main|nav|ol|option|p|pre|section|table|tbody|td|tfoot|th|thead|title|tr|ul)(?![A-Za-z0-9])/i;

/** The references by name that hide ASCII, or nothing. */
const NAMED: Readonly<Record<string, string>> = {
  ...{
    amp: "&",
    lt: "<",
    gt: ">",
    quot: '"',
    apos: "'",
    nbsp: " ",
    ensp: " ",
    emsp: " ",
    thinsp: " ",
    Tab: "\t",
  },
  ...{ shy: "", zwnj: "", zwj: "", ZeroWidthSpace: "", NoBreak: "", lrm: "", rlm: "", NewLine: "\n" },
  ...{ excl: "!", num: "#", dollar: "$", percnt: "%", lpar: "(", rpar: ")", ast: "*", plus: "+", comma: "," },
  ...{
    period: ".",
    sol: "/",
    colon: ":",
    semi: ";",
    equals: "=",
    quest: "?",
    commat: "@",
    lsqb: "[",
    rsqb: "]",
  },
  ...{
    bsol: "\\",
    Hat: "^",
    lowbar: "_",
    grave: "`",
    lcub: "{",
    rcub: "}",
    verbar: "|",
    hyphen: "-",
    dash: "-",
  },
};
/** Characters that do not show. */
const INVISIBLE = /[\xad\u200b-\u200f\u2060\ufeff]/;
const BLANK = /[\xa0\u2000-\u200a\u202f\u3000]/;
/** Octets of a reference, and of the head of a tag. */
const MAX_REFERENCE = 1000;
const MAX_HEAD = 16;

export class Html {
  readonly #text: Emit;
  readonly #tags: Emit;
  #state: "text" | "less" | "tag" | "comment" = "text";
  /** Of a reference that has begun, without "&"; null outside one. */
  #reference: string | null = null;
  /** The head of a tag. */
  #head = "";
  /** What ends a value in it that is in quotes; 0 outside one. */
  #quote = 0;
  #isAfterEquals = false;
  /** The last octets of a comment. */
  #last = "";
  #blank = true;

  /** @param text is given what shows @param tags is given the tags, each a line */
  constructor(text: Emit, tags: Emit) {
    this.#text = text;
    this.#tags = tags;
  }

  decode(octet: number): void {
    if (this.#reference !== null && this.#refers(octet)) return;
    switch (this.#state) {
      case "text":
        if (octet === LESS) this.#state = "less";
        else this.#character(octet);
        return;
      case "less":
        return this.#afterLess(octet);
      case "tag":
        return this.#inTag(octet);
      default:
        this.#state satisfies "comment";
        this.#last = (this.#last + String.fromCharCode(octet)).slice(-3);
        if (this.#last === "-->") this.#state = "text";
    }
  }

  /** Nothing more comes. */
  end(): void {
    this.#endReference("");
  }

  #afterLess(octet: number): void {
    if (/[A-Za-z/!?]/.test(String.fromCharCode(octet))) {
      this.#state = "tag";
      this.#head = "<";
      this.#quote = 0;
      this.#isAfterEquals = false;
      this.#tags(LESS);
      this.#inTag(octet);
      return;
    }
    this.#state = "text";
    this.#show(LESS);
    this.decode(octet);
  }

  #inTag(octet: number): void {
    if (this.#head.length < MAX_HEAD) this.#head += String.fromCharCode(octet);
    if (this.#head === "<!--") {
      this.#state = "comment";
      this.#last = "--"; // "<!-->" is a whole one
      this.#tags(LF);
    } else if (this.#quotes(octet)) {
      this.#character(octet);
    } else if (octet === GREATER) {
      this.#state = "text";
      this.#tags(GREATER);
      this.#tags(LF);
      if (BLOCKS.test(this.#head)) this.#break();
    } else this.#character(octet);
  }

  /** @returns whether it is of a value in quotes, in which nothing ends a tag */
  #quotes(octet: number): boolean {
    if (this.#quote === octet) this.#quote = 0;
    else if (this.#quote !== 0) return true;
    else if (this.#isAfterEquals && (octet === 0x22 || octet === 0x27)) this.#quote = octet;
    if (octet > SPACE) this.#isAfterEquals = octet === 0x3d;
    return this.#quote !== 0;
  }

  /** Of what is shown, or of a tag. */
  #character(octet: number): void {
    if (octet === AMPERSAND) this.#reference = "";
    else this.#emit(octet);
  }

  #emit(octet: number): void {
    if (this.#state === "tag") this.#tags(octet === LF ? SPACE : octet);
    else this.#show(octet);
  }

  #show(octet: number): void {
    const isBlank = octet === SPACE || (octet >= 0x09 && octet <= 0x0d);
    if (!isBlank || !this.#blank) this.#text(isBlank ? SPACE : octet);
    this.#blank = isBlank;
  }

  #break(): void {
    this.#text(LF);
    this.#blank = true;
  }

  /** @returns whether the octet is of the reference */
  #refers(octet: number): boolean {
    const letter = String.fromCharCode(octet);
    if (/[A-Za-z0-9#]/.test(letter) && this.#reference!.length < MAX_REFERENCE) {
      this.#reference += letter;
      return true;
    }
    this.#endReference(octet === SEMICOLON ? ";" : "");
    return octet === SEMICOLON;
  }

  /** @param end what it ends with, shown where it is none */
  #endReference(end: string): void {
    const reference = this.#reference;
    if (reference === null) return;
    this.#reference = null;
    const shown = meaningOf(reference, end) ?? `&${reference}${end}`;
    for (const character of shown) emitCharacter(character.codePointAt(0)!, (octet) => this.#emit(octet));
  }
}

/** What they mean without ";", too, whatever follows. */
const OLD = /^(?:amp|lt|gt|quot|nbsp|shy)/;

/** @returns null for what is no reference, or one that hides nothing */
function meaningOf(reference: string, end: string): string | null {
  const [, hexadecimal, decimal, rest] = /^#(?:[xX]([0-9A-Fa-f]+)|([0-9]+))(.*)$/.exec(reference) ?? [];
  if (rest !== undefined) {
    const point = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
    return characterOf(point) + (rest === "" ? "" : rest + end);
  }
  if (Object.hasOwn(NAMED, reference)) return NAMED[reference]!;
  const [old] = OLD.exec(reference) ?? [];
  return old === undefined ? null : NAMED[old] + reference.slice(old.length) + end;
}

function characterOf(point: number): string {
  if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return "\ufffd";
  const character = String.fromCodePoint(point);
  if (INVISIBLE.test(character)) return "";
  return BLANK.test(character) ? " " : character;
}
