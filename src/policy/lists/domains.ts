// Whether a domain is in a list of domains (pure). Knows text; not what they are good for.

import { isAddressLiteral } from "../../wire/domain.ts";
import { canonicalEntry, hasDomain } from "../domains.ts";
import { entryIn, type ListText } from "./entries.ts";
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

  /** Those that stand first, without those of which only the subdomains are meant. */
  some(most: number): readonly string[] {
    const found: string[] = [];
    for (let at = 1; at < this.#text.length && found.length < most; ) {
      const end = this.#text.indexOf("\n", at);
      const entry = entryIn(this.#text.slice(at, end), "behind");
      if (entry !== "" && !entry.startsWith(".")) found.push(canonicalEntry(entry).toLowerCase());
      at = end + 1;
    }
    return found;
  }

  /** @throws EntryError for a line that is no domain */
  prove(): void {
    this.#proven();
  }

  #proven(): ExactLines {
    if (this.#lines === null) {
      const text = folded(this.#text, canonicalEntry);
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
