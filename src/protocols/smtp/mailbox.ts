// A mailbox, written in one way: what a client may write in several is the same to every rule, to the server and to the
// log. Knows what an address is made of (RFC 5321 section 4.1.2); a path and its limits are in path.ts.

import { canonicalDomain } from "../../wire/canonical.ts";
import { textOf } from "../../wire/utf8.ts";

/** As `mailboxOf` makes it. */
export interface Mailbox {
  /** In quotes only where it must be; one unit is one octet, beyond ASCII of UTF-8. Its letters are as written: the host it is for may tell them apart. */
  readonly localPart: string;
  /** A domain in small letters, or an address literal with its brackets; null for `<postmaster>` and other local names. */
  readonly domain: string | null;
}

const ATEXT = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~\\x80-\\xff]";
const DOT_STRING = new RegExp(`^${ATEXT}+(?:\\.${ATEXT}+)*$`);

/**
 * All quoted forms of a local-part are equivalent, and the one to be transmitted has the least quoting (RFC 5321
 * section 4.1.2).
 * @param localPart a dot-string or a quoted-string @param domain or an address literal
 * @returns null where the domain is none
 */
export function mailboxOf(localPart: string, domain: string | null): Mailbox | null {
  const known = domain === null ? null : canonicalDomain(textOf(domain));
  if (known === null && domain !== null) return null;
  const content = unquoted(localPart);
  return { localPart: isDotString(content) ? content : quote(content), domain: known };
}

/** @param mailbox null for the null sender, of which nothing is left */
export function addressOf(mailbox: Mailbox | null): string {
  if (mailbox === null) return "";
  return mailbox.domain === null ? mailbox.localPart : `${mailbox.localPart}@${mailbox.domain}`;
}

/** What a local-part says, whichever way it is written. */
export function unquoted(localPart: string): string {
  return localPart.startsWith('"') ? localPart.slice(1, -1).replace(/\\(.)/gs, "$1") : localPart;
}

/** Atoms joined by single dots: it needs no quotes. */
export function isDotString(text: string): boolean {
  return DOT_STRING.test(text);
}

/** The quoted-string of a content. */
export function quote(content: string): string {
  return `"${content.replace(/["\\]/g, "\\$&")}"`;
}
