// The end of a pipe or socket that is read. What is ready is read directly, in large pieces into one buffer;
// where nothing is, the runtime's own stream waits. Knows descriptors; not who is on the other side.
//
// The stream alone would do, and does for a dialogue. But it reads a pipe 64 KiB at a time, each into new
// memory, and every read wakes the writer: a message came at half of socat's speed. Direct reads need one
// rule: the stream must hold nothing that came before. It reads ahead, so it is given an end: of a blob cut
// to BUDGET octets it reads those and not one more, and with the last of them it is gone.

import * as libc from "../os/libc.ts";

export interface Reader {
  /**
   * The next octets, valid until the next call; null at the end, and for good once cancelled. Rejects when
   * the connection broke.
   */
  read(): Promise<Uint8Array | null>;
  /** Reads no more: what is waiting, and what may come, is dropped. */
  cancel(): void;
  /**
   * From now on that many seconds of silence are the end. Silence only while somebody reads: what waits for
   * a slow client is not lost.
   */
  endWhenSilent(seconds: number): void;
}

/** Octets one stream gives: more than a dialogue has, so that it needs one stream only. */
const BUDGET = 65536;
/** Octets of one direct read: what our own pipes hold. */
const PIECE = 262144;
/** Of the first ones, until one is full: memory for a whole piece costs more than a dialogue's reads. */
const SMALL = 16384;
/** Direct reads before timers and the other side get their turn. */
const TURN = 4;

/** @param isExact nothing is read before it is asked for: the next octets may be a handshake's, and another's to read */
export function reader(fd: number, isExact = false): Reader {
  return new DescriptorReader(fd, isExact ? 1 : BUDGET);
}

class DescriptorReader implements Reader {
  readonly #fd: number;
  /** Waits for octets, as long as it has a budget left. */
  #stream: ReturnType<typeof stream> | null = null;
  /** Octets that a stream may read; those that this one still may. */
  readonly #most: number;
  #budget = 0;
  #buffer: Uint8Array | null = null;
  /** Direct reads since others had their turn. */
  #taken = 0;
  #open = true;
  /** The read under way. */
  #reading: Promise<void> | null = null;
  #patience: number | null = null;
  #timer: Timer | undefined;

  constructor(fd: number, most: number) {
    this.#fd = fd;
    this.#most = most;
  }

  async read(): Promise<Uint8Array | null> {
    // Whoever gave up waiting for a read has left one behind, and what it gets is dropped.
    while (this.#reading !== null) await this.#reading;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#reading = promise;
    this.#arm();
    try {
      const octets = await this.#next();
      return this.#open ? octets : null;
    } finally {
      this.#reading = null;
      clearTimeout(this.#timer);
      resolve();
    }
  }

  cancel(): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#timer);
    this.#stream?.cancel().catch(() => {});
    libc.close(this.#fd);
  }

  endWhenSilent(seconds: number): void {
    this.#patience = seconds;
    this.#arm();
  }

  #arm(): void {
    if (this.#open && this.#reading !== null && this.#patience !== null)
      this.#timer = setTimeout(() => this.cancel(), this.#patience * 1000);
  }

  async #next(): Promise<Uint8Array | null> {
    if (this.#stream === null) {
      if (this.#taken >= TURN) await this.#giveTurn();
      if (!this.#open) return null;
      const octets = this.#ready();
      if (octets !== null) return octets.length > 0 ? octets : null;
      this.#stream = stream(this.#fd, this.#most);
      this.#budget = this.#most;
    }
    const { done, value } = await this.#stream.read();
    if (done) return null;
    this.#budget -= value.length;
    if (this.#budget === 0) this.#stream = null;
    return value.length === 1 && this.#stream === null ? this.#withRest(value[0]!) : value;
  }

  /** What came together is handed over together: the octet that was waited for is a line's first, and seldom its last. */
  #withRest(first: number): Uint8Array {
    this.#buffer ??= new Uint8Array(SMALL);
    this.#buffer[0] = first;
    const rest = libc.isReady(this.#fd) ? libc.readReady(this.#fd, this.#buffer.subarray(1)) : null;
    return this.#buffer.subarray(0, 1 + (rest ?? 0));
  }

  /** @returns what is there, nothing at the end; null when it has yet to come */
  #ready(): Uint8Array | null {
    if (!libc.isReady(this.#fd)) return null;
    const buffer = this.#buffer ?? new Uint8Array(SMALL);
    const octets = libc.readReady(this.#fd, buffer);
    if (octets === null) return null;
    this.#taken++;
    this.#buffer = octets === SMALL && buffer.length === SMALL ? new Uint8Array(PIECE) : buffer;
    return buffer.subarray(0, octets);
  }

  async #giveTurn(): Promise<void> {
    this.#taken = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function stream(fd: number, octets: number) {
  return Bun.file(fd).slice(0, octets).stream().getReader();
}
