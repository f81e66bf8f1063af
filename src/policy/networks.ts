// Networks as the administrator writes them, several: whether an address is in one of them, and what two of them have in
// common. Knows addresses as text; not where the networks were written.

import { type EntryError, type ListText, textOf } from "./lists/entries.ts";
import { NetworkList } from "./lists/networks.ts";
import { addressOctets, contains, type Network, parseNetwork } from "./network.ts";

/** Tells whether an address is in one of the networks; an unknown client (null) is in none. */
export type Membership = (address: string | null) => boolean;

/** More are searched for in their text. */
const FEW = 64;

/** @throws Error naming the entry that is no network */
export function compileNetworks(entries: readonly string[]): Membership {
  const text = entries.length > FEW ? textOf(entries) : null;
  if (text !== null) return ofText(text, entries);
  const networks = entries.map(networkOf);
  return (address) => {
    const octets = address === null ? null : addressOctets(address);
    return octets !== null && networks.some((network) => contains(network, octets));
  };
}

function ofText(text: ListText, entries: readonly string[]): Membership {
  const list = new NetworkList(text);
  try {
    list.prove();
  } catch (error) {
    throw new Error(entries[(error as EntryError).line - 1]);
  }
  return (address) => list.has(address);
}

function networkOf(entry: string): Network {
  const network = parseNetwork(entry);
  if (network === null) throw new Error(entry);
  return network;
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
      const [wider, narrower] = network.bits < its.bits ? [network, its] : [its, network];
      if (!contains(wider, narrower.octets)) return [];
      const is = network.bits === its.bits ? "same" : network.bits > its.bits ? "inside" : "around";
      return [{ entry, other, is } as const];
    }),
  );
}

/** @returns of how many bits of its family's the network is; null for what is none */
export function sizeOf(entry: string): { readonly kind: "ipv4" | "ipv6"; readonly bits: number } | null {
  const network = parseNetwork(entry);
  return network === null
    ? null
    : { kind: network.octets.length === 4 ? "ipv4" : "ipv6", bits: network.bits };
}

function parsed(entry: string): { entry: string; network: Network }[] {
  const network = parseNetwork(entry);
  return network === null ? [] : [{ entry, network }];
}
