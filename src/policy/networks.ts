// Networks as the administrator writes them: an address, CIDR, or the thesis' prefix ("192.168.1"). IPv4 and
// IPv6 by ipaddr.js; an IPv4-mapped address is its IPv4 address. Knows addresses as text; resolves no names.

import ipaddr from "ipaddr.js";

/** Tells whether an address is in one of the networks; an unknown client (null) is in none. */
export type Membership = (address: string | null) => boolean;

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** @throws Error naming the entry that is no network */
export function compileNetworks(entries: readonly string[]): Membership {
  const networks = entries.map(parseNetwork);
  return (text) => {
    if (text === null || !ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return networks.some((network) => network[0].kind() === address.kind() && address.match(network));
  };
}

/** Entries, as they were written, that have addresses in common. */
export interface Overlap {
  readonly entry: string;
  readonly other: string;
  /** What the entry's network is to the other's: two that overlap are the same, or one contains the other. */
  readonly is: "same" | "inside" | "around";
}

/** All of one list with all of the other. An entry that is no network overlaps with none. */
export function overlaps(entries: readonly string[], others: readonly string[]): Overlap[] {
  const known = others.flatMap(parsed);
  return entries.flatMap(parsed).flatMap(({ entry, network }) =>
    known.flatMap(({ entry: other, network: its }) => {
      const [[address, bits], [start, length]] = [network, its];
      const least = Math.min(bits, length);
      if (address.kind() !== start.kind() || !address.match([start, least])) return [];
      return [{ entry, other, is: bits === length ? "same" : bits > length ? "inside" : "around" } as const];
    }),
  );
}

/** @returns of how many bits of its family's the network is; null for what is none */
export function sizeOf(entry: string): { readonly kind: "ipv4" | "ipv6"; readonly bits: number } | null {
  const [known] = parsed(entry);
  return known === undefined ? null : { kind: known.network[0].kind(), bits: known.network[1] };
}

function parsed(entry: string): { entry: string; network: Network }[] {
  try {
    return [{ entry, network: parseNetwork(entry) }];
  } catch {
    return [];
  }
}

function parseNetwork(entry: string): Network {
  const prefix = /^(?:[0-9]{1,3}\.){0,2}[0-9]{1,3}\.?$/.test(entry) ? parsePrefix(entry) : null;
  if (prefix !== null) return prefix;
  if (ipaddr.IPv4.isValidCIDR(entry) && !ipaddr.IPv4.isValidCIDRFourPartDecimal(entry))
    throw new Error(entry);
  if (ipaddr.isValidCIDR(entry)) return unmapped(ipaddr.parseCIDR(entry));
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(entry) || ipaddr.IPv6.isValid(entry);
  if (!isAddress) throw new Error(entry);
  const address = ipaddr.process(entry);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

/**
 * "192.168.1" is 192.168.1.0/24: whole octets, never a string prefix that 192.168.10 would match.
 * @param entry one to three numbers
 */
function parsePrefix(entry: string): Network | null {
  const octets = entry.split(".").filter((octet) => octet !== "");
  if (octets.some((octet) => Number(octet) > 255)) return null;
  const padded = [...octets.map(Number), 0, 0, 0].slice(0, 4);
  return [new ipaddr.IPv4(padded), octets.length * 8];
}

/** A network of IPv4-mapped addresses is an IPv4 network. */
function unmapped([address, bits]: Network): Network {
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96)
    return [address.toIPv4Address(), bits - 96];
  return [address, bits];
}
