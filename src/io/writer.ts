// The end of a pipe or socket that is written. What is small is gathered until it is flushed: what is ready
// together leaves in one write. What the kernel takes at once is written directly; from the first octet on
// that it does not, the runtime's own stream writes, which waits. A dialogue needs no stream, and so neither
// the thread that closes its duplicate of the descriptor. Knows descriptors; not who is on the other side.

import * as libc from "../os/libc.ts";

export interface Writer {
  /** Takes a copy of the octets, or writes them. */
  write(octets: Uint8Array): void;
  /** Writes what was taken. @returns null when all is with the kernel, else a promise of that, which rejects when nobody reads */
  flush(): Promise<unknown> | null;
  /** Writes what was taken and closes. */
  end(): void;
  /** Closes; what was taken and is not with the kernel is nobody's any more. */
  cancel(): void;
}

/** Octets that are gathered, at most: a chunk's replies to a pipelined batch, a status line and a short body. */
const GATHERED = 8192;

export function writer(fd: number): Writer {
  return new DescriptorWriter(fd);
}

class DescriptorWriter implements Writer {
  readonly #fd: number;
  #sink: Bun.FileSink | null = null;
  #gathered: Uint8Array | null = null;
  #held = 0;
  #open = true;
  /** Of a reset the first failing write is told, whoever made it, and the runtime's stream may keep it to itself. */
  #fault: unknown = null;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(octets: Uint8Array): void {
    if (!this.#open || this.#fault !== null) return;
    if (this.#held + octets.length > GATHERED) return this.#push(octets);
    this.#gathered ??= new Uint8Array(GATHERED);
    this.#gathered.set(octets, this.#held);
    this.#held += octets.length;
  }

  flush(): Promise<unknown> | null {
    if (!this.#open) return null;
    this.#push();
    try {
      const flushed = this.#fault === null ? this.#sink?.flush() : null;
      if (flushed instanceof Promise) return flushed;
      if (this.#sink !== null) this.#look();
    } catch (error) {
      this.#fault = error ?? "write failed";
    }
    return this.#fault === null ? null : Promise.reject(this.#fault);
  }

  end(): void {
    if (!this.#open) return;
    this.#push();
    this.#close();
  }

  cancel(): void {
    if (this.#open) this.#close();
  }

  /** Hands over what was gathered, and these octets behind it. */
  #push(octets?: Uint8Array): void {
    const held = this.#held > 0 ? this.#gathered!.subarray(0, this.#held) : undefined;
    const [first, second] = held === undefined ? [octets] : [held, octets];
    this.#held = 0;
    if (first === undefined || this.#fault !== null) return;
    const taken = this.#sink === null ? libc.writeReady(this.#fd, first, second) : 0;
    if (taken < first.length) this.#wait(first.subarray(taken));
    const rest = Math.max(0, taken - first.length);
    if (second !== undefined && rest < second.length) this.#wait(second.subarray(rest));
  }

  /** The kernel does not take it now: the runtime's stream has a copy, and waits. */
  #wait(octets: Uint8Array): void {
    this.#look();
    if (this.#fault !== null) return;
    try {
      this.#sink ??= Bun.file(this.#fd).writer();
      // Under back-pressure this too is a promise; `flush` tells the same, to whoever asks.
      const written: unknown = this.#sink.write(octets);
      if (written instanceof Promise) written.catch(() => {});
    } catch (error) {
      this.#fault = error ?? "write failed";
    }
  }

  #look(): void {
    if (libc.isBroken(this.#fd)) this.#fault ??= new Error("nobody reads any more");
  }

  #close(): void {
    this.#open = false;
    libc.close(this.#fd);
    // A reader that has gone before is no news here.
    try {
      Promise.resolve(this.#sink?.end()).catch(() => {});
    } catch {
      // The same, told at once.
    }
  }
}
