// What the octets of a text say in the charset it declares, as UTF-8. Only of charsets in which the octets by themselves
// do not say it: those that hide ASCII (UTF-16, UTF-7, ISO 2022, HZ, EBCDIC), and those whose other letters are
// elsewhere than in ISO 8859-1 and UTF-8, which everything is looked at in anyway. Knows charsets by all the names that
// mail readers know them by; knows nothing of mail.

import { Ebcdic, isEbcdic } from "./ebcdic.ts";
import { Escaped } from "./escaped.ts";
import { Hz, Iso2022, Unshifted } from "./shifted.ts";
import { type Order, Utf7, WideUnits } from "./unicode.ts";

/** Where the octets of what is decoded go. */
export type Emit = (octet: number) => void;

export interface Charset {
  decode(octet: number): void;
  /** Nothing more comes. */
  end(): void;
  /** One that is where this one is, as far as that can be known. */
  clone(emit: Emit): Charset;
}

/** Makes each reading of a charset: two where it says nothing of the order of its octets. */
type Makers = readonly ((emit: Emit) => Charset)[];

const wide = (width: 2 | 4, order: Order): Makers => [(emit) => new WideUnits(emit, width, order, false)];
const unordered = (width: 2 | 4): Makers =>
  (["big", "little"] as const).map((order) => (emit: Emit) => new WideUnits(emit, width, order, true));

/** What readers know by other names than the Encoding Standard's, or not at all there. */
const OWN: readonly (readonly [names: RegExp, makers: Makers])[] = [
  [
    /^(?:x-)?(?:unicode-[12]-[01]-)?utf-?7$|^u7$|^csunicode11utf7$|^utf-7-imap$/,
    [(emit) => new Utf7(emit, false), (emit) => new Utf7(emit, true)],
  ],
  [/^(?:utf-?16|u16|ucs-?2|iso-10646-ucs-2|(?:cs)?unicode(?:-1-1)?|csucs2)$/, unordered(2)],
  [/^(?:utf-?16-?le|unicode-?little|ucs-?2-?le|unicodelittle)$/, wide(2, "little")],
  [/^(?:utf-?16-?be|unicode-?big|ucs-?2-?be|unicodefffe)$/, wide(2, "big")],
  [/^(?:utf-?32|u32|ucs-?4|iso-10646-ucs-4|iso-10646|csucs4|10646-1-1993(?:-ucs4)?)$/, unordered(4)],
  [/^(?:utf-?32-?le|ucs-?4-?le)$/, wide(4, "little")],
  [/^(?:utf-?32-?be|ucs-?4-?be)$/, wide(4, "big")],
  [
    /^(?:cs)?iso-?2022-?(?:jp|kr|cn|int)(?:-?(?:[0-9]|ext|ms))*$|^jis(?:-encoding)?$|^csjisencoding$|^cp5022[0-2]$/,
    [(emit) => new Iso2022(emit), (emit) => new Unshifted(emit)],
  ],
  [/^hz(?:-?gb)?(?:-?2312)?$|^hzgb$/, [(emit) => new Hz(emit)]],
  [/^(?:raw-)?unicode-escape$/, [(emit) => new Escaped(emit)]],
];

const EBCDIC: Makers = [(emit) => new Ebcdic(emit)];

/** No name is longer, once it is written in one way. */
const MAX_NAME = 40;
/** What is looked at anyway, and the names it nearly always has. */
const PLAIN = new Set(["utf-8", "windows-1252"]);
const USUAL = /^(?:utf-8|us-ascii|iso-8859-1|windows-1252)$/;
const NONE: Makers = [];

/**
 * @param label as it was declared
 * @returns none where the octets themselves say it, or nobody knows it
 */
export function charsetNamed(label: string): Makers {
  const name = label.toLowerCase();
  if (USUAL.test(name)) return NONE;
  // To Python what is neither letter nor digit only separates them; to the C library most of it is not there,
  // and two slashes end the name.
  const separated = name.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
  const stripped = name
    .replaceAll(/[^a-z0-9.,:/_-]/g, "")
    .replace(/\/\/.*$/, "")
    .replaceAll(/[_:/]/g, "-");
  return stripped === separated ? called(separated) : [...called(separated), ...called(stripped)];
}

/** All of a short text, decoded; one UTF-16 unit is one octet, before and after. */
export function decodedBy(make: Makers[number], octets: string): string {
  let text = "";
  const decoder = make((octet) => {
    text += String.fromCharCode(octet);
  });
  for (let at = 0; at < octets.length; at++) decoder.decode(octets.charCodeAt(at));
  decoder.end();
  return text;
}

/** A short text as its octets are, and in each reading of its charset, if it names one. */
export function textsOf({
  text,
  charset,
}: {
  readonly text: string;
  readonly charset: string | null;
}): string[] {
  const makers = charset === null ? NONE : charsetNamed(charset);
  return [text, ...makers.map((make) => decodedBy(make, text))];
}

function called(name: string): Makers {
  if (name.length > MAX_NAME) return NONE;
  const own = isEbcdic(name) ? EBCDIC : (OWN.find(([names]) => names.test(name))?.[1] ?? NONE);
  const encoding =
    encodingOf(name) ?? encodingOf(name.replace(/^(?:cp|win(?:dows)?-?)(?=125\d$)/, "windows-"));
  const isOurs = own.length > 0 && encoding !== "iso-2022-jp";
  if (isOurs || encoding === null || PLAIN.has(encoding)) return own;
  return [...own, (emit) => new Standard(encoding, emit)];
}

type Encoding = ConstructorParameters<typeof TextDecoder>[0];

function encodingOf(name: string): string | null {
  try {
    return new TextDecoder(name as Encoding).encoding;
  } catch {
    return null;
  }
}

/** Octets that are decoded at once. */
const CHUNK = 4096;
const encoder = new TextEncoder();

/** One of the Encoding Standard's. */
class Standard implements Charset {
  readonly #encoding: string;
  readonly #emit: Emit;
  readonly #decoder: TextDecoder;
  readonly #chunk = new Uint8Array(CHUNK);
  #length = 0;

  constructor(encoding: string, emit: Emit) {
    this.#encoding = encoding;
    this.#emit = emit;
    this.#decoder = new TextDecoder(encoding as Encoding, { ignoreBOM: true });
  }

  /** Half a character that has come is lost to it. */
  clone(emit: Emit): Charset {
    const other = new Standard(this.#encoding, emit);
    other.#chunk.set(this.#chunk);
    other.#length = this.#length;
    return other;
  }

  decode(octet: number): void {
    this.#chunk[this.#length++] = octet;
    if (this.#length === CHUNK) this.#flush(true);
  }

  end(): void {
    this.#flush(false);
  }

  #flush(stream: boolean): void {
    const text = this.#decoder.decode(this.#chunk.subarray(0, this.#length), { stream });
    this.#length = 0;
    for (const octet of encoder.encode(text)) this.#emit(octet);
  }
}
