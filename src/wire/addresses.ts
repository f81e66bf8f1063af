// IPv4 and IPv6 addresses as octets and as text (RFC 4291, RFC 5952). Knows notations; no network, and no socket.

import { isIPv4, isIPv6 } from "./domain.ts";

/** An address and a port of one side of a connection. */
export interface Endpoint {
  /** IPv4 or IPv6 as text; an IPv4-mapped IPv6 address as IPv4. Null when unknown. */
  readonly address: string | null;
  readonly port: number | null;
}

/** Both ends of a connection. */
export interface Ends {
  readonly client: Endpoint;
  readonly server: Endpoint;
}

export const NOBODY: Endpoint = { address: null, port: null };

/** @param octets four, or sixteen */
export function addressFrom(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  const groups = Array.from({ length: 8 }, (_, at) => (octets[2 * at]! << 8) | octets[2 * at + 1]!);
  return fold(writeIPv6(groups));
}

/** @returns four octets, or sixteen; null for what is no address */
export function octetsOf(address: string): Uint8Array | null {
  if (isIPv4(address)) return Uint8Array.from(address.split("."), Number);
  if (!isIPv6(address)) return null;
  return Uint8Array.from(groupsOf(address).flatMap((group) => [group >> 8, group & 255]));
}

/** One notation for each address: IPv6 shortened, IPv4-mapped as IPv4. @returns null for what is none */
export function normalized(text: string): string | null {
  if (isIPv4(text)) return text;
  return isIPv6(text) ? fold(writeIPv6(groupsOf(text))) : null;
}

/** An IPv6 address stays one, be it of an IPv4 host. @param text an IPv6 address in any of its notations */
export function canonicalIPv6(text: string): string {
  return writeIPv6(groupsOf(text));
}

/** RFC 5952: lower case, the first longest run of two or more zero groups as "::". */
export function writeIPv6(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(":");
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${groups[6]! >> 8}.${groups[6]! & 255}.${groups[7]! >> 8}.${groups[7]! & 255}`;
  let best = "";
  for (const run of text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g))
    if (run[0].length > best.length + 1) best = run[0];
  if (best === "") return text;
  const at = text.indexOf(best);
  return `${text.slice(0, at)}::${text.slice(at + best.length).replace(/^:/, "")}`;
}

/** The same host seen over a dual-stack socket. */
function fold(address: string): string {
  return address.startsWith("::ffff:") && isIPv4(address.slice(7)) ? address.slice(7) : address;
}

/** @param text an IPv6 address in any of its notations */
function groupsOf(text: string): number[] {
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a, b, c, d] = bytes.map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [before, after = []] = plain
    .split("::")
    .map((side) => (side === "" ? [] : side.split(":").map((group) => Number.parseInt(group, 16))));
  return [...before!, ...new Array(8 - before!.length - after.length).fill(0), ...after];
}
