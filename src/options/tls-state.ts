// What of TLS a process has to offer at the moment: its certificates, once they are understood, and what follows for
// clients. Knows plans and credentials; loads what understands certificates when it is asked to, and not before.

import type { TlsTerms } from "../io/tls.ts";
import type { TlsOffer } from "../protocols/protocol.ts";
import type { Entry } from "../record/entry.ts";
import type { PemFiles } from "./pem.ts";
import type { TlsPlan } from "./tls.ts";

export class TlsState {
  readonly #plan: Pick<TlsPlan, "mode" | "profile" | "seconds">;
  #terms: TlsTerms | null = null;
  /** Understands what was put off. */
  #late: (() => void) | null = null;
  readonly #log: (entry: Entry) => void;

  constructor(plan: Pick<TlsPlan, "mode" | "profile" | "seconds">, log: (entry: Entry) => void) {
    this.#plan = plan;
    this.#log = log;
  }

  /** TLS is spoken from the first octet on. */
  get isImplicit(): boolean {
    return this.#plan.mode === "implicit";
  }

  /** Asked for when somebody is to be told: what was put off is understood now, and nothing is offered without. */
  get offer(): TlsOffer {
    const { mode } = this.#plan;
    if (mode === "implicit") return "off";
    this.understand();
    return this.#terms === null ? "withheld" : mode;
  }

  /** @throws where `load` has not been kept */
  get terms(): TlsTerms {
    if (this.#terms === null) throw new Error("TLS is asked for, and no certificate has been understood");
    return this.#terms;
  }

  /**
   * Understands certificates; those that were understood before go, unless these are wrong.
   * @throws CertificateError
   */
  async load(files: PemFiles): Promise<void> {
    this.#take(await import("./certificates.ts"), files);
  }

  /**
   * The same where clients can do without, put off until the offer is asked for, or somebody has time: one that is wrong
   * is told, and TLS is not offered.
   */
  async loadLater(files: PemFiles): Promise<void> {
    const x509 = await import("./certificates.ts");
    this.#late = () => {
      try {
        this.#take(x509, files);
      } catch (error) {
        if (!(error instanceof x509.CertificateError)) throw error;
        const { state, path, message } = error;
        this.#log({ level: 0, event: "certificate", fields: { state, cert: path, error: message } });
      }
    };
  }

  /** What was put off is not put off any more. */
  understand(): void {
    const late = this.#late;
    this.#late = null;
    late?.();
  }

  #take({ certificatesOf, daysLeft, toldOf }: typeof import("./certificates.ts"), files: PemFiles): void {
    const credentials = certificatesOf(files);
    const { profile, seconds } = this.#plan;
    this.#terms = { credentials, profile, seconds };
    const now = Date.now();
    // Senders do not look at the date: it is offered on, and somebody is told.
    for (const certificate of credentials)
      if (daysLeft(certificate, now) < 0) this.#log(toldOf("expired", certificate, now));
  }
}
