// The client on descriptors: 0 and 1, a socket or two pipes, or a socket that was passed to us. The runtime's own
// streams are used, not the node-style ones: they cost 3 ms less before the greeting, and read by demand.

import * as libc from "../os/libc.ts";
import type { Client } from "./peer.ts";
import { type Reader, reader } from "./reader.ts";
import { writer } from "./writer.ts";

/** The client of a process that has one. */
export function stdio(): Client {
  return clientOn(0, 1);
}

export interface DescriptorClient extends Client {
  /** Closes both descriptors: whoever has one client only need not. */
  close(): void;
}

/** @param input is read, and @param output written: two descriptors, perhaps of one socket */
export function clientOn(input: number, output: number): DescriptorClient {
  return new ClearClient(input, output, false);
}

/** One that is spoken to in the clear. */
export class ClearClient implements DescriptorClient {
  readonly #input: number;
  readonly #output: number;
  readonly #reading: Reader;
  readonly #writing: ReturnType<typeof writer>;
  #over = false;

  /** @param isExact nothing of it is read before somebody asks for it (reader.ts) */
  constructor(input: number, output: number, isExact: boolean) {
    this.#input = input;
    this.#output = output;
    this.#reading = reader(input, isExact);
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
