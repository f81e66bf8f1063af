// Domains as an administrator writes them: ".d" stands for the subdomains of d. Compared by whole labels, ASCII case
// folded; an entry is text, its dots are dots. Knows names; not what they are good for.

import type { Domains } from "./relay.ts";

export function domainsOf(entries: readonly string[]): Domains {
  const lines = new Set(entries.map((entry) => entry.toLowerCase()));
  return { has: (domain) => domain !== null && lines.size > 0 && hasDomain(lines, domain) };
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
