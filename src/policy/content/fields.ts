// Header fields, written out as a reader sees them: unfolded, their encoded-words decoded, parameters put together. Holds
// one field at a time, or a piece of it. Knows fields as text; knows nothing of what follows from them.

import { type Look, OVERLAP } from "./blocks.ts";
import { textsOf } from "./charsets.ts";
import { DerivedText } from "./derived.ts";
import { decodeWords } from "./encoded-words.ts";
import type { Entity } from "./entity.ts";
import { readings, type Structured, valuesOf } from "./parameters.ts";

/** Octets of a field held at once; a longer one is looked at in pieces, each with the field's name. */
export const FIELD = 65536;

/** A stuffing dot may stand before a fold, too. */
const FOLD = /\r\n\.?/g;
/** Fields that say what a part is, or how it is called. */
const STRUCTURED = /^content-(?:type|disposition|transfer-encoding)[ \t]*:/i;
/** Fields that are no more than their one line do not match: those are most. */
const MORE = /^[Cc]|["\\]/;
/** What quotes (RFC 5322 sections 3.2.1 and 3.2.4). */
const QUOTES = /["\\]/;

export class Fields {
  readonly #text: DerivedText;
  /** What is held of a field that has begun. */
  #field = "";
  /** What was seen in it. */
  folded = false;
  encoded = false;

  constructor(look: Look) {
    this.#text = new DerivedText(look);
  }

  /** Of a field that goes on. @returns false where it is longer than can be followed */
  hold(text: string, entity: Entity): boolean {
    this.#field += text;
    if (this.#field.length < FIELD) return true;
    const field = this.#field;
    this.folded = true; // lest the field's name be seen with the first piece only
    const isSure = this.#emit(field, entity);
    const name = /^[^:\r]{1,998}:/.exec(field)?.[0] ?? "";
    this.#field = `${name} ${field.slice(-OVERLAP).replace(/^\n/, "")}`; // no half of a line end
    return isSure && !STRUCTURED.test(field);
  }

  /** Its end is in `text`. @returns false where nobody can say what all it is */
  endField(text: string, from: number, to: number, entity: Entity): boolean {
    const field = this.#field + text.slice(from, to);
    const isSure = this.folded || this.encoded || MORE.test(field) ? this.#emit(field, entity) : true;
    this.#field = "";
    this.folded = false;
    this.encoded = false;
    return isSure;
  }

  /** What is complete is looked at. */
  lines(): void {
    this.#text.lines();
  }

  end(): void {
    this.#text.end();
  }

  #emit(text: string, entity: Entity): boolean {
    const field = text.replace(/\r\n$/, "").replace(FOLD, "");
    if (this.folded) this.#text.line(field);
    const decoded = this.encoded ? decodeWords(field) : [];
    const shown = [field, ...(decoded ?? [])];
    for (const [index, line] of shown.entries()) {
      if (index > 0) this.#text.line(line);
      entity.field(line);
      this.#canonical(line);
    }
    const isBare = shown.every((line) => !QUOTES.test(line)); // as most are
    return (isBare || this.#unquoted(field, shown)) && decoded !== null;
  }

  /** For whom a phrase is what was quoted, and for whom that may again hold encoded-words. */
  #unquoted(field: string, shown: readonly string[]): boolean {
    const bare = unquoted(field);
    const decoded = bare !== field && bare.includes("=?") ? decodeWords(bare) : [];
    const lines = new Set([...shown.map(unquoted), ...(decoded ?? [])]);
    for (const line of lines) if (!shown.includes(line)) this.#text.line(line);
    return decoded !== null;
  }

  /** Parameters as they are when they have been put together, without comments and quoted pairs. */
  #canonical(field: string): void {
    const name = STRUCTURED.exec(field)?.[0];
    if (name === undefined || !/[*\\(]/.test(field)) return;
    for (const structured of readings(field.slice(name.length)))
      for (const line of written(structured)) this.#text.line(`${name} ${line}`);
  }
}

function unquoted(text: string): string {
  return text.replaceAll(/\\(.)|"/gs, "$1");
}

function written({ value, parameters }: Structured): string[] {
  const byName = Map.groupBy(parameters, ({ name }) => name);
  return [...byName].flatMap(([name, own]) =>
    valuesOf(own, name)
      .flatMap(textsOf)
      .map((text) => `${value}; ${name}="${text}"`),
  );
}
