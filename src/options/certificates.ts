// What the files of --tls-cert and --tls-key come to: credentials, each a certificate with its chain and its key, and
// what is to be said of them. Knows X.509 by the runtime's own words, which are loaded when there is something to be
// understood; no file, and no client.

import type { KeyObject, X509Certificate } from "node:crypto";
import type { Credential } from "../policy/credentials.ts";
import type { EntryOf } from "../record/entry.ts";
import type { PemFiles } from "./pem.ts";
import { UsageError } from "./usage.ts";

/** A credential, and what of it interests whoever looks after it. */
export interface Certificate extends Credential {
  readonly path: string;
  /** When it ends, in milliseconds of the epoch. */
  readonly until: number;
  /** The SHA-256 of its public key, in hexadecimal. */
  readonly keyDigest: string;
}

/** Files that make no credential. */
export class CertificateError extends UsageError {
  /** @param state what the log says of it */
  constructor(
    readonly state: "mismatch" | "broken",
    readonly path: string,
    readonly text: string,
  ) {
    super(`--tls-cert: ${path}: ${text}`);
  }
}

/** Days before the end of a certificate from which on somebody is told: it should have been renewed. */
export const EXPIRING = 14;
const MILLISECONDS_A_DAY = 86_400_000;

/** It takes the runtime 2 ms and more to load: a client may be greeted first. */
const crypto = () => process.getBuiltinModule("node:crypto");

/** @throws CertificateError for the first file that is wrong */
export function certificatesOf({ certificates, keys }: PemFiles): readonly [Certificate, ...Certificate[]] {
  const texts = certificates.map((pem) => ({ path: pem.path, text: textOf(pem) }));
  const known = [...texts, ...keys.map((pem) => ({ path: pem.path, text: textOf(pem) }))].flatMap(keysIn);
  const [first, ...more] = texts.map(({ path, text }) => certificateOf(path, text, known));
  return [first!, ...more];
}

/** Whole days that are left; below 0 since it ended. @param now milliseconds of the epoch */
export function daysLeft({ until }: Pick<Certificate, "until">, now: number): number {
  return Math.floor((until - now) / MILLISECONDS_A_DAY);
}

/** What the log tells of it. @param now milliseconds of the epoch @param tlsa where its key is another than before */
export function toldOf(
  state: "loaded" | "expiring" | "expired",
  certificate: Certificate,
  now: number,
  tlsa?: string,
): EntryOf<"certificate"> {
  const until = new Date(certificate.until).toISOString();
  const fields = { state, cert: certificate.label, until, days: daysLeft(certificate, now) };
  return {
    ...{ level: 0, event: "certificate" },
    fields: tlsa === undefined ? fields : { ...fields, tlsa },
  };
}

/** What stands behind IN TLSA (RFC 6698 §2.1): the certificate's key alone, of a renewed one the same if its key is. */
export function tlsaOf({ keyDigest }: Pick<Certificate, "keyDigest">): string {
  return `3 1 1 ${keyDigest}`;
}

function textOf({ path, text, error }: PemFiles["keys"][number]): string {
  if (text === null) throw new CertificateError("broken", path, `cannot be read: ${error}`);
  return text;
}

function keysIn({ path, text }: { readonly path: string; readonly text: string }): KeyObject[] {
  return blocksOf(text, "(?:[A-Z]+ )?PRIVATE KEY").map((block) => {
    try {
      return crypto().createPrivateKey(block);
    } catch (error) {
      throw new CertificateError("broken", path, `its key is none: ${messageOf(error)}`);
    }
  });
}

function certificateOf(path: string, text: string, keys: readonly KeyObject[]): Certificate {
  const chain = blocksOf(text, "CERTIFICATE");
  if (chain.length === 0)
    throw new CertificateError("broken", path, "expected a certificate in PEM, got none");
  const x509 = chain.map((block) => {
    try {
      return new (crypto().X509Certificate)(block);
    } catch (error) {
      throw new CertificateError("broken", path, `a certificate in it is none: ${messageOf(error)}`);
    }
  })[0]!;
  const key = keys.find((candidate) => x509.checkPrivateKey(candidate));
  if (key === undefined)
    throw new CertificateError("mismatch", path, "expected its key, in the file or in one of --tls-key");
  const names = namesOf(x509);
  return {
    ...{ path, names, chain: `${chain.join("\n")}\n`, label: names[0] ?? path },
    key: key.export({ type: "pkcs8", format: "pem" }) as string,
    until: x509.validToDate.getTime(),
    keyDigest: crypto()
      .createHash("sha256")
      .update(x509.publicKey.export({ type: "spki", format: "der" }))
      .digest("hex"),
  };
}

/** Of hosts; where it has none of its own, the subject's (RFC 6125 §6.4.4). */
function namesOf({ subjectAltName = "", subject }: X509Certificate): string[] {
  const names = [...subjectAltName.matchAll(/(?:^|, )DNS:([^,"]+)(?=,|$)/g)].map(([, name]) => name!);
  const common = /(?:^|\n)CN=([^\n]+)/.exec(subject)?.[1];
  const all = names.length === 0 && common !== undefined ? [common] : names;
  return all
    .map((name) => name.toLowerCase())
    .filter((name) => /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name));
}

/** What a PEM file has of a kind, which is an expression. */
export function blocksOf(text: string, kind: string): string[] {
  return text.match(new RegExp(`-----BEGIN (${kind})-----[^]*?-----END \\1-----`, "g")) ?? [];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
