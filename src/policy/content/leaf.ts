// The text of one part, in every form a reader may make of it: its transfer encoding undone, the charsets it declares
// decoded, files that stand in it as uuencode. Knows octets as they are in the message, stuffed; knows no header, no
// rule, and not what a text is good for.

import { DOT, LF } from "../../wire/octets.ts";
import { Base64 } from "./base64.ts";
import type { Look } from "./blocks.ts";
import { type Charset, charsetNamed } from "./charsets.ts";
import { DerivedText } from "./derived.ts";
import type { Encoding } from "./entity.ts";
import { Html } from "./html.ts";
import { QuotedPrintable } from "./quoted-printable.ts";
import { Uuencode } from "./uuencode.ts";

/** What of a text is decoded. */
export interface Writing {
  readonly encodings: readonly Encoding[];
  readonly charsets: readonly string[];
  readonly isHtml: boolean;
}

interface Transfer {
  decode(octet: number): void;
}

/** One way of undoing the transfer encoding. */
interface Decoding {
  readonly transfer: Transfer;
  readonly text: Text;
  /** Where in the octets at hand it begins, if not with them. */
  from: number | null;
}

/** How a line begins that may begin a file. */
const BEGIN = "begin";

export class Leaf {
  readonly #look: Look;
  readonly #writing: Writing;
  readonly #decodings: Decoding[] = [];
  /** Of the text as it stands, while one is in it. */
  #files: Files | null = null;

  /**
   * @param look is given what is written out, as stuffed message text
   * @param within is given what an encoding holds, likewise: where it may be a message
   */
  constructor(look: Look, within: Look | null, writing: Writing) {
    const { encodings, isHtml } = writing;
    const html = isHtml ? look : null;
    this.#look = look;
    this.#writing = writing;
    const both: Look = (octets, seen) => {
      look(octets, seen);
      within?.(octets, seen);
    };
    for (const encoding of encodings) {
      const text = new Text(
        new Shown(new DerivedText(both), html),
        charsetsFor(look, writing),
        new Files(look, writing),
      );
      const octet = (octet: number) => text.octet(octet);
      const transfer = encoding === "base64" ? this.#base64(text) : new QuotedPrintable(octet);
      this.#add(transfer, text);
    }
    // What is not what it says is shown as it is.
    const charsets = charsetsFor(look, writing);
    if (charsets.length === 0 && !isHtml) return;
    const text = new Text(new Shown(null, html), charsets, null);
    this.#add(new Unstuffed((octet) => text.octet(octet)), text);
  }

  /** @param octets stuffed message text @param text the same; one UTF-16 unit is one octet */
  decode(octets: Uint8Array, text: string, from: number, to: number): void {
    let count = this.#decodings.length;
    // Whoever finds that its octets can be read in another way, too, adds that one, for what comes next.
    for (let which = 0; which < this.#decodings.length; which++) {
      const decoding = this.#decodings[which]!;
      const { transfer } = decoding;
      for (let at = decoding.from ?? from; at < to; at++) {
        transfer.decode(octets[at]!);
        if (this.#decodings.length === count) continue;
        this.#decodings[count]!.from = at;
        count = this.#decodings.length;
      }
      decoding.from = null;
    }
    this.#findFiles(octets, text, from, to);
  }

  /** What is complete is looked at. */
  lines(): void {
    for (const { text } of this.#decodings) text.lines();
    this.#files?.lines();
  }

  end(): void {
    for (const { text } of this.#decodings) text.end();
    this.#files?.end();
  }

  #add(transfer: Transfer, text: Text): void {
    this.#decodings.push({ transfer, text, from: null });
  }

  #base64(text: Text): Base64 {
    let isForked = false;
    const base64: Base64 = new Base64(
      (octet) => text.octet(octet),
      () => {
        if (isForked) return;
        isForked = true;
        const other = text.clone(this.#look, new Files(this.#look, this.#writing));
        this.#add(
          base64.clone((octet) => other.octet(octet)),
          other,
        );
      },
    );
    return base64;
  }

  #findFiles(octets: Uint8Array, text: string, from: number, to: number): void {
    let at = from;
    if (this.#files === null) {
      at = beginning(text, from, to);
      if (at < 0) return;
      this.#files = new Files(this.#look, this.#writing);
    }
    for (; at < to; at++) this.#files.stuffed.decode(octets[at]!);
    if (!this.#files.isOutside) return;
    this.#files.end();
    this.#files = null;
  }
}

/** Where the first line begins that may begin a file, or -1. */
function beginning(text: string, from: number, to: number): number {
  for (let at = text.indexOf(BEGIN, from); at >= 0 && at < to; at = text.indexOf(BEGIN, at + 1)) {
    const start = at > 0 && text.charCodeAt(at - 1) === DOT ? at - 1 : at;
    if (start === 0 || text.charCodeAt(start - 1) === LF) return start;
  }
  return -1;
}

/** What uuencode holds in a text, in the charsets that this declares: to Python's email it is a transfer encoding. */
class Files {
  readonly #look: Look;
  readonly #writing: Writing;
  readonly #uuencode = new Uuencode((octet) => this.#octet(octet));
  /** For a text that is not otherwise encoded. */
  readonly stuffed: Transfer = new Unstuffed((octet) => this.#uuencode.decode(octet));
  #text: Text | null = null; // made for the first octet: most texts hold none

  constructor(look: Look, writing: Writing) {
    this.#look = look;
    this.#writing = writing;
  }

  get isOutside(): boolean {
    return this.#uuencode.isOutside;
  }

  decode(octet: number): void {
    this.#uuencode.decode(octet);
  }

  lines(): void {
    this.#text?.lines();
  }

  end(): void {
    this.#uuencode.end();
    this.#text?.end();
  }

  #octet(octet: number): void {
    this.#text ??= this.#begun();
    this.#text.octet(octet);
  }

