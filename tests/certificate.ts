// Makes keys and certificates with openssl on the spot, as PEM: as text, or as files. Knows nothing of who reads them.

import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

export interface CertificatePlan {
  readonly common?: string | null;
  /** As openssl writes subjectAltName; null for none. */
  readonly names?: string | null;
  readonly kind?: "ec" | "rsa";
  /** Until it ends; below 0 it has. */
  readonly days?: number;
  /** Who signed it; by default itself. */
  readonly issuer?: Made;
  readonly isAuthority?: boolean;
}

export interface Made {
  readonly certificate: string;
  readonly key: string;
  /** What is in them. */
  readonly text: { readonly certificate: string; readonly key: string };
}

/** @param directory where `<name>.crt` and `<name>.key` come to be */
export function makeCertificate(directory: string, name: string, plan: CertificatePlan = {}): Made {
  const { common = "mx.test", names = null, kind = "ec", days = 30, issuer, isAuthority = false } = plan;
  const certificate = join(directory, `${name}.crt`);
  const key = join(directory, `${name}.key`);
  const request = join(directory, `${name}.csr`);
  const [type, size] = kind === "ec" ? ["EC", "ec_paramgen_curve:P-256"] : ["RSA", "rsa_keygen_bits:2048"];
  openssl(["genpkey", "-algorithm", type!, "-pkeyopt", size!, "-out", key]);
  const subject = `/O=Tests${common === null ? "" : `/CN=${common}`}`;
  openssl(["req", "-new", "-key", key, "-subj", subject, "-out", request]);
  const day = (from: number) =>
    new Date(Date.now() + from * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, "");
  const extensions = [
    ...(names === null ? [] : [`subjectAltName=${names}`]),
    `basicConstraints=critical,CA:${isAuthority ? "TRUE" : "FALSE"}`,
  ];
  const config = join(directory, `${name}.cnf`);
  // `openssl ca` alone says both when it begins and when it ends.
  const by = issuer ?? { certificate: null, key };
  writeFileSync(
    config,
    `[ca]
default_ca = own
[own]
database = ${join(directory, `${name}.index`)}
serial = ${join(directory, `${name}.serial`)}
new_certs_dir = ${directory}
default_md = sha256
policy = any
x509_extensions = extensions
unique_subject = no
[any]
organizationName = optional
commonName = optional
[extensions]
${extensions.join("\n")}
`,
  );
  Bun.spawnSync(["sh", "-c", ": >$0.index; openssl rand -hex 8 >$0.serial", join(directory, name)]);
  openssl([
    ...["ca", "-batch", "-notext", "-config", config, "-in", request, "-out", certificate],
    ...["-startdate", day(Math.min(days, 0) - 1), "-enddate", day(days), "-keyfile", by.key],
    ...(by.certificate === null ? ["-selfsign"] : ["-cert", by.certificate]),
  ]);
  const text = { certificate: readFileSync(certificate, "latin1"), key: readFileSync(key, "latin1") };
  return { certificate, key, text };
}

function openssl(args: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["openssl", ...args], { timeout: 20_000 });
  if (exitCode !== 0) throw new Error(`openssl ${args[0]}: ${stderr.toString()}`);
  return stdout.toString();
}
