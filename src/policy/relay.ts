// Who may send to whom (rules A7). The server behind us cannot decide it: on a pipe it takes every client
// for a local user, over TCP it sees our address. Decided for each recipient on its own, never remembered,
// never from the sender unless --relay-sender-domain asks for it. Knows mailboxes; not replies or sessions.

import { canonicalDomain } from "../wire/canonical.ts";

/** What a rule needs to know of a mailbox; `localPart` with its quotes, where it needs any. */
export interface Address {
  readonly localPart: string;
  /** A domain, or an address literal with its brackets, in canonical form; null when there is none. */
  readonly domain: string | null;
}

export interface RelayPolicy {
  /** --relay-domain: recipients' domains, each a `canonicalEntry`; ".d" stands for the subdomains of d. */
  readonly domains: readonly string[];
  /** --relay-sender-domain: senders' domains that open relaying, likewise. Forgeable: the administrator asked for it. */
  readonly senderDomains: readonly string[];
  /** The client's address is in --relay-ip. */
  readonly clientAllowed: boolean;
}

/**
 * May this client send to this recipient?
 * @param sender the reverse-path of the transaction, null for `<>`
 */
export function mayRelay(
  recipient: Address,
  sender: Address | null,
  authenticated: boolean,
  policy: RelayPolicy,
): boolean {
  if (policy.clientAllowed || authenticated) return true;
  if (sender !== null && inDomains(sender.domain, policy.senderDomains)) return true;
  // "v%evil.test@ours", "evil.test!v@ours" and a quoted "v@evil.test"@ours are routes (RFC 1123 section
  // 5.2.16): a server that follows them relays though the domain is ours.
  if (/[%!@:]/.test(recipient.localPart)) return false;
  return recipient.domain === null || inDomains(recipient.domain, policy.domains);
}

/** An entry of either list, as addresses are written: U-labels and A-labels are the same domain. */
export function canonicalEntry(entry: string): string {
  const [dot, name] = entry.startsWith(".") ? [".", entry.slice(1)] : ["", entry];
  const canonical = canonicalDomain(name);
  // What is no domain matches none; `check` says so.
  return canonical === null ? entry : dot + canonical;
}

/** Compared by whole labels, as text; a pattern is text, too, its dots are dots. */
function inDomains(domain: string | null, list: readonly string[]): boolean {
  if (domain === null) return false;
  return list.some((entry) =>
    entry.startsWith(".") ? domain.endsWith(entry) && domain.length > entry.length : domain === entry,
  );
}
