// A client that may come to speak TLS, or does from the beginning: spoken to in the clear until then, and never again
// after. Knows descriptors; what is spoken is tls.ts's. Loaded by nobody who speaks no TLS.

import * as libc from "../os/libc.ts";
import { now } from "./alarm.ts";
import type { Client } from "./peer.ts";
import { type Reader, reader } from "./reader.ts";
import { ClearClient, type DescriptorClient } from "./stdio.ts";
import type { Secured, TlsClient, TlsTerms } from "./tls.ts";

/** The terms at that moment: certificates are renewed. */
export type Terms = () => TlsTerms;

/**
 * @param input is read, and @param output written: two descriptors of one socket
 * @param atLeisure done once, when the client has been told something in the clear and has yet to answer
 */
export function securableOn(
  input: number,
  output: number,
  terms: Terms,
  atLeisure: (() => void) | null = null,
): DescriptorClient {
  return new SecurableClient(input, output, terms, atLeisure);
}

class SecurableClient implements DescriptorClient {
  readonly #clear: ClearClient;
  readonly #input: number;
  readonly #output: number;
  readonly #terms: Terms;
  #atLeisure: (() => void) | null;
  #isTold = false;
  #module: typeof import("./tls.ts") | null = null;
  /** When it was first waited for (milliseconds). */
  #hailed: number | null = null;
  #tls: TlsClient | null = null;
  readonly #spoken = Promise.withResolvers<Secured>();
  /** Kept when our last octet in TLS is with the kernel: what still comes is nobody's. */
  #ended: Promise<void> | null = null;
  #lingering: Reader | null = null;
  #over = false;

  constructor(input: number, output: number, terms: Terms, atLeisure: (() => void) | null) {
    this.#clear = new ClearClient(input, output, true);
    this.#input = input;
    this.#output = output;
    this.#terms = terms;
    this.#atLeisure = atLeisure;
    this.#spoken.promise.catch(() => {}); // nobody need want to know
  }

  get spoken(): Promise<Secured> {
    return this.#spoken.promise;
  }

  get #peer(): ClearClient | TlsClient {
    return this.#tls ?? this.#clear;
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#ended === null) return this.#peer.read();
    await this.#ended;
    if (this.#over) return null;
    this.#lingering ??= reader(this.#output);
    return this.#lingering.read();
  }

  write(octets: Uint8Array): void {
    this.#isTold = true;
    this.#peer.write(octets);
  }

  flush(): Promise<unknown> | null {
    const flushed = this.#peer.flush();
    if (this.#isTold && this.#atLeisure !== null) {
      setImmediate(this.#atLeisure);
      this.#atLeisure = null;
    }
    return flushed;
  }

  isBroken(): boolean {
    return this.#clear.isBroken();
  }

  isReady(): boolean {
    return this.#tls === null ? this.#clear.isReady() : this.#tls.isReady;
  }

  hasUnread(): boolean {
    return this.#tls === null ? this.#clear.hasUnread() : this.#tls.isReady;
  }

  async hail(): Promise<void> {
    this.#hailed = now();
    const { helloBegun } = await import("./hello.ts");
    await helloBegun(this.#input, this.#terms().seconds, () => this.#over);
    this.#module = await import("./tls.ts");
  }

  async secure(): ReturnType<NonNullable<Client["secure"]>> {
    // Where it was waited for, nothing may be said before this: no turn of anybody's comes between.
    const { TlsClient } = this.#module ?? (await import("./tls.ts"));
    const waited = this.#hailed === null ? 0 : (now() - this.#hailed) / 1000;
    this.#tls = new TlsClient(this.#input, this.#terms().seconds - waited, this.#terms);
    const { secured } = this.#tls;
    this.#spoken.resolve(secured);
    return secured;
  }

  end(): void {
    if (this.#tls === null) return this.#clear.end();
    this.#ended = this.#tls.end().then(() => void libc.shutdownWrite(this.#output));
  }

  close(): void {
    this.#over = true;
    // Also where it only waits for the client: it looks at the descriptor, which may soon be another's.
    this.#tls?.cancel();
    if (this.#tls === null || !this.#tls.isAdopted) return this.#clear.close();
    // The other descriptor has one owner, too.
    if (this.#lingering !== null) this.#lingering.cancel();
    else libc.close(this.#output);
  }
}
