// Domains and address literals (RFC 5321 sections 4.1.2 and 4.1.3): grammar only.
// Knows nothing of mailboxes, nor of which domains are ours.

/** RFC 5321 section 4.5.3.1.2 (octets). */
const MAX_DOMAIN = 255;
/** RFC 1035 section 2.3.4 (octets). */
const MAX_LABEL = 63;

const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;

/** Labels of letters, digits and inner hyphens joined by dots: no "_", no empty label, no trailing dot. */
export function isDomain(text: string): boolean {
  return (
    text.length <= MAX_DOMAIN &&
    text.split(".").every((label) => label.length <= MAX_LABEL && LABEL.test(label))
  );
}

/**
 * A domain a mailbox may stand in: its last label is not a number, or "u@192.0.2.1" would be a host
 * address to one server and a domain to another (RFC 3696 section 2).
 */
export function isMailDomain(text: string): boolean {
  return isDomain(text) && !/(?:^|\.)[0-9]+$/.test(text);
}

/** `[192.0.2.1]` or `[IPv6:2001:db8::1]`, brackets included; no other tag. */
export function isAddressLiteral(text: string): boolean {
  if (!text.startsWith("[") || !text.endsWith("]")) return false;
  const inner = text.slice(1, -1);
  const tag = /^IPv6:/i.exec(inner);
  return tag === null ? isIPv4(inner) : isIPv6(inner.slice(tag[0].length));
}

export function isIPv4(text: string): boolean {
  const parts = text.split(".");
  return (
    parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)
  );
}

/** RFC 4291 section 2.2: eight groups, one "::" for a run of zeros, the last two groups as IPv4 if wished. */
export function isIPv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.map(countGroups);
  const total = groups.reduce((sum, count) => sum + count, 0);
  return halves.length === 2 ? total <= 7 : total === 8;
}

/** Sixteen-bit groups in one side of a "::"; more than eight when there is anything else in it. */
function countGroups(half: string, side: number, halves: string[]): number {
  if (half === "") return 0;
  const groups = half.split(":");
  let count = 0;
  for (const [index, group] of groups.entries()) {
    const last = side === halves.length - 1 && index === groups.length - 1;
    if (/^[0-9A-Fa-f]{1,4}$/.test(group)) count += 1;
    else if (last && isIPv4(group)) count += 2;
    else return 9;
  }
  return count;
}
