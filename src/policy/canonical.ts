// One spelling of each mailbox, by which lists are searched: whoever compares addresses takes them through here. Knows
// mailboxes as they were parsed; not what they are compared with.

import type { Address } from "./relay.ts";

/** In lower case, without quotes that mean nothing (RFC 5321 §4.1.2). */
export function canonical({ localPart, domain }: Address): Address {
  return {
    localPart: unquoted(localPart).toLowerCase(),
    domain: domain === null ? null : domain.toLowerCase(),
  };
}

const ATOM = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~]+";
const DOT_STRING = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`);

function unquoted(localPart: string): string {
  if (!localPart.startsWith('"')) return localPart;
  const content = localPart.slice(1, -1).replace(/\\(.)/g, "$1");
  return DOT_STRING.test(content) ? content : localPart;
}
