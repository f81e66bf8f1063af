// The way of one client to a server over TCP: who is tried, one after the other or at the same time, until one speaks as
// it must. Knows descriptors and numbers of servers; what a server is known to be worth, others know.

import { within } from "../io/within.ts";
import { close } from "../os/libc.ts";
import type { Balance, Change, Visit } from "./balance.ts";
import type { Connected } from "./connect.ts";

/** A server that was connected: a socket, which is the caller's, and its number. */
export interface Found {
  readonly socket: number;
  readonly destination: number;
}

/** What quests have in common. */
export interface QuestPlan {
  readonly balance: Balance;
  readonly connect: (destination: number) => Promise<Connected>;
  /** It speaks when it is connected, or else being connected is all that shows. */
  readonly isToSpeak: boolean;
  /** Told whenever something was learned of a server, though nothing has changed by it. */
  readonly onChange: (destination: number, change: Change, error: string) => void;
  /** Whose quest a visit is. */
  readonly quests: Map<Visit, Quest>;
}

/** Seconds for one of several to accept before the next is tried as well, and for any of them. */
const HEDGE = 2;
const PATIENCE = 10;

/** A server that is being connected. */
interface Attempt {
  readonly visit: Visit;
  /** Its socket; null when it will not do, or nobody waits for it any more. */
  readonly outcome: PromiseWithResolvers<number | null>;
  isSettled: boolean;
}

/** A way to a server, as whoever serves the client sees it. */
export type Way = Pick<Quest, "isAnswered" | "lack" | "find" | "answered" | "refused" | "silent" | "end">;

export class Quest {
  readonly #plan: QuestPlan;
  /** Another server is to be found, though nobody asked for one. */
  readonly #onMove: () => void;
  /** What its client's worker says counts against servers, each once. */
  readonly #isHeard: boolean;
  /** Those that were tried, and where none may be connected: ourselves. */
  readonly #except: Set<number>;
  readonly #attempts = new Set<Attempt>();
  /** Those that were handed over and will do, as far as is known; the last is the one that counts. */
  readonly #given: Visit[] = [];
  #triedLast = false;
  #isAnswered = false;
  #isOver = false;
  /** What we have too little of. */
  lack: string | null = null;

  constructor(plan: QuestPlan, except: readonly number[], isHeard: boolean, onMove: () => void) {
    this.#plan = plan;
    this.#except = new Set(except);
    this.#isHeard = isHeard;
    this.#onMove = onMove;
  }

