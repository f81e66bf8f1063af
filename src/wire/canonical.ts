// One way of writing each domain and address literal, so that two that are the same compare equal as text (RFC 5890,
// RFC 5952): small letters, A-labels, the shortest form of an IPv6 address. Knows notations; not which domains are ours.

import { canonicalIPv6 } from "./addresses.ts";
import { isAddressLiteral, isMailDomain } from "./domain.ts";

const IPV6 = /^\[IPv6:(.*)\]$/i;

/** Of a domain there are A-labels, U-labels, and what Unicode has besides for a letter or a dot. */
const BEYOND_ASCII = /[^\0-\x7f]/;
/** What a domain with U-labels is made of: nothing that ends the host of an address on the web. */
const INTERNATIONAL = /^[A-Za-z0-9.\-\x80-\u{10ffff}]+$/u;

/**
 * @param text a domain, or an address literal with its brackets
 * @returns null for what is neither
 */
export function canonicalDomain(text: string): string | null {
  if (BEYOND_ASCII.test(text)) return fromULabels(text);
  if (isMailDomain(text)) return text.toLowerCase();
  if (!isAddressLiteral(text)) return null;
  const ipv6 = IPV6.exec(text)?.[1];
  return ipv6 === undefined ? text : `[IPv6:${canonicalIPv6(ipv6)}]`;
}

/** By the mapping of UTS 46, as every browser has it. What comes out is judged again: a number has become an address. */
function fromULabels(text: string): string | null {
  if (!INTERNATIONAL.test(text)) return null;
  try {
    const { hostname } = new URL(`http://${text}/`);
    return isMailDomain(hostname) ? hostname : null;
  } catch {
    return null; // letters that no domain has, or not side by side
  }
}
