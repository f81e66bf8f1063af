// Whether a domain is in a list of domains (pure). Knows text; not what they are good for.

import { isAddressLiteral } from "../../wire/domain.ts";
import { hasDomain } from "../domains.ts";
import type { ListText } from "./entries.ts";
import { ExactLines, folded } from "./exact.ts";
import { wrongLine } from "./proof.ts";

export class DomainList {
  readonly #text: ListText;
  #lines: ExactLines | null = null;

  constructor(text: ListText) {
    this.#text = text;
  }

  /** By whole labels; ".d" stands for the subdomains of d. @throws EntryError for a line that is no domain */
  has(domain: string): boolean {
    return hasDomain(this.#proven(), domain);
  }

  /** @throws EntryError for a line that is no domain */
  prove(): void {
    this.#proven();
  }

  #proven(): ExactLines {
    if (this.#lines === null) {
      const text = folded(this.#text);
      const wrong = wrongLine(text, [UNLIKE, MISJOINED], isDomainEntry);
      if (wrong !== null) throw wrong;
      this.#lines = new ExactLines(text);
    }
    return this.#lines;
  }
}

const UNLIKE = /\n(?!\.?[a-z0-9_][a-z0-9_.-]*[ \t]*\r?\n)/g;
const MISJOINED = /\.[.\s-]|-[.\s]/g;

/** RFC 5321 §4.5.3.1.2, and a dot in front. */
const MOST = 256;

/** A domain, its labels in ASCII, or an address literal; with a dot in front for the subdomains. In lower case. */
export function isDomainEntry(entry: string): boolean {
  if (entry.length > MOST) return false;
  if (/^\.?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/.test(entry))
    return true;
  return isAddressLiteral(entry);
}
