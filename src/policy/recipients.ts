// Which recipients exist (pure): those that lists name, and the users and aliases of this host. A list that may not be
// all there says of nobody that he does not exist. Knows addresses and texts; not where they come from.

import { canonicalDomain } from "../wire/canonical.ts";
import { canonical, canonicalLocal } from "./canonical.ts";
import type { ListText } from "./lists/entries.ts";
import { ExactLines, folded } from "./lists/exact.ts";
import { wrongLine } from "./lists/proof.ts";
import type { Address } from "./relay.ts";

/** `unsure`: he may, and it is not known now. */
export type Standing =
  | { readonly is: "known" }
  | { readonly is: "unknown" }
  | { readonly is: "unsure"; readonly why: Doubted };

/** What is wrong with a list, and which. */
export interface Doubted {
  readonly list: string;
  readonly error: string;
  /** Nobody has been told of it before. */
  readonly isNew: boolean;
}

export interface RecipientSource {
  /** What the log calls it. */
  readonly name: string;
  /** Addresses, users of /etc/passwd, or aliases as sendmail(8) has them. */
  readonly kind: "addresses" | "users" | "aliases";
  /** As far as it is known. */
  readonly text: ListText | null;
  /** Why it may not be all there; null where it is. */
  readonly doubt: string | null;
}

/** What tells a mailbox's name from what its owner adds to it (RFC 5233). */
const SEPARATOR = "+";

/** @returns the name without what its owner adds to it; null where he adds nothing */
export function nameOf(localPart: string): string | null {
  const plus = localPart.startsWith('"') ? -1 : localPart.indexOf(SEPARATOR);
  return plus > 0 ? localPart.slice(0, plus) : null;
}

export class RecipientBook {
  readonly #sources: readonly Source[];
  /** Lists that were doubted. */
  readonly #told = new Set<string>();

  constructor(sources: readonly RecipientSource[]) {
    this.#sources = sources.map((source) => new Source(source));
  }

  /** @param address its domain is one of ours, or there is none: then the name is looked for in all */
  standing(address: Address): Standing {
    const { localPart, domain } = canonical(address);
    if (localPart === "postmaster") return { is: "known" }; // RFC 5321 §4.5.1
    const name = nameOf(localPart);
    const names = name === null ? [localPart] : [localPart, name];
    if (this.#sources.some((source) => names.some((name) => source.has(name, domain))))
      return { is: "known" };
    for (const source of this.#sources) {
      const { name: list, doubt: error } = source;
      if (error === null) continue;
      const isNew = !this.#told.has(list);
      this.#told.add(list);
      return { is: "unsure", why: { list, error, isNew } };
    }
    return { is: "unknown" };
  }

  /** @returns a list with a line that is no entry; null for none */
  wrong(): Pick<Doubted, "list" | "error"> | null {
    for (const { name, fault } of this.#sources) if (fault !== null) return { list: name, error: fault };
    return null;
  }
}

class Source {
  readonly name: string;
  readonly #source: RecipientSource;
  #text: ListText | null = null;
  #lines: ExactLines | null = null;
  /** A line that is no entry; null for none, undefined before that was looked for. */
  #fault: string | null | undefined;

  constructor(source: RecipientSource) {
    this.name = source.name;
    this.#source = source;
  }

  get doubt(): string | null {
    return this.#source.doubt ?? this.fault ?? (this.#isEmpty ? "it has no entry" : null);
  }

  /** Who is found is there, whatever else is wrong: it is looked for when somebody is not. */
  get fault(): string | null {
    if (this.#fault === undefined) this.#fault = this.#findFault();
    return this.#fault;
  }

  get #isEmpty(): boolean {
    const { text } = this.#source;
    return text !== null && !/\n[ \t]*[^#\s]/.test(text);
  }

  has(name: string, domain: string | null): boolean {
    const { text, kind } = this.#source;
    if (text === null) return false;
    // A blank in front means something in the file of aliases.
    this.#text ??= kind === "addresses" ? folded(text, canonicalAddress) : text.toLowerCase();
    if (kind === "addresses") return this.#hasAddress(name, domain);
    const isName = NAME.test(name) || (kind === "aliases" && QUOTED.test(name));
    return isName && hasName(this.#text, kind, name, domain);
  }

  #hasAddress(name: string, domain: string | null): boolean {
    const isComment = name.startsWith("#"); // so would a line be that begins with it
    if (domain === null)
      return (!isComment && this.#text!.includes(`\n${name}@`)) || this.#text!.includes("\n@");
    this.#lines ??= new ExactLines(this.#text!);
    return (!isComment && this.#lines.has(`${name}@${domain}`)) || this.#lines.has(`@${domain}`);
  }

  #findFault(): string | null {
    const { text, kind } = this.#source;
    if (text === null || kind !== "addresses") return null;
    this.#text ??= folded(text, canonicalAddress);
    return wrongLine(this.#text, [UNLIKE], isRecipientEntry)?.message ?? null;
  }
}

/** Of users and aliases: what begins otherwise is no name there, but a comment or an include. */
const NAME = /^[a-z0-9_\x80-\u{10ffff}][a-z0-9_\x80-\u{10ffff}.&'=~^`{}$%*!?+/-]*$/u;
/** Of aliases: a name that is none without its quotes. */
const QUOTED = /^"(?:[^"\\]|\\.)+"$/;

function hasName(text: ListText, kind: "users" | "aliases", name: string, domain: string | null): boolean {
  if (kind === "users") return text.includes(`\n${name}:`);
  const spelled = [name, `"${name}"`, ...(domain === null ? [] : [`${name}@${domain}`])];
  return spelled.some((one) => isKey(text, `\n${one}`));
}

/** Blanks may stand in front of the colon. */
function isKey(text: ListText, wanted: string): boolean {
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    let end = at + wanted.length;
    while (text[end] === " " || text[end] === "\t") end++;
    if (text[end] === ":") return true;
  }
  return false;
}

const UNLIKE = /\n(?![a-z0-9!#$%&'*+/=?^_`{|}~.-]*@[a-z0-9_][a-z0-9_.-]*[ \t]*\r?\n)/g;

/** An address, or "@" and a domain for all of that: as `canonicalAddress` has it, in lower case. */
export function isRecipientEntry(entry: string): boolean {
  const at = entry.lastIndexOf("@");
  if (at < 0) return false;
  const [local, domain] = [entry.slice(0, at), entry.slice(at + 1)];
  if (!LOCAL_PART.test(local) || !isDomain(domain)) return false;
  return canonicalLocal(local) === local; // by another spelling it is never asked for
}

const LOCAL_PART = /^(?:[a-z0-9!#$%&'*+/=?^_`{|}~.\x80-\u{10ffff}-]*|"(?:[^"\\]|\\.)+")$/u;

/** With the domain by its name in the DNS. */
export function canonicalAddress(entry: string): string {
  const at = entry.lastIndexOf("@");
  if (at < 0) return entry;
  const domain = entry.slice(at + 1);
  return `${entry.slice(0, at).normalize("NFC")}@${canonicalDomain(domain) ?? domain}`;
}

function isDomain(domain: string): boolean {
  return /^(?:[a-z0-9_][a-z0-9_.-]*|\[[0-9a-f:.ipv6]+\])$/.test(domain);
}
