// The server of a session whose process is not ours to start or to end: the supervisor does both, and passes us what
// we talk through, perhaps later than the session asks for it. Knows descriptors and wishes; no process, no protocol.

import type { Departure, Server } from "../io/peer.ts";
import { type Reader, reader } from "../io/reader.ts";
import { discard } from "../io/reading.ts";
import { within } from "../io/within.ts";
import { type Writer, writer } from "../io/writer.ts";
import { duplicate } from "../os/libc.ts";

/** What a server is talked to through. */
export interface Ends {
  readonly input: number;
  readonly output: number;
}

/** The supervisor, as far as one server is concerned. */
export interface Wishes {
  /** Ends the server; until it has gone the supervisor keeps its input open, too. */
  abort(): void;
  /** Its input has ended: the supervisor keeps it open no longer. */
  end(): void;
  /** Sees the server off, by force after so many seconds. */
  leave(patience: number): void;
  /** When it has gone. */
  readonly gone: Promise<Departure>;
  /**
   * Told when the supervisor is no more: nobody can end a server but its input then.
   * @returns what ends that: one promise for all servers would keep all of them
   */
  onOrphaned(tell: () => void): () => void;
}

/** Seconds of silence after a server's exit that end its output, if no end of file does. */
const LAST_WORDS = 1;
/** Seconds a server may take to exit after the end of its output, where it matters why it went. */
const EXIT_PATIENCE = 0.5;
/** Seconds that the supervisor takes to end a server by force, and a bit. */
const FORCE = 6;
const UNKNOWN: Departure = { status: null, signal: null };

/** Both directions, which come later: what is written before waits. */
class Late {
  #reading: Reader | null = null;
  #writing: Writer | null = null;
  #waiting: Uint8Array[] = [];
  #ended = false;
  #cancelled = false;
  /** Kept when the descriptors are there, or never come. */
  readonly opened: Promise<void>;

  /** @param ends null for a server that there is not */
  constructor(ends: Promise<Ends | null>) {
    this.opened = ends.then((open) => {
      if (open === null) return;
      this.#reading = reader(open.input);
      this.#writing = writer(open.output);
      for (const octets of this.#waiting) this.#writing.write(octets);
      this.#waiting = [];
      if (this.#cancelled) this.cancel();
      else if (this.#ended) this.#writing.end();
      else this.#writing.flush()?.catch(() => {});
    });
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#reading === null) await this.opened;
    return this.#reading === null ? null : this.#reading.read();
  }

  write(octets: Uint8Array): void {
    if (this.#writing !== null) this.#writing.write(octets);
    else this.#waiting.push(octets.slice());
  }

  flush(): Promise<unknown> | null {
    if (this.#writing !== null) return this.#writing.flush();
    return this.#waiting.length === 0 ? null : this.opened.then(() => this.#writing?.flush());
  }

  /** Ends what is written; what was taken is written first. */
  end(): void {
    this.#ended = true;
    this.#writing?.end();
  }

  endWhenSilent(seconds: number): void {
    this.#reading?.endWhenSilent(seconds);
  }

  cancel(): void {
    this.#cancelled = true;
    this.#waiting = [];
    this.#reading?.cancel();
    this.#writing?.cancel();
  }
}

/** A program behind pipes. */
export function pipedServer(ends: Promise<Ends | null>, wishes: Wishes): Server {
  const late = new Late(ends);
  const { gone } = wishes;
  const { promise: orphaned, resolve: orphan } = Promise.withResolvers<void>();
  const forget = wishes.onOrphaned(orphan);
  void gone.then(() => late.endWhenSilent(LAST_WORDS));

  const close = () => {
    forget();
    late.cancel();
  };
  /** Nobody is left who could end it: its input stays open until it goes, whatever that takes. */
  const outlive = async () => {
    await discard(() => late.read());
  };
  return {
    read: () => late.read(),
    write: (octets) => late.write(octets),
    flush: () => late.flush(),
    end() {
      // Not before all of it is there: the server must not be left with half of it.
      const flushed = late.flush() ?? Promise.resolve();
      late.end();
      void flushed.then(
        () => wishes.end(),
        () => {},
      );
    },
    async howLost() {
      const left = await within(gone, EXIT_PATIENCE);
      return left === null || left.signal === null ? "hung-up" : "failed";
    },
    async abort() {
      wishes.abort();
      const isAlone = await Promise.race([within(gone, FORCE).then(() => false), orphaned.then(() => true)]);
      if (isAlone) await outlive();
      close();
    },
    async leave(patience) {
      // Our word that its input has ended lets the supervisor close it, too: not before all of it is there.
      const flushed = late.flush() ?? Promise.resolve();
      late.end();
      void within(flushed, patience)
        .catch(() => {})
        .then(() => wishes.leave(patience));
      const over = discard(() => late.read());
      const departed = await Promise.race([
        within(gone, patience + FORCE),
        orphaned.then(async () => {
          await within(over, patience);
          return null;
        }),
      ]);
      close();
      return departed ?? UNKNOWN;
    },
  };
}

/** Two descriptors for the two directions of one socket. @returns null when no descriptor is left */
export function bothWays(socket: number): Ends | null {
  const output = duplicate(socket);
  return output < 0 ? null : { input: socket, output };
}

/** @param text of the order that says how it went */
export function departureFrom(text: string): Departure {
  if (/^[0-9]+$/.test(text)) return { status: Number(text), signal: null };
  return { status: null, signal: text === "" ? null : text };
}
