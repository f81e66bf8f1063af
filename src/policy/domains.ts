// Domains as an administrator writes them: ".d" stands for the subdomains of d. Compared by whole labels, as text: the
// dots of an entry are dots. Knows names; not what they are good for.

import { canonicalDomain } from "../wire/canonical.ts";
import type { Domains } from "./relay.ts";

export function domainsOf(entries: readonly string[]): Domains {
  const lines = new Set(entries.map((entry) => canonicalEntry(entry).toLowerCase()));
  return {
    has: (domain) => domain !== null && lines.size > 0 && hasDomain(lines, domain),
    some: (most) => [...lines].filter((entry) => !entry.startsWith(".")).slice(0, most),
  };
}

/** An entry as addresses are written: U-labels and A-labels are the same domain. What is none matches none. */
export function canonicalEntry(entry: string): string {
  const [dot, name] = entry.startsWith(".") ? [".", entry.slice(1)] : ["", entry];
  const canonical = canonicalDomain(name);
  return canonical === null ? entry : dot + canonical;
}

/** @param lines entries in lower case */
export function hasDomain(lines: { has(line: string): boolean }, domain: string): boolean {
  const name = domain.toLowerCase();
  if (name.startsWith(".") || /\s/.test(name)) return false;
  if (lines.has(name)) return true;
  for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1))
    if (lines.has(name.slice(dot))) return true;
  return false;
}
