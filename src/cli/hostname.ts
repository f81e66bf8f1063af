// The name we give in greetings and replies: the host's, or --hostname. Resolves nothing.

import { expected } from "../options/usage.ts";
import { isDomain } from "../wire/domain.ts";

/** @param name the host's own @returns that, or one that is grammatical anyway */
export function usableName(name: string): string {
  return isDomain(name) ? name : "localhost";
}

/** @throws UsageError */
export function checkedHostname(name: string, where: string): string {
  if (!isDomain(name)) throw expected(where, "a domain name", name);
  return name;
}
