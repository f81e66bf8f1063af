// Domains as an administrator writes them: ".d" stands for the subdomains of d. Compared by whole labels, ASCII case
// folded; an entry is text, its dots are dots. Knows names; not what they are good for.

import { hasDomain } from "./lists/domains.ts";
import type { Domains } from "./relay.ts";

export function domainsOf(entries: readonly string[]): Domains {
  const lines = new Set(entries.map((entry) => entry.toLowerCase()));
  return { has: (domain) => domain !== null && lines.size > 0 && hasDomain(lines, domain) };
}
