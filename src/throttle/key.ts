// The key of what stands for passwords, by where guesses are counted: whoever counts in the same place has the same one,
// or a password that was tried before would be another guess for each of them. It is never beside what it is the key of.
// Knows places; not what is counted.

import { passwordOf } from "./password.ts";
import type { ThrottlePlace } from "./place.ts";
import { sharedKey } from "./shared-key.ts";

const PURPOSE = "protowrap: what stands for passwords where guesses are counted";

/** @returns null where nobody else need have it, or it cannot be had: then a fresh one does */
export function keyOf(place: NonNullable<ThrottlePlace>): string | null {
  if (place.kind === "memory") return null;
  return (place.kind === "redis" ? hostsKey(place) : null) ?? sharedKey();
}

/** Hosts share nothing but the password of the place, which is not in it. */
function hostsKey(place: NonNullable<ThrottlePlace> & { kind: "redis" }): string | null {
  try {
    const password = passwordOf(place);
    return password === null ? null : new Bun.CryptoHasher("sha256", password).update(PURPOSE).digest("hex");
  } catch {
    return null;
  }
}
