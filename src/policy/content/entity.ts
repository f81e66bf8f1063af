// What the header of a message or part says of its body (RFC 2045 sections 5 and 6, RFC 2046). Where fields
// contradict each other every reading is kept, because mail readers differ in which they believe. Knows
// fields as text; knows nothing of lines or of what is done with a body.

/** RFC 5322 section 2.1.1: no line is longer, so no longer boundary can be on one. */
const MAX_BOUNDARY = 998 - "--".length;
/** How many different boundaries of one header are kept. */
const MAX_BOUNDARIES = 4;

export class Entity {
  /** Part of a multipart/digest: a message unless it says otherwise (RFC 2046 section 5.1.5). */
  readonly #inDigest: boolean;
  #typed = false;
  #text = false;
  #message = false;
  #multipart = false;
  #digest = false;
  readonly #boundaries = new Set<string>();
  base64 = false;
  quotedPrintable = false;

  constructor(inDigest: boolean) {
    this.#inDigest = inDigest;
  }

  /** Takes note of a field, unfolded. */
  field(text: string): void {
    const field = /^content-(type|transfer-encoding)[ \t]*:/i.exec(text);
    if (field === null) return;
    const body = pieces(text.slice(field[0].length));
    const value = body.shift()!.trim().toLowerCase();
    if (field[1]!.toLowerCase() === "type") this.#type(value, body);
    else if (value === "base64") this.base64 = true;
    else if (value === "quoted-printable") this.quotedPrintable = true;
  }

  get boundaries(): readonly string[] {
    return [...this.#boundaries];
  }

  get digest(): boolean {
    return this.#digest;
  }

  /** The body is a message with a header of its own. */
  get message(): boolean {
    if (this.base64 || this.quotedPrintable) return false; // forbidden (RFC 2046 section 5.2.1): read as text
    return this.#typed ? this.#message : this.#inDigest;
  }

  /** The body is text, as far as anyone may believe: said so, not said, or not said well. */
  get text(): boolean {
    return !this.#typed || this.#text || (this.#multipart && this.#boundaries.size === 0);
  }

  #type(type: string, parameters: readonly string[]): void {
    this.#typed = true;
    if (/^(?:text|message)\/|^[^/]*$/.test(type)) this.#text = true;
    if (/^message\/(?:rfc822|global|news)$/.test(type)) this.#message = true;
    if (type.startsWith("multipart/")) this.#multipart = true;
    if (type === "multipart/digest") this.#digest = true;
    // RFC 2231 section 3: a long value may come as boundary*0, boundary*1 and so on.
    let boundary: string | null = null;
    for (const parameter of parameters) {
      const [, value] = /^boundary(?:\*\d+)?\*?\s*=(.*)$/is.exec(parameter.trim()) ?? [];
      if (value !== undefined) boundary = (boundary ?? "") + unquoted(value.trim());
    }
    if (boundary === null || boundary.length > MAX_BOUNDARY) return;
    if (this.#boundaries.size < MAX_BOUNDARIES) this.#boundaries.add(boundary);
  }
}

/** Splits at ";" outside quoted strings; comments are left out (RFC 5322 section 3.2.2). */
function pieces(text: string): string[] {
  const found: string[] = [];
  let piece = "";
  let depth = 0; // of comments
  let quoted = false;
  for (const [part] of text.matchAll(/\\.|[^\\"();]+|./gs)) {
    if (quoted) {
      quoted = part !== '"';
      piece += part;
    } else if (part === "(") depth++;
    else if (part === ")" && depth > 0) depth--;
    else if (depth > 0) continue;
    else if (part === ";") {
      found.push(piece);
      piece = "";
    } else {
      quoted = part === '"';
      piece += part;
    }
  }
  return [...found, piece];
}

/** A parameter's value: a quoted string's content, or what stands before the first blank. */
function unquoted(value: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)/s.exec(value);
  return quoted === null ? value.split(/\s/, 1)[0]! : quoted[1]!.replace(/\\(.)/gs, "$1").trimEnd();
}
