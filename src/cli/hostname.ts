// The name we give in greetings and replies: the host's, or --hostname. Resolves nothing.

import { readFileSync } from "node:fs";
import { expected } from "../options/usage.ts";
import { isDomain } from "../wire/domain.ts";

/** The host's own name, or one that is grammatical anyway. */
export function hostName(): string {
  const name = readFileSync("/proc/sys/kernel/hostname", "latin1").trim();
  return isDomain(name) ? name : "localhost";
}

/** @throws UsageError */
export function checkedHostname(name: string, where: string): string {
  if (!isDomain(name)) throw expected(where, "a domain name", name);
  return name;
}
