// Who may send to whom (rules A7). The server behind us cannot decide it: on a pipe it takes every client
// for a local user, over TCP it sees our address. Decided for each recipient on its own, never remembered,
// never from the sender unless --relay-sender-domain asks for it. Knows mailboxes; not replies or sessions.

/** What a rule needs to know of a mailbox; `localPart` with its quotes, where it needs any. */
export interface Address {
  readonly localPart: string;
  /** A domain, or an address literal with its brackets, in canonical form; null when there is none. */
  readonly domain: string | null;
}

/** Whether a domain is one of them; none (null) is in none. */
export interface Domains {
  /** @param domain in canonical form */
  has(domain: string | null): boolean;
  /** Some of them, this many at most: not those that only a dot stands for. */
  some(most: number): readonly string[];
}

export interface RelayPolicy {
  /** --relay-domain: recipients' domains; ".d" stands for the subdomains of d. */
  readonly domains: Domains;
  /** --relay-sender-domain: senders' domains that open relaying. Forgeable: the administrator asked for it. */
  readonly senderDomains: Domains;
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
  if (sender !== null && policy.senderDomains.has(sender.domain)) return true;
  // "v%evil.test@ours", "evil.test!v@ours" and a quoted "v@evil.test"@ours are routes (RFC 1123 section
  // 5.2.16): a server that follows them relays though the domain is ours.
  if (/[%!@:]/.test(recipient.localPart)) return false;
  return recipient.domain === null || policy.domains.has(recipient.domain);
}
