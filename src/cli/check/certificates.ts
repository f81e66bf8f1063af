// The certificates a configuration names, looked at where they are: whether they can be served, how long, for which
// names, and by which record they are published. Knows files and certificates; not whether TLS is spoken, nor to whom.

import {
  type Certificate,
  CertificateError,
  certificatesOf,
  daysLeft,
  EXPIRING,
  tlsaOf,
} from "../../options/certificates.ts";
import { type Pem, readPem } from "../../options/pem.ts";
import type { TlsPlan } from "../../options/tls.ts";
import { isFor } from "../../policy/credentials.ts";
import type { Row } from "../../protocols/protocol.ts";
import { error, type Finding, warning } from "./finding.ts";
import { changers, isReadableByAll } from "./rights.ts";

export interface Looked {
  readonly rows: readonly Row[];
  readonly findings: readonly Finding[];
}

/** What a certificate is looked at for. */
export interface Purpose {
  /** Our name, as it is in greetings. */
  readonly hostname: string;
  /** Where clients come in. */
  readonly ports: readonly number[];
  /** It has to be started as root, who reads what others may not. */
  readonly isForRoot: boolean;
  /** Whoever looks is root. */
  readonly isRoot: boolean;
  /** Milliseconds of the epoch. */
  readonly now: number;
}

export function lookAt(plan: Pick<TlsPlan, "certificates" | "keys" | "where">, purpose: Purpose): Looked {
  const { certificates, keys } = readPem(plan);
  const all = [...certificates, ...keys];
  const findings = all.flatMap((pem) => [...unreadable(pem, purpose), ...exposed(pem, purpose)]);
  const known = certificates.flatMap((one) => understood(one, all, (mistake) => findings.push(mistake)));
  findings.push(...known.flatMap((certificate) => ofAge(certificate, purpose.now)));
  const isOurs = known.some((certificate) => isFor(certificate, purpose.hostname.toLowerCase()));
  if (known.length === certificates.length && !isOurs)
    findings.push(warning(plan.where, `no certificate is for ${purpose.hostname}, our name (--hostname)`));
  return { rows: known.flatMap((certificate) => rowsOf(certificate, purpose)), findings: distinct(findings) };
}

/**
 * One by one, so that the mistake of one does not hide that of another.
 * @param all any of which may have its key
 */
function understood(one: Pem, all: readonly Pem[], report: (mistake: Finding) => void): Certificate[] {
  if (one.text === null) return [];
  let keys = all.filter((pem) => pem !== one && pem.text !== null);
  for (;;) {
    try {
      return [...certificatesOf({ certificates: [one], keys })];
    } catch (reason) {
      if (!(reason instanceof CertificateError)) throw reason;
      // Of a certificate whose key may stand where nothing could be understood nothing is known.
      if (reason.state === "mismatch" && keys.length < all.length - 1) return [];
      report(error(reason.path, reason.text));
      if (reason.path === one.path) return [];
      keys = keys.filter(({ path }) => path !== reason.path);
    }
  }
}

function unreadable({ path, text, error: why }: Pem, { isForRoot, isRoot }: Purpose): Finding[] {
  if (text !== null) return [];
  if (isForRoot && !isRoot && why === "EACCES")
    return [warning(path, "cannot be looked at by you; root may")];
  return [error(path, `cannot be read: ${why}`)];
}

/** What others can do with the file. */
function exposed({ path, text }: Pem, { isForRoot }: Purpose): Finding[] {
  if (text === null) return [];
  const isKey = text.includes("PRIVATE KEY-----");
  return [
    ...(isKey && isReadableByAll(path) ? [warning(path, "anyone can read the key in it: chmod 0600")] : []),
    ...changers(path, isForRoot).map((who) =>
      warning(path, `what proves who we are may be replaced: ${who}`),
    ),
  ];
}

function ofAge(certificate: Certificate, now: number): Finding[] {
  const days = daysLeft(certificate, now);
  if (days >= EXPIRING) return [];
  const when = `on ${dateOf(certificate)}`;
  return [
    warning(
      certificate.path,
      days < 0 ? `ended ${when}; it is offered on` : `ends ${when}, in ${counted(days, "day")}`,
    ),
  ];
}

/** Names that are shown; the rest is counted. */
const MOST_NAMES = 6;

function rowsOf(certificate: Certificate, { hostname, ports, now }: Purpose): Row[] {
  const { names, path } = certificate;
  const days = daysLeft(certificate, now);
  const shown = names.slice(0, MOST_NAMES).join(", ") || "no name";
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  const left = days < 0 ? "ended" : `${counted(days, "day")} left, until`;
  const ours = hostname.toLowerCase();
  const name = isFor(certificate, ours) ? ours : names.find((one) => !one.startsWith("*"));
  const owners = name === undefined ? [] : ports.map((port) => `_${port}._tcp.${name}. IN `);
  return [
    ["tls", `${path}: for ${shown}${more}; ${left} ${dateOf(certificate)}`],
    ...(owners.length === 0 ? [""] : owners).map(
      (owner): Row => ["tls", `${owner}TLSA ${tlsaOf(certificate)}`],
    ),
  ];
}

function dateOf({ until }: Certificate): string {
  return new Date(until).toISOString().slice(0, 10);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A key file that is wrong is so for every certificate. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.about}: ${finding.text}`, finding])).values()];
}
