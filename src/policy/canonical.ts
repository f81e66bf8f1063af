// One spelling of each mailbox, by which lists are searched: whoever compares addresses takes them through here. Knows
// mailboxes as they were parsed; not what they are compared with.

import { textOf } from "../wire/utf8.ts";
import type { Address } from "./relay.ts";

/**
 * In lower case, without quotes that mean nothing (RFC 5321 §4.1.2).
 * @param address one unit of its local-part is one octet, beyond ASCII of UTF-8
 */
export function canonical({ localPart, domain }: Address): Address {
  return {
    localPart: canonicalLocal(textOf(localPart)),
    domain: domain === null ? null : domain.toLowerCase(),
  };
}

/** @param localPart as text, in which letters may be composed in several ways */
export function canonicalLocal(localPart: string): string {
  return unquoted(localPart).normalize("NFC").toLowerCase();
}

const ATOM = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~\\x80-\\u{10ffff}]+";
const DOT_STRING = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, "u");

function unquoted(localPart: string): string {
  if (!localPart.startsWith('"')) return localPart;
  const content = localPart.slice(1, -1).replace(/\\(.)/g, "$1");
  return DOT_STRING.test(content) ? content : localPart;
}
