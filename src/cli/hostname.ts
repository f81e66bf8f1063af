// The name we give in greetings and replies: the host's, or --hostname. Resolves nothing.

import { readFileSync } from "node:fs";
import { isDomain } from "../protocols/smtp/domain.ts";
import { expected } from "./usage.ts";

/** The host's own name, or one that is grammatical anyway. */
export function hostName(): string {
  const name = readFileSync("/proc/sys/kernel/hostname", "latin1").trim();
  return isDomain(name) ? name : "localhost";
}

/** @throws UsageError */
export function checkedHostname(name: string): string {
  if (!isDomain(name)) throw expected("--hostname", "a domain name", name);
  return name;
}
