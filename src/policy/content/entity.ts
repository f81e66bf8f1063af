// What the header of a message or part says of its body (RFC 2045 sections 5 and 6, RFC 2046). Where fields
// contradict each other every reading is kept, because mail readers differ in which they believe. Knows
// fields as text; knows nothing of lines or of what is done with a body.

import { textsOf } from "./charsets.ts";
import { readings, type Structured, valuesOf } from "./parameters.ts";

/** What a body is made of, by one reading of its header. */
export type Form =
  | { readonly is: "multipart"; readonly boundary: string; readonly start: string; readonly digest: boolean }
  | { readonly is: "message" }
  | { readonly is: "fields" } // headers, one after the other (RFC 3464 section 2.1)
  | { readonly is: "leaf" };

export type Encoding = "base64" | "quoted-printable";

/** Far above RFC 2046 section 5.1.1's 70 octets, and above what a message line may have. */
const MAX_BOUNDARY = 4096;
/** Octets of it that who compares only beginnings compares (Dovecot). */
const COMPARED = 80;
/** What Python's email takes from around a value, though it was quoted. */
const ENCLOSED = /^(?:<(.*)>|"(.*)")$/s;
/** How many forms and how many charsets one header may give its body. */
const MAX_FORMS = 6;
const MAX_CHARSETS = 4;

const LEAF: Form = { is: "leaf" };
const MESSAGE: Form = { is: "message" };

export class Entity {
  /** Part of a multipart/digest: a message unless it says otherwise (RFC 2046 section 5.1.5). */
  readonly #inDigest: boolean;
  #typed = false;
  #text = false;
  #html = false;
  #tooMuch = false;
  readonly #forms = new Map<string, Form>();
  readonly #encodings = new Set<Encoding>();
  readonly #charsets = new Set<string>();

  constructor(inDigest: boolean) {
    this.#inDigest = inDigest;
  }

  clone(): Entity {
    const other = new Entity(this.#inDigest);
    other.#typed = this.#typed;
    other.#text = this.#text;
    other.#html = this.#html;
    other.#tooMuch = this.#tooMuch;
    for (const [key, form] of this.#forms) other.#forms.set(key, form);
    for (const encoding of this.#encodings) other.#encodings.add(encoding);
    for (const charset of this.#charsets) other.#charsets.add(charset);
    return other;
  }

  /** Takes note of a field, unfolded. */
  field(text: string): void {
    const [head, name] = /^content-(type|transfer-encoding)[ \t]*:/i.exec(text) ?? [];
    if (head === undefined) return;
    for (const reading of readings(text.slice(head.length)))
      if (name!.toLowerCase() === "type") this.#type(reading);
      else this.#encoding(reading.value);
  }

  get encodings(): readonly Encoding[] {
    return [...this.#encodings];
  }

  /** What its text is written in, by whatever name. */
  get charsets(): readonly string[] {
    return [...this.#charsets];
  }

  get isHtml(): boolean {
    return this.#html;
  }

  /** It says more than anybody could mean. */
  get tooMuch(): boolean {
    return this.#tooMuch || this.#forms.size > MAX_FORMS || this.#charsets.size > MAX_CHARSETS;
  }

  /** Each that some reader takes its body for. Encoded ones are a leaf for who decodes first (RFC 2046 section 5.2.1). */
  get forms(): readonly Form[] {
    if (!this.#typed) return this.#inDigest ? this.#orLeaf([MESSAGE]) : [LEAF];
    return this.#orLeaf([...this.#forms.values()]);
  }

  /** The body is text, as far as anyone may believe: said so, not said, or not said well. */
  get text(): boolean {
    const isHeld = this.#encodings.size > 0 && [...this.#forms.values()].some(({ is }) => is !== "leaf");
    return !this.#typed || this.#text || isHeld;
  }

  #orLeaf(forms: readonly Form[]): readonly Form[] {
    return this.#encodings.size === 0 || forms.includes(LEAF) ? forms : [...forms, LEAF];
  }

  #encoding(value: string): void {
    const word = value.toLowerCase().replaceAll('"', "");
    if (/^base64\b/.test(word)) this.#encodings.add("base64");
    else if (/^quoted-printable\b/.test(word)) this.#encodings.add("quoted-printable");
  }

  #type({ value, parameters }: Structured): void {
    this.#typed = true;
    const type = value.toLowerCase().replace(/\s*\/\s*/, "/");
    for (const said of valuesOf(parameters, "charset"))
      for (const name of [...textsOf(said), said.token]) {
        const charset = name.toLowerCase().replaceAll(/['"\s]/g, "");
        if (charset !== "") this.#charsets.add(charset);
      }
    // What is no type at all is text (RFC 2045 section 5.2).
    if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) || type.startsWith("text/")) this.#text = true;
    if (type === "text/html") this.#html = true;
    // Some readers look for a header in any of them, and not only in what RFC 2046 and RFC 6532 call a message.
    if (type === "message/delivery-status") this.#forms.set("fields", { is: "fields" });
    else if (type.startsWith("message/")) this.#forms.set("message", MESSAGE);
    else if (!this.#multipart(type, parameters)) this.#forms.set("leaf", LEAF);
  }

  #multipart(type: string, parameters: Structured["parameters"]): boolean {
    if (!type.startsWith("multipart/")) return false;
    const digest = type === "multipart/digest";
    const values = valuesOf(parameters, "boundary");
    for (const said of values)
      for (const text of new Set(textsOf(said).flatMap((text) => [text, text.replace(ENCLOSED, "$1$2")]))) {
        const boundary = text.trimEnd();
        const start = said.token.trimEnd().slice(0, COMPARED);
        if (boundary.length > MAX_BOUNDARY) this.#tooMuch = true;
        else this.#forms.set(`${digest} ${start} ${boundary}`, { is: "multipart", boundary, start, digest });
      }
    if (values.length > 0) return true;
    this.#text = true;
    return false;
  }
}
