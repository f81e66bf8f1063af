// One network as an administrator writes it: an address, CIDR, or the thesis' prefix ("192.168.1"). An IPv4-mapped
// address is its IPv4 address. Knows addresses as text; resolves no names.

import { octetsOf } from "../wire/addresses.ts";

export interface Network {
  /** Four or sixteen, of which those behind the network's own bits may be any. */
  readonly octets: Uint8Array;
  readonly bits: number;
}

/** @returns null for what is none */
export function parseNetwork(entry: string): Network | null {
  const slash = entry.indexOf("/");
  const octets = octetsIn(slash < 0 ? entry : entry.slice(0, slash));
  if (octets === null) return slash < 0 ? parsePrefix(entry) : null;
  const most = octets.length * 8;
  if (slash < 0) return folded(octets, most);
  const length = entry.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(length) || Number(length) > most) return null;
  return folded(octets, Number(length));
}

/** @returns the octets of an address, IPv4-mapped as IPv4; null for what is none */
export function addressOctets(text: string): Uint8Array | null {
  const octets = octetsIn(text);
  return octets === null ? null : folded(octets, octets.length * 8).octets;
}

/** @param octets of an address */
export function contains({ octets: own, bits }: Network, octets: Uint8Array): boolean {
  if (own.length !== octets.length) return false;
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (own[at] !== octets[at]) return false;
  const rest = bits & 7;
  return rest === 0 || (own[whole]! ^ octets[whole]!) >> (8 - rest) === 0;
}

function octetsIn(text: string): Uint8Array | null {
  return text.length > 45 ? null : octetsOf(text);
}

/** Two octets of ones behind ten of zeroes. */
function folded(octets: Uint8Array, bits: number): Network {
  if (octets.length === 4 || bits < 96) return { octets, bits };
  for (let at = 0; at < 10; at++) if (octets[at] !== 0) return { octets, bits };
  if (octets[10] !== 255 || octets[11] !== 255) return { octets, bits };
  return { octets: octets.slice(12), bits: bits - 96 };
}

/** "192.168.1" is 192.168.1.0/24: whole octets, never a string prefix that 192.168.10 would match. */
function parsePrefix(entry: string): Network | null {
  if (!/^(?:[0-9]{1,3}\.){0,2}[0-9]{1,3}\.?$/.test(entry)) return null;
  const numbers = entry
    .split(".")
    .filter((octet) => octet !== "")
    .map(Number);
  if (numbers.some((octet) => octet > 255)) return null;
  return { octets: Uint8Array.from([...numbers, 0, 0, 0].slice(0, 4)), bits: numbers.length * 8 };
}
