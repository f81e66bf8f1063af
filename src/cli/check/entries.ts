// What entries of lists come to, so that they can be compared: one key for each, however it is written, and the keys of
// what would have it in it. Knows kinds; no option by its name.

import { type Kind, SYSTEM } from "../../options/table.ts";
import { keyOf } from "../../policy/lists/networks.ts";
import { type Network, parseNetwork } from "../../policy/network.ts";
import { nameOf } from "../../policy/recipients.ts";

export interface Canonical {
  readonly key: string;
  readonly network: Network | null;
}

/** @returns null for what is no entry */
export type Understand = (entry: string) => Canonical | null;

export async function canonicalOf({ kind }: Kind): Promise<Understand> {
  switch (kind) {
    case "networks":
      return (entry) => {
        const network = parseNetwork(entry);
        return network === null ? null : { key: networkKey(network), network };
      };
    case "domains": {
      const { isDomainEntry } = await import("../../policy/lists/domains.ts");
      const { canonicalEntry } = await import("../../policy/domains.ts");
      return (entry) => keyed(canonicalEntry(entry).toLowerCase(), isDomainEntry);
    }
    case "recipients": {
      const { canonicalAddress, isRecipientEntry } = await import("../../policy/recipients.ts");
      const isEntry = (entry: string) => entry === SYSTEM || isRecipientEntry(entry);
      return (entry) => keyed(canonicalAddress(entry).toLowerCase(), isEntry);
    }
    case "patterns":
    case "content": {
      const { compilePattern } = await import("../../policy/expressions.ts");
      return (entry) =>
        text(
          entry,
          holds(() => compilePattern(entry)),
        );
    }
    default: {
      const { parseBlackhole } = await import("../../policy/blackhole.ts");
      return (entry) => text(entry.toLowerCase(), parseBlackhole(entry) !== null);
    }
  }
}

/** @returns the keys of all that would have the entry in it, the narrowest first */
export function coversOf({ kind }: Kind, { key, network }: Canonical): readonly string[] {
  if (network !== null)
    return Array.from({ length: network.bits }, (_, at) =>
      networkKey({ ...network, bits: network.bits - at - 1 }),
    );
  if (kind === "recipients") return coversOfRecipient(key);
  if (kind !== "domains") return [];
  return Array.from(key.matchAll(/\./g), ({ index }) => key.slice(index)).filter((cover) => cover !== key);
}

/** By the name without what its owner adds to it, and by the domain. */
function coversOfRecipient(key: string): readonly string[] {
  const at = key.lastIndexOf("@");
  if (at === 0) return [];
  const domain = key.slice(at);
  const name = nameOf(key.slice(0, at));
  return name === null ? [domain] : [`${name}${domain}`, domain];
}

function networkKey(network: Network): string {
  return `${network.octets.length} ${network.bits} ${keyOf(network)}`;
}

/** @param isEntry of what is in canonical form and in lower case */
function keyed(key: string, isEntry: (entry: string) => boolean): Canonical | null {
  return text(key, isEntry(key));
}

function text(key: string, isEntry: boolean): Canonical | null {
  return isEntry ? { key, network: null } : null;
}

function holds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
