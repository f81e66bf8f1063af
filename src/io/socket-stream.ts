// Octets through one of the runtime's sockets. Reading is by demand: the socket is paused while nobody reads. What is
// small is gathered until it is flushed; what the kernel does not take at once waits. Knows sockets; not whose they are.

/**
 * Octets of a piece whose memory is given back as soon as it was read. The runtime hands out what a socket has in
 * pieces of up to 512 KiB, each in memory of its own, and under load they become garbage faster than the collector's
 * own thread comes round to it.
 */
const RELEASED = 16_384;
/** Octets that are small: a command, or the end of a message. */
const GATHERED = 8192;

/** Of the runtime's sockets, what is asked of one. */
type Socket = Pick<Bun.Socket, "pause" | "resume" | "write">;

export class SocketStream {
  #socket: Socket | null = null;
  /** Nothing comes any more, and nothing can be written. */
  #over = false;
  #hasEnded = false;
  /** Why it broke. */
  #fault: Error | null = null;
  /** Octets that came and were not read yet: one chunk, since the socket is paused then. */
  readonly #chunks: Uint8Array[] = [];
  #reader: PromiseWithResolvers<Uint8Array | null> | null = null;
  /** Octets that the kernel has not taken. */
  #backlog: Uint8Array[] = [];
  #flushed: PromiseWithResolvers<void> | null = null;
  /** What was read last: valid until the next read. */
  #given: Uint8Array | null = null;

  get isOver(): boolean {
    return this.#over;
  }

  /** All that was written is with the kernel. */
  get isFlushed(): boolean {
    return this.#backlog.length === 0;
  }

  /** Something came that was not read. */
  get hasUnread(): boolean {
    return this.#chunks.length > 0;
  }

  /** What was written before is written now. */
  attach(socket: Socket): void {
    this.#socket = socket;
    this.drain();
  }

  /** The next octets; null at the end. @throws why it broke, if somebody said so */
  read(): Promise<Uint8Array | null> {
    this.#release();
    this.#given = this.#chunks.shift() ?? null;
    if (this.#given !== null) return Promise.resolve(this.#given);
    if (this.#fault !== null) return Promise.reject(this.#fault);
    if (this.#hasEnded || this.#over) return Promise.resolve(null);
    this.#socket?.resume();
    this.#reader ??= Promise.withResolvers();
    return this.#reader.promise;
  }

  /** What is small waits for `flush`, so that it leaves together; what is large is not copied first. */
  write(octets: Uint8Array): void {
    if (this.#over) return;
    if (octets.length > GATHERED) this.drain();
    const direct = octets.length > GATHERED && this.isFlushed && this.#socket !== null;
    const sent = direct ? Math.max(0, this.#socket!.write(octets)) : 0;
    if (sent < octets.length) this.#backlog.push(octets.slice(sent));
  }

  /** @returns null when all is with the kernel, else a promise of that, which rejects where it broke */
  flush(): Promise<void> | null {
    this.drain();
    if (this.#fault !== null) return Promise.reject(this.#fault);
    if (this.isFlushed || this.#over) return null;
    this.#flushed ??= Promise.withResolvers();
    return this.#flushed.promise;
  }

  // ------------------------------------------------------------------ what the runtime tells of the socket

  /** @param data the runtime's copy, made for us */
  take(data: Uint8Array): void {
    if (this.#reader !== null) return this.#answer(data);
    this.#chunks.push(data);
    this.#socket?.pause();
  }

  /** Hands the kernel what it now takes. */
  drain(): void {
    if (this.#socket === null || this.#over) return;
    if (!this.isFlushed) {
      const octets = this.#backlog.length === 1 ? this.#backlog[0]! : Buffer.concat(this.#backlog);
      const sent = Math.max(0, this.#socket.write(octets));
      this.#backlog = sent < octets.length ? [octets.subarray(sent)] : [];
      if (sent < octets.length) return;
    }
    this.#flushed?.resolve();
    this.#flushed = null;
  }

  /** The other side says no more; it may still be told something. */
  end(): void {
    this.#hasEnded = true;
    this.#answer(null);
  }

  /** It is over. @param fault why, where whoever reads or writes shall know that it broke */
  finish(fault: Error | null = null): void {
    if (this.#over) return;
    this.#over = true;
    this.#fault = fault;
    this.#backlog = [];
    const [reader, flushed] = [this.#reader, this.#flushed];
    this.#reader = null;
    this.#flushed = null;
    if (fault === null) {
      reader?.resolve(null);
      flushed?.resolve();
    } else {
      reader?.reject(fault);
      flushed?.reject(fault);
    }
  }

  #answer(data: Uint8Array | null): void {
    const reader = this.#reader;
    this.#reader = null;
    if (reader !== null) this.#given = data;
    reader?.resolve(data);
  }

  /** Gives back the memory of what was read: waiting to be collected, it would be new memory for each piece. */
  #release(): void {
    const { buffer, length } = this.#given ?? { buffer: null, length: 0 };
    this.#given = null;
    if (length >= RELEASED && buffer instanceof ArrayBuffer && buffer.byteLength === length)
      buffer.transfer(0);
  }
}
