// The certificates of a listener as they are now: their files are looked at, and changed ones are understood before they
// take the place of those that are served. Knows files and certificates; who is told of them is the supervisor's.

import { statSync } from "node:fs";
import {
  CertificateError,
  certificatesOf,
  daysLeft,
  EXPIRING,
  tlsaOf,
  toldOf,
} from "../options/certificates.ts";
import { type PemFiles, readPem } from "../options/pem.ts";
import type { TlsPlan } from "../options/tls.ts";
import type { Entry } from "../record/entry.ts";

/** How often dates are told. */
const MILLISECONDS_A_DAY = 86_400_000;

/** A certificate by its first name, and when it ends: milliseconds of the epoch. */
export interface Dated {
  readonly name: string;
  readonly until: number;
}

export class Renewal {
  readonly #plan: Pick<TlsPlan, "certificates" | "keys">;
  readonly #log: (entry: Entry) => void;
  readonly #now: () => number;
  #files: PemFiles;
  #marks: string;
  /** At the last look they were wrong, and nobody was told: one file of two may have been written. */
  #isDoubted = false;
  /** By file, the key that its certificate had: whoever has published it must hear of another one. */
  #keys: ReadonlyMap<string, string> = new Map();
  #dates: readonly Dated[] = [];
  /** When dates were looked at last. */
  #told = Number.NEGATIVE_INFINITY;

  /**
   * @param plan with absolute paths @param now milliseconds of the epoch
   * @throws CertificateError where there is nothing to begin with
   */
  constructor(
    plan: Pick<TlsPlan, "certificates" | "keys">,
    log: (entry: Entry) => void,
    now: () => number = Date.now,
  ) {
    this.#plan = plan;
    this.#log = log;
    this.#now = now;
    this.#marks = this.#marksNow();
    this.#files = readPem(plan);
    this.#take(this.#files);
  }

  /** What workers are told: the files' own text. */
  get current(): string {
    return JSON.stringify(this.#files);
  }

  /** Of those that are served. */
  get dates(): readonly Dated[] {
    return this.#dates;
  }

  /**
   * @returns whether others are to be served from now on; where they are wrong the old ones are kept, which is told when
   * they still are at the next look
   */
  look(): boolean {
    if (this.#now() - this.#told >= MILLISECONDS_A_DAY) this.#tellDates();
    const marks = this.#marksNow();
    if (marks === this.#marks && !this.#isDoubted) return false;
    this.#marks = marks;
    try {
      this.#take(readPem(this.#plan));
      this.#isDoubted = false;
      return true;
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      if (this.#isDoubted) this.#tellKept(error);
      this.#isDoubted = !this.#isDoubted;
      return false;
    }
  }

  #tellKept({ path, message }: CertificateError): void {
    this.#log({
      ...{ level: 0, event: "certificate" },
      fields: { state: "kept-old", cert: path, error: message },
    });
  }

  /** @throws CertificateError */
  #take(files: PemFiles): void {
    const all = certificatesOf(files);
    for (const certificate of all) {
      const { path, keyDigest } = certificate;
      const isAnother = (this.#keys.get(path) ?? keyDigest) !== keyDigest;
      this.#log(toldOf("loaded", certificate, this.#now(), isAnother ? tlsaOf(certificate) : undefined));
    }
    this.#keys = new Map(all.map(({ path, keyDigest }) => [path, keyDigest]));
    this.#files = files;
    this.#dates = all.map(({ names, path, until }) => ({ name: names[0] ?? path, until }));
    this.#tellDates();
  }

  #tellDates(): void {
    this.#told = this.#now();
    for (const certificate of certificatesOf(this.#files)) {
      const days = daysLeft(certificate, this.#told);
      if (days < EXPIRING) this.#log(toldOf(days < 0 ? "expired" : "expiring", certificate, this.#told));
    }
  }

  /** What changes when a file does: certbot moves a link to another file, others write it anew. */
  #marksNow(): string {
    const { certificates, keys } = this.#plan;
    return [...certificates, ...keys].map(markOf).join("\n");
  }
}

function markOf(path: string): string {
  try {
    const { dev, ino, mtimeMs, size } = statSync(path);
    return [dev, ino, mtimeMs, size].join(" ");
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}
