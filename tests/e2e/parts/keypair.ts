// Knows a certificate that signs itself, and its key (ECDSA, P-256): made on the spot by openssl, once in a process.

import { writeFileSync } from "node:fs";
import { issue, newKey } from "../../certificate.ts";

export const NAME = "wrapper.test";

/** Both PEM. */
interface KeyPair {
  readonly chain: string;
  readonly key: string;
}

let made: KeyPair | null = null;

export function onTheSpot(): KeyPair {
  if (made !== null) return made;
  const key = newKey();
  made = { key, chain: issue(key, [NAME], 7) };
  return made;
}

/** Writes both into one file, as --tls-cert takes them. @returns its name */
export function pemBeside(path: string): string {
  const file = `${path}.pem`;
  const { chain, key } = onTheSpot();
  writeFileSync(file, `${chain}${key}`, { mode: 0o600 });
  return file;
}
