// A server over TCP that another may take the place of until it has said its first word: whoever is connected and keeps
// silent may never speak. Nothing is said to it before, so that nobody notices. Knows servers; no protocol.

import type { Departure, Server } from "../io/peer.ts";
import { within } from "../io/within.ts";
import { discard, type Found, type Search } from "./search.ts";

/** Seconds a server may take to greet, or to close, that nobody waits for any more. */
const LEAVE_PATIENCE = 5;
const UNKNOWN: Departure = { status: null, signal: null };

/**
 * @param make talks through a socket, which is its own from then on
 * @param patience seconds for a first word, after which another is asked for
 */
export function exchangedServer(search: Search, make: (socket: number) => Server, patience: number): Server {
  return new ExchangedServer(search, make, patience);
}

class ExchangedServer implements Server {
  readonly #search: Search;
  readonly #make: (socket: number) => Server;
  readonly #patience: number;
  /** The one that is there now. */
  #server: Server | null = null;
  /** What it said first, until it is read. */
  #first: Uint8Array | null = null;
  /** It has spoken: it stays. */
  #isSettled = false;
  #isOver = false;
  #waiting: Uint8Array[] = [];
  #isEnded = false;
  /** Kept when one has spoken, or none will. */
  readonly #found: Promise<void>;

  constructor(search: Search, make: (socket: number) => Server, patience: number) {
    this.#search = search;
    this.#make = make;
    this.#patience = patience;
    this.#found = this.#find();
  }

  async read(): Promise<Uint8Array | null> {
    if (!this.#isSettled) await this.#found;
    if (!this.#isSettled) return null;
    const first = this.#first;
    this.#first = null;
    return first ?? this.#server!.read();
  }

  write(octets: Uint8Array): void {
    if (this.#isSettled) this.#server!.write(octets);
    else this.#waiting.push(octets.slice());
  }

  flush(): Promise<unknown> | null {
    if (this.#isSettled) return this.#server!.flush();
    if (this.#waiting.length === 0) return null;
    return this.#found.then(() => (this.#isSettled ? this.#server!.flush() : null));
  }

  guard(message: boolean): void {
    if (this.#isSettled) this.#server!.guard?.(message);
  }

  end(): void {
    this.#isEnded = true;
    if (this.#isSettled) this.#server!.end();
  }

  async howLost(): Promise<"hung-up" | "failed"> {
    return "hung-up";
  }

  async abort(): Promise<void> {
    this.#giveUp();
    await this.#server?.abort();
  }

  async leave(patience: number): Promise<Departure> {
    if (!this.#isSettled) {
      this.#giveUp();
      // It may just have begun to speak: it is told that we leave, rather than cut off.
      if (this.#waiting.length === 0) this.#server?.end();
      await within(this.#found, LEAVE_PATIENCE);
    }
    if (this.#isSettled) return this.#server!.leave(patience);
    await this.#server?.abort();
    return UNKNOWN;
  }

  /** Nobody is looked for any more. */
  #giveUp(): void {
    this.#isOver = true;
    this.#search.end();
  }

  async #find(): Promise<void> {
    let found = await this.#search.next();
    while (found !== null && !this.#isOver) found = await this.#try(found);
  }

  /** @returns the one that takes its place; null when it has spoken, or none will */
  async #try(found: Found): Promise<Found | null> {
    const server = this.#make(found.socket);
    this.#server = server;
    const first = server.read().catch(() => null);
    const other = this.#search.next();
    const timer = setTimeout(() => this.#search.silent(found), this.#patience * 1000);
    const next = await Promise.race([first.then(() => null), other]);
    clearTimeout(timer);
    if (next !== null) {
      void server.abort();
      return next;
    }
    const octets = await first;
    if (octets !== null) {
      this.#settle(found, octets);
      void other.then(discard); // it may have come in the same moment
      return null;
    }
    if (this.#isOver) return null;
    void server.abort();
    this.#search.refused(found, "hung up before it greeted");
    return other;
  }

  #settle(found: Found, octets: Uint8Array): void {
    this.#first = octets;
    this.#isSettled = true;
    this.#search.greeted(found);
    for (const waiting of this.#waiting.splice(0)) this.#server!.write(waiting);
    if (this.#isEnded) this.#server!.end();
    else void this.#server!.flush()?.catch(() => {});
  }
}