  /** A server speaks with the client: nobody waits for another. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /**
   * Whoever does not accept soon has another beside it, so that all of them together take no longer than one may.
   * @param isNeeded there is no server: the one that has been left alone longest is tried, too, when no other will do
   * @returns the first that accepts; null when there is none
   */
  async find(isNeeded: boolean): Promise<Found | null> {
    const end = performance.now() + PATIENCE * 1000;
    const attempts: Attempt[] = [];
    let found: Found | null = null;
    while (found === null && !this.#isOver && performance.now() < end) {
      const destination = this.#next(isNeeded && attempts.length === 0);
      if (destination !== null) attempts.push(this.#attempt(destination));
      else if (attempts.length === 0) break;
      found = await this.#first(attempts, Math.min(HEDGE, (end - performance.now()) / 1000));
    }
    for (const attempt of attempts) this.#leave(attempt);
    if (!this.#isOver) return found;
    if (found !== null) close(found.socket);
    this.end();
    return null;
  }

  /** That server has spoken as it must. */
  answered(destination: number): void {
    const visit = this.#visitTo(destination);
    if (visit === undefined) return;
    this.#isAnswered = true;
    for (const other of this.#given.splice(0)) if (other !== visit) this.#end(other);
    this.#given.push(visit);
    this.#answer(visit);
  }

  /** That server will not do. @returns whether none is on its way that was found meanwhile */
  refused(destination: number, error: string): boolean {
    const visit = this.#visitTo(destination);
    if (visit === undefined || this.#isAnswered) return false;
    const isLast = this.#given.at(-1) === visit;
    this.#given.splice(this.#given.indexOf(visit), 1);
    this.#fail(visit, error);
    this.#end(visit);
    return isLast;
  }

  /** That server says nothing; it may still do. @returns whether it is the one that counts */
  silent(destination: number): boolean {
    const visit = this.#visitTo(destination);
    if (visit === undefined || this.#isAnswered) return false;
    this.#fail(visit, "no greeting in time");
    return this.#given.at(-1) === visit;
  }

  /** Its server was given up, or another is there now: whoever waits for a first word is better off elsewhere. */
  moveOn(visit: Visit): void {
    for (const attempt of this.#attempts) if (attempt.visit === visit) settle(attempt, null);
    if (this.#given.at(-1) === visit && !this.#isAnswered) this.#onMove();
  }

  /** The client has gone, or has another quest. */
  end(): void {
    this.#isOver = true;
    for (const visit of this.#given.splice(0)) this.#end(visit);
    for (const attempt of this.#attempts) settle(attempt, null);
  }

  #next(isLast: boolean): number | null {
    const { balance } = this.#plan;
    const chosen = balance.choose(performance.now(), this.#except);
    if (chosen !== null || !isLast || this.#triedLast) return chosen;
    this.#triedLast = true;
    return balance.nearest(this.#except);
  }

  #attempt(destination: number): Attempt {
    const { balance, connect, quests } = this.#plan;
    this.#except.add(destination);
    const visit = balance.begin(destination, performance.now());
    const attempt: Attempt = { visit, outcome: Promise.withResolvers(), isSettled: false };
    quests.set(visit, this);
    this.#attempts.add(attempt);
    void connect(destination).then((connected) => {
      this.#attempts.delete(attempt);
      if ("socket" in connected) return this.#connected(attempt, connected.socket);
      if (connected.isOurs) this.lack = connected.error;
      else
        this.#tell(destination, balance.fell(destination, "unreachable", performance.now()), connected.error);
      settle(attempt, null);
      this.#end(visit);
    });
    return attempt;
  }

  #connected(attempt: Attempt, socket: number): void {
    const { visit } = attempt;
    if (!this.#plan.isToSpeak) this.#answer(visit);
    if (!settle(attempt, socket)) this.#drop(visit, socket);
  }

  /** Nobody waits for it any more; what becomes of it tells something of the server all the same. */
  #leave(attempt: Attempt): void {
    if (settle(attempt, null)) return;
    void attempt.outcome.promise.then((socket) => socket !== null && this.#drop(attempt.visit, socket));
  }

  #drop(visit: Visit, socket: number): void {
    close(socket);
    this.#end(visit);
  }

  /** @returns the first of them that accepts, within those seconds; those that will not do are taken out */
  async #first(attempts: Attempt[], seconds: number): Promise<Found | null> {
    const won = await within(Promise.race(attempts.map(of)), Math.max(0, seconds));
    if (won === null) return null;
    attempts.splice(attempts.indexOf(won.attempt), 1);
    if (won.socket === null) return null;
    const { visit } = won.attempt;
    this.#given.push(visit);
    return { socket: won.socket, destination: visit.destination };
  }

  #visitTo(destination: number): Visit | undefined {
    return this.#given.find((visit) => visit.destination === destination);
  }

  #answer(visit: Visit): void {
    this.#tell(visit.destination, this.#plan.balance.answered(visit, performance.now()), "");
  }

  #fail(visit: Visit, error: string): void {
    if (!this.#isHeard) return;
    this.#tell(visit.destination, this.#plan.balance.failed(visit, "mute", performance.now()), error);
  }

  #tell(destination: number, change: Change, error: string): void {
    this.#plan.onChange(destination, change, error);
  }

  #end(visit: Visit): void {
    this.#plan.balance.end(visit);
    this.#plan.quests.delete(visit);
  }
}

/** @returns whether it was not settled before */
function settle(attempt: Attempt, socket: number | null): boolean {
  if (attempt.isSettled) return false;
  attempt.isSettled = true;
  attempt.outcome.resolve(socket);
  return true;
}

async function of(attempt: Attempt): Promise<{ readonly attempt: Attempt; readonly socket: number | null }> {
  return { attempt, socket: await attempt.outcome.promise };
}
