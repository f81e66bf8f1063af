// Knows a certificate that signs itself, and its key (ECDSA, P-256): made on the spot by openssl, once in a process.

import { writeFileSync } from "node:fs";

export const NAME = "wrapper.test";

/** Both PEM. */
interface KeyPair {
  readonly chain: string;
  readonly key: string;
}

let made: KeyPair | null = null;

export function onTheSpot(): KeyPair {
  if (made !== null) return made;
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "-"];
  const names = ["-subj", `/CN=${NAME}`, "-addext", `subjectAltName=DNS:${NAME}`];
  const argv = ["openssl", "req", "-x509", "-days", "7", ...key, ...names];
  const text = Bun.spawnSync(argv, { stderr: "ignore" }).stdout.toString();
  const at = text.indexOf("-----BEGIN CERTIFICATE");
  made = { key: text.slice(0, at), chain: text.slice(at) };
  return made;
}

/** Writes both into one file, as --tls-cert takes them. @returns its name */
export function pemBeside(path: string): string {
  const file = `${path}.pem`;
  const { chain, key } = onTheSpot();
  writeFileSync(file, `${chain}${key}`, { mode: 0o600 });
  return file;
}
