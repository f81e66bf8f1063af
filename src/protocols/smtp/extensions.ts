// The EHLO reply re-written (RFC 5321 section 4.1.1.1), default-deny: an extension that nobody has thought about would
// open a way past the wrapper. Knows what becomes of each line; which keywords pass is in keywords.ts, the session
// elsewhere.

import { filterMechanisms } from "../sasl.ts";
import { KEPT } from "./keywords.ts";

export interface ExtensionPolicy {
  readonly hostname: string;
  /** Octets, 0 for no limit of ours (RFC 1870). */
  readonly maxMessageSize: number;
  /** Pass AUTH, with the mechanisms that have no security layer. */
  readonly auth: boolean;
  /** Pass SMTPUTF8 (RFC 6531). */
  readonly utf8: boolean;
  /** Offer STARTTLS, which is ours (RFC 3207). */
  readonly startsTls: boolean;
}

export interface Offer {
  /** The reply for the client, all lines. */
  readonly reply: string;
  /** The keywords in it, upper case. */
  readonly offered: ReadonlySet<string>;
  /** SIZE is offered by us alone: the server must not be sent SIZE=. */
  readonly sizeIsOurs: boolean;
  /** SASL mechanisms in it, upper case. */
  readonly mechanisms: readonly string[];
}

/** @param lines the texts of the server's 250 reply, the first of which names the server */
export function rewriteEhlo(lines: readonly string[], policy: ExtensionPolicy): Offer {
  const kept: string[] = [];
  const offered = new Set<string>();
  let mechanisms: readonly string[] = [];
  let serverSize: bigint | null = null;
  let hasUtf8 = false;
  for (const line of lines.slice(1)) {
    const [word, ...parameters] = line.trim().split(/ +/);
    const keyword = word!.toUpperCase();
    if (offered.has(keyword)) continue;
    if (KEPT.has(keyword)) {
      kept.push(keyword);
      offered.add(keyword);
    } else if (keyword === "SIZE") {
      serverSize = /^[0-9]{1,20}$/.test(parameters[0] ?? "") ? BigInt(parameters[0]!) : 0n;
    } else if (keyword === "SMTPUTF8") {
      hasUtf8 = policy.utf8;
    } else if (keyword === "AUTH" && policy.auth) {
      mechanisms = filterMechanisms(parameters);
      if (mechanisms.length === 0) continue;
      kept.push(`AUTH ${mechanisms.join(" ")}`);
      offered.add("AUTH");
    }
  }
  // RFC 6531 section 3.1: not without 8BITMIME
  if (hasUtf8 && offered.has("8BITMIME")) {
    kept.push("SMTPUTF8");
    offered.add("SMTPUTF8");
  }
  // Ours may be the only limit, and then SIZE is ours to offer (RFC 1870 section 4).
  const size = smaller(serverSize ?? 0n, BigInt(policy.maxMessageSize));
  if (serverSize !== null || size > 0n) {
    kept.push(size > 0n ? `SIZE ${size}` : "SIZE");
    offered.add("SIZE");
  }
  if (policy.startsTls) kept.push("STARTTLS");
  const texts = [policy.hostname, ...kept];
  const last = texts.length - 1;
  return {
    reply: texts.map((text, index) => `250${index === last ? " " : "-"}${text}\r\n`).join(""),
    offered,
    sizeIsOurs: serverSize === null,
    mechanisms,
  };
}

/**
 * What counts once a fresh server has taken the place of the one the client's offer was made from: it may be
 * another one. What the client was not offered it may not use, and what the server does not know it is not sent.
 * Only a declared size is promised by us as well, and simply not sent to a server that knows none.
 */
export function common(promised: Offer, fresh: Offer): Offer {
  return {
    ...promised,
    offered: new Set([...promised.offered].filter((word) => word === "SIZE" || fresh.offered.has(word))),
    mechanisms: promised.mechanisms.filter((name) => fresh.mechanisms.includes(name)),
    sizeIsOurs: fresh.sizeIsOurs,
  };
}

/** The smaller of two limits, of which 0 is none. */
function smaller(a: bigint, b: bigint): bigint {
  if (a === 0n) return b;
  return b === 0n || a < b ? a : b;
}
