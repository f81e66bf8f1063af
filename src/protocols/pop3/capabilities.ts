// The CAPA answer re-written (RFC 2449 section 6), default-deny: a capability that is not in the table could
// open a way past the wrapper, or names the server. Knows capabilities; not the conversation.

import { filterMechanisms } from "../sasl.ts";

/** USER stays: clients that do not see it never try USER and PASS (curl, mpop). */
const KEPT: ReadonlySet<string> = new Set([
  "TOP",
  "UIDL",
  "USER",
  "RESP-CODES",
  "AUTH-RESP-CODE",
  "PIPELINING",
  "EXPIRE",
  "LOGIN-DELAY",
]);

export interface CapabilityPolicy {
  /** Pass SASL, with the mechanisms that have no security layer. */
  readonly auth: boolean;
  /** A login may be offered. */
  readonly isLoginOpen: boolean;
  /** Offer STLS, which is ours (RFC 2595 §4). */
  readonly startsTls: boolean;
}

/** Where STLS is offered, of a server that has no CAPA: what a client must know before it logs in. */
export function leastCapabilities({ isLoginOpen }: Pick<CapabilityPolicy, "isLoginOpen">): string[] {
  return isLoginOpen ? ["USER", "STLS"] : ["STLS"];
}

export function filterCapabilities(lines: readonly string[], policy: CapabilityPolicy): string[] {
  const kept = keptOf(lines, policy);
  return policy.startsTls ? [...kept, "STLS"] : kept;
}

function keptOf(lines: readonly string[], { auth, isLoginOpen }: CapabilityPolicy): string[] {
  return lines.flatMap((line) => {
    // RFC 2449 section 3: words of printable ASCII, one blank between them.
    if (line.length > 510 || !/^[!-~]+(?: [!-~]+)*$/.test(line)) return [];
    const [word, ...parameters] = line.split(" ");
    const name = word!.toUpperCase();
    if (!isLoginOpen && (name === "USER" || name === "SASL")) return [];
    if (KEPT.has(name)) return [[name, ...parameters].join(" ")];
    if (name !== "SASL" || !auth) return [];
    const mechanisms = filterMechanisms(parameters);
    return mechanisms.length === 0 ? [] : [`SASL ${mechanisms.join(" ")}`];
  });
}
