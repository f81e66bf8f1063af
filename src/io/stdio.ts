// The client on descriptors: 0 and 1, a socket or two pipes, or a socket that was passed to us. The runtime's own
// streams are used, not the node-style ones: they cost 3 ms less before the greeting, and read by demand.

import * as libc from "../os/libc.ts";
import type { Client } from "./peer.ts";
import { type Reader, reader } from "./reader.ts";
import type { TlsClient, TlsTerms } from "./tls.ts";
import { writer } from "./writer.ts";

/** The terms at that moment: certificates are renewed. */
export type Terms = () => TlsTerms;

/** The client of a process that has one. @param terms null where no TLS is spoken */
export function stdio(terms: Terms | null): Client {
  return clientOn(0, 1, terms);
}

export interface DescriptorClient extends Client {
  /** Closes both descriptors: whoever has one client only need not. */
  close(): void;
}

/** @param input is read, and @param output written: two descriptors, perhaps of one socket */
export function clientOn(input: number, output: number, terms: Terms | null): DescriptorClient {
  const clear = new ClearClient(input, output, reader(input, terms !== null));
  return terms === null ? clear : new SecurableClient(clear, input, output, terms);
}

class ClearClient implements DescriptorClient {
  readonly #input: number;
  readonly #output: number;
  readonly #reading: Reader;
  readonly #writing: ReturnType<typeof writer>;
  #over = false;

  constructor(input: number, output: number, reading: Reader) {
    this.#input = input;
    this.#output = output;
    this.#reading = reading;
    this.#writing = writer(output);
    libc.sendAtOnce(output);
  }

  async read(): Promise<Uint8Array | null> {
    return this.#over ? null : this.#reading.read();
  }

  write(octets: Uint8Array): void {
    this.#writing.write(octets);
  }

  flush(): Promise<unknown> | null {
    return this.#writing.flush();
  }

  isBroken(): boolean {
    return libc.isBroken(this.#output);
  }

  isReady(): boolean {
    return libc.isReady(this.#input);
  }

  hasUnread(): boolean {
    return libc.peek(this.#input, new Uint8Array(1)) > 0;
  }

  end(): void {
    // A socket is half-closed and still read, so that what the client sends does not destroy (as a reset)
    // what it has not read yet. Pipes know no reset: both are done with.
    if (libc.shutdownWrite(this.#output)) return;
    this.#over = true;
    this.#writing.end();
  }

  close(): void {
    this.#over = true;
    this.#reading.cancel();
    this.#writing.cancel();
  }
}

/** One that may come to speak TLS, or does from the beginning. */
class SecurableClient implements DescriptorClient {
  readonly #clear: ClearClient;
  readonly #input: number;
  readonly #output: number;
  readonly #terms: Terms;
  #module: typeof import("./tls.ts") | null = null;
  #tls: TlsClient | null = null;
  /** Kept when our last octet in TLS is with the kernel: what still comes is nobody's. */
  #ended: Promise<void> | null = null;
  #lingering: Reader | null = null;
  #over = false;

  constructor(clear: ClearClient, input: number, output: number, terms: Terms) {
    this.#clear = clear;
    this.#input = input;
    this.#output = output;
    this.#terms = terms;
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
    this.#peer.write(octets);
  }

  flush(): Promise<unknown> | null {
    return this.#peer.flush();
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
    const { helloBegun } = await import("./hello.ts");
    await helloBegun(this.#input, this.#terms().seconds, () => this.#over);
    this.#module = await import("./tls.ts");
  }

  async secure(): ReturnType<NonNullable<Client["secure"]>> {
    // Where it was waited for, nothing may be said before this: no turn of anybody's comes between.
    const { TlsClient } = this.#module ?? (await import("./tls.ts"));
    this.#tls = new TlsClient(this.#input, this.#terms());
    return this.#tls.secured;
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
