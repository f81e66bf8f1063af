// Which of several servers a client is sent to (pure): the least loaded by weight, none that has failed for as long as
// it is left alone, and rather none that lets somebody wait. Times come in, as milliseconds of any clock. Knows servers
// by number; no socket, no address, and not how they are tried.

/** A client who was sent to a server, from the moment that this is connected. */
export interface Visit {
  readonly destination: number;
  readonly since: number;
}

/** How a server failed: it was not there, or was connected and then did not speak as it must. */
export type Failure = "unreachable" | "mute";

/** What has become of a server, where that is worth telling. */
export type Change = "left-alone" | "back" | null;

/** Milliseconds after which a server that still owes somebody its first word is given nobody else, if others are there. */
export const LATE = 2_000;
/** And after which that tells nothing any more: whoever waits so long was told of, or nobody tells. */
const FORGOTTEN = 20_000;
/** Turns that a server may save up while it has more than its share: more would come all at once. */
const SAVED = 4;
/** Sessions end by chance: a server that has a bit more than its share now may have less in a moment. */
const CHANCE = 0.5;

interface One {
  readonly weight: number;
  /** Clients it has. */
  readonly visits: Set<Visit>;
  /** Those of them to whom it has not spoken yet, the oldest first. */
  readonly waiting: Set<Visit>;
  /** When it spoke last to somebody who was new. */
  answered: number;
  /** Turns that it is owed, in units of all weights. */
  credit: number;
  /** On trial it is given one client, who shows whether it speaks: being connected is no proof of that. */
  state: "up" | "left-alone" | "trial";
  /** Until when it is left alone, and since when it was not up, and how it failed. */
  until: number;
  downSince: number;
  failure: Failure;
}

export class Balance {
  readonly #all: readonly One[];
  readonly #retry: number;
  readonly #weights: number;

  /** @param retry milliseconds for which one that failed is left alone */
  constructor(weights: readonly number[], retry: number) {
    this.#retry = retry;
    this.#weights = weights.reduce((sum, weight) => sum + weight, 0);
    this.#all = weights.map((weight) => ({
      ...{ weight, visits: new Set<Visit>(), waiting: new Set<Visit>() },
      ...{ answered: Number.NEGATIVE_INFINITY, credit: 0 },
      ...{ state: "up" as const, until: 0, downSince: 0, failure: "unreachable" as const },
    }));
  }

  /** @param except those that will not do @returns the one for a client that comes now; null when all others are left alone */
  choose(now: number, except: ReadonlySet<number>): number | null {
    const open = this.#all.filter((one, number) => !except.has(number) && isOpen(one, now));
    const prompt = open.filter((one) => !isLate(one, now));
    const chosen = this.#turnOf(prompt.length > 0 ? prompt : open);
    return chosen === null ? null : this.#all.indexOf(chosen);
  }

  /** Where all are left alone: @returns the one that would be tried first */
  nearest(except: ReadonlySet<number>): number | null {
    let best: number | null = null;
    for (const [number, { until }] of this.#all.entries())
      if (!except.has(number) && (best === null || until < this.#all[best]!.until)) best = number;
    return best;
  }

  /** A client is sent there. */
  begin(destination: number, now: number): Visit {
    const visit = { destination, since: now };
    const one = this.#all[destination]!;
    one.visits.add(visit);
    one.waiting.add(visit);
    return visit;
  }

  end(visit: Visit): void {
    const one = this.#all[visit.destination]!;
    one.visits.delete(visit);
    one.waiting.delete(visit);
  }

  /** It speaks as it must. */
  answered(visit: Visit, now: number): Change {
    const one = this.#all[visit.destination]!;
    if (!one.waiting.delete(visit)) return null;
    one.answered = now;
    return this.recovered(visit.destination);
  }

  /**
   * It does not, to this client. That is its own fault only as long as it has not spoken to somebody who came later:
   * one client, or whoever speaks for him, puts nobody else out.
   */
  failed(visit: Visit, failure: Failure, now: number): Change {
    const one = this.#all[visit.destination]!;
    if (failure === "mute" && one.answered >= visit.since) return null;
    return this.fell(visit.destination, failure, now);
  }

  /** A try of ours failed, or a client's: it is left alone from now on. */
  fell(destination: number, failure: Failure, now: number): Change {
    const one = this.#all[destination]!;
    const wasUp = one.state === "up";
    if (wasUp) one.downSince = now;
    // What was seen once has to be disproved: one that is connected in vain may be unreachable in between.
    if (wasUp || failure === "mute") one.failure = failure;
    one.state = "left-alone";
    one.until = now + this.#retry;
    return wasUp ? "left-alone" : null;
  }

  /** A try of ours went well, as far as it went. @param isProof nothing is left that only a client can show */
  reached(destination: number, isProof: boolean): Change {
    const one = this.#all[destination]!;
    if (isProof || one.failure === "unreachable") return this.recovered(destination);
    if (one.state === "left-alone") one.state = "trial";
    return null;
  }

  recovered(destination: number): Change {
    const one = this.#all[destination]!;
    const wasUp = one.state === "up";
    one.state = "up";
    return wasUp ? null : "back";
  }

  /** Since when it has not been up. */
  downSince(destination: number): number {
    return this.#all[destination]!.downSince;
  }

  /** When it is to be tried; null for one that needs no try. */
  due(destination: number): number | null {
    const { state, until } = this.#all[destination]!;
    return state === "left-alone" ? until : null;
  }

  /** Those to whom it has not spoken yet. */
  waitingFor(destination: number): readonly Visit[] {
    return [...this.#all[destination]!.waiting];
  }

  /** Clients it has. */
  load(destination: number): number {
    return this.#all[destination]!.visits.size;
  }

  /**
   * Of those that have hardly more than their share of the clients the one that is owed most: by clients alone a light
   * one would be sent far too many of them where there are few at a time.
   */
  #turnOf(ones: readonly One[]): One | null {
    const weights = ones.reduce((sum, { weight }) => sum + weight, 0);
    const clients = ones.reduce((sum, { visits }) => sum + visits.size, 1);
    let best: One | null = null;
    let given = 0;
    for (const one of ones) {
      const credit = Math.min(one.weight, SAVED * this.#weights - one.credit);
      one.credit += credit;
      given += credit;
      const share = (clients * one.weight) / weights;
      const hasRoom = one.visits.size <= share + CHANCE * Math.sqrt(share);
      if (hasRoom && (best === null || one.credit > best.credit)) best = one;
    }
    if (best !== null) best.credit -= given;
    return best;
  }
}

function isOpen(one: One, now: number): boolean {
  return one.state === "up" || (one.state === "trial" && waited(one, now) === 0);
}

function isLate(one: One, now: number): boolean {
  return waited(one, now) > LATE;
}

/** Milliseconds for which it has owed somebody its first word; 0 where it owes none. */
function waited({ waiting }: One, now: number): number {
  for (const { since } of waiting) if (now - since <= FORGOTTEN) return Math.max(1, now - since);
  return 0;
}