  #begun(): Text {
    const shown = new Shown(new DerivedText(this.#look), this.#writing.isHtml ? this.#look : null);
    return new Text(shown, charsetsFor(this.#look, this.#writing), null);
  }
}

/** The text as it was before it was stuffed. */
class Unstuffed implements Transfer {
  readonly #octet: (octet: number) => void;
  #lineStart = true;

  constructor(octet: (octet: number) => void) {
    this.#octet = octet;
  }

  decode(octet: number): void {
    const isStuffing = this.#lineStart && octet === DOT;
    this.#lineStart = octet === LF;
    if (!isStuffing) this.#octet(octet);
  }
}

/** A text without its transfer encoding: as its octets are, in its charsets, and what is in it as uuencode. */
class Text {
  readonly #plain: Shown;
  readonly #files: Files | null;
  readonly #charsets: readonly (readonly [Charset, Shown])[];

  constructor(plain: Shown, charsets: readonly (readonly [Charset, Shown])[], files: Files | null) {
    this.#plain = plain;
    this.#charsets = charsets;
    this.#files = files;
  }

  /** One that has been told the same; what is written out of it from here on is for this look alone. */
  clone(look: Look, files: Files): Text {
    const charsets = this.#charsets.map(([charset, shown]) => {
      const own = shown.clone(look);
      return [charset.clone((octet) => own.octet(octet)), own] as const;
    });
    return new Text(this.#plain.clone(look), charsets, files);
  }

  octet(octet: number): void {
    this.#plain.octet(octet);
    this.#files?.decode(octet);
    for (const [charset] of this.#charsets) charset.decode(octet);
  }

  lines(): void {
    this.#plain.lines();
    this.#files?.lines();
    for (const [, shown] of this.#charsets) shown.lines();
  }

  end(): void {
    this.#plain.end();
    this.#files?.end();
    for (const [charset, shown] of this.#charsets) {
      charset.end();
      shown.end();
    }
  }
}

/** A text in one of its charsets, and where it is HTML what that shows. */
class Shown {
  /** Null where it is in the message as it stands. */
  readonly #text: DerivedText | null;
  readonly #html: readonly [Html, DerivedText, DerivedText] | null;

  constructor(text: DerivedText | null, html: Look | null) {
    this.#text = text;
    this.#html = html === null ? null : htmlFor(html);
  }

  /** Of one that was decoded. */
  clone(look: Look): Shown {
    return new Shown(this.#text!.clone(look), this.#html === null ? null : look);
  }

  octet(octet: number): void {
    this.#text?.octet(octet);
    this.#html?.[0].decode(octet);
  }

  lines(): void {
    this.#text?.lines();
    this.#html?.[1].lines();
    this.#html?.[2].lines();
  }

  end(): void {
    this.#text?.end();
    this.#html?.[0].end();
    this.#html?.[1].end();
    this.#html?.[2].end();
  }
}

function charsetsFor(look: Look, { charsets, isHtml }: Writing): readonly (readonly [Charset, Shown])[] {
  return charsets.flatMap(charsetNamed).map((make) => {
    const shown = new Shown(new DerivedText(look), isHtml ? look : null);
    return [make((octet) => shown.octet(octet)), shown] as const;
  });
}

function htmlFor(look: Look): readonly [Html, DerivedText, DerivedText] {
  const text = new DerivedText(look);
  const tags = new DerivedText(look);
  const html = new Html(
    (octet) => text.octet(octet),
    (octet) => tags.octet(octet),
  );
  return [html, text, tags];
}
