// What one configuration of a service comes to while it runs: the workers that were told of it, and the clients they
// serve. It is there before anybody comes, and as long as one of its clients is. Knows workers and clients; not who is
// let in, nor that there are other configurations.

import type { Connection } from "../os/peer.ts";
import { Crew, type CrewPlan } from "./crew.ts";
import { AGAIN, Guests, type GuestsPlan } from "./guests.ts";
import type { Lists } from "./lists.ts";
import type { Dated, Renewal } from "./renewal.ts";
import type { ServerState } from "./server-source.ts";

export interface GenerationPlan
  extends Pick<CrewPlan, "size" | "sessionsPerWorker" | "recycleAfter" | "configuration" | "asks" | "log">,
    Pick<GuestsPlan, "source" | "startsLate" | "sessionLog" | "throttle" | "onReplied"> {
  /** The certificates of whoever speaks TLS here; null for nobody. */
  readonly renewal: Renewal | null;
  /** Files of entries; null for none. */
  readonly lists: Lists | null;
}

/** What whoever has it wants to know. */
export interface GenerationEvents
  extends Pick<GuestsPlan, "onLeft" | "onUntaken" | "onConnected" | "onLack" | "admit"> {
  /** A worker can take clients, or can again. */
  readonly onRoom: () => void;
  /** No worker can be had, though one could. @returns whether others are to be tried for */
  readonly onHopeless: () => boolean;
}

/** What became of a client: a worker has it, none can have it before so many milliseconds, or there is nothing for it. */
export type Begun = "begun" | "full" | { readonly after: number } | "refused";

export class Generation {
  readonly #crew: Crew;
  readonly #guests: Guests;
  readonly #renewal: Renewal | null;
  readonly #lists: Lists | null;
  readonly #ready = Promise.withResolvers<boolean>();
  /** Servers are connected, and not started. */
  readonly isOverTcp: boolean;
  readonly #servers: () => readonly ServerState[];
  #wasReady = false;

  constructor(plan: GenerationPlan, events: GenerationEvents) {
    const { source } = plan;
    this.#renewal = plan.renewal;
    this.#lists = plan.lists;
    this.isOverTcp = source.kind === "socket";
    this.#servers = source.kind === "socket" ? source.states : () => [];
    this.#guests = new Guests({ ...plan, ...events });
    this.#crew = new Crew({
      ...plan,
      certificates: () => plan.renewal?.current ?? null,
      lists: () => plan.lists?.current ?? null,
      onReport: (worker, report) => this.#guests.heard(worker, report),
      onReady: () => {
        this.#wasReady = true;
        this.#ready.resolve(true);
        events.onRoom();
      },
      onHung: (worker) => this.#guests.abortServersOf(worker),
      onLost: (worker) => this.#guests.lost(worker),
      onHopeless: () => {
        this.#ready.resolve(false);
        return this.#wasReady && events.onHopeless();
      },
    });
  }

  /** @returns whether a worker came to be ready; false also for one that was told to leave before */
  start(): Promise<boolean> {
    this.#crew.start();
    return this.#ready.promise;
  }

  /** Workers that take clients. */
  get workers(): number {
    return this.#crew.ready;
  }

  /** Those that are served. */
  get certificates(): readonly Dated[] {
    return this.#renewal?.dates ?? [];
  }

  /** Servers over TCP that are known beforehand. */
  get servers(): readonly ServerState[] {
    return this.#servers();
  }

  /** Nobody is left: neither workers nor servers. */
  get isGone(): boolean {
    return this.#crew.isEmpty && this.#guests.isEmpty;
  }

  /** Gives a client to a worker. @param socket the client's, which stays the caller's where nothing is begun */
  begin(socket: number, connection: Connection): Begun {
    const worker = this.#crew.next;
    if (worker === null) return "full"; // one that is ready, or is rid of a session, makes room
    const session = this.#guests.begin(worker, socket, connection);
    if (session === "refused") return session;
    if (session === "later") {
      this.#crew.spare(worker, AGAIN); // others may take it
      return { after: AGAIN };
    }
    this.#crew.begin(worker, session);
    return "begun";
  }

  /** What is to be done again and again. */
  sweep(): void {
    this.#guests.sweep();
  }

  /** Looks at the files of certificates. */
  renew(): void {
    if (this.#renewal?.look() === true) this.#crew.certify(this.#renewal.current);
  }

  /** Looks at the files of entries. */
  async list(): Promise<void> {
    if ((await this.#lists?.look()) === true) this.#crew.list(this.#lists!.current);
  }

  /** Nobody comes any more; who is there is served to the end. */
  retire(): void {
    this.#ready.resolve(false);
    this.#crew.close("finish");
  }

  /** Nobody comes any more, and clients are told. @returns when the last worker has gone */
  drain(): Promise<void> {
    this.#ready.resolve(false);
    this.#guests.close();
    this.#crew.close("drain");
    return this.#crew.empty;
  }

  /** It is gone: nothing of it goes on. */
  end(): void {
    this.#guests.end();
  }

  /** Nothing of it stays: servers first, then workers. */
  async clear(): Promise<void> {
    void this.drain();
    await this.#guests.clear();
    this.#crew.kill();
  }
}
