// Keys and certificates that openssl makes on the spot, as PEM, for tests.

import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A private key, EC P-256. */
export function newKey(): string {
  return openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
}

/** A certificate that its own key has signed. @param days it ends after; below 0 it has ended */
export function issue(key: string, names: readonly string[], days = 90): string {
  const folder = mkdtempSync(join(tmpdir(), "protowrap-openssl-"));
  try {
    const path = join(folder, "key.pem");
    writeFileSync(path, key);
    const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`;
    const subject = ["-subj", `/CN=${names[0]}`, "-addext", alternatives];
    return openssl(["req", "-x509", "-key", path, "-days", String(days), ...subject]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The SHA-256 of its public key, in hexadecimal. */
export function digestOf(key: string): string {
  const spki = createPublicKey(createPrivateKey(key)).export({ type: "spki", format: "der" });
  return createHash("sha256").update(spki).digest("hex");
}

function openssl(args: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["openssl", ...args], { timeout: 20_000 });
  if (exitCode !== 0) throw new Error(`openssl ${args[0]}: ${stderr.toString()}`);
  return stdout.toString();
}
