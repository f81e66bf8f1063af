// One service: lets its clients in or turns them away, and has each served under the configuration of now; whoever came
// under an earlier one is served to the end under that. Knows clients and configurations; not where they come in.

import { within } from "../io/within.ts";
import { close, isBroken } from "../os/libc.ts";
import { type Address, type Arrival, turnAway } from "../os/listening.ts";
import { type Connection, cameOf, connectionOf } from "../os/peer.ts";
import type { Membership } from "../policy/networks.ts";
import type { Entry, Reason } from "../record/entry.ts";
import { type Ends, NOBODY } from "../wire/addresses.ts";
import { Circles } from "./circles.ts";
import { Gate, type GateLimits, type Refusal } from "./gate.ts";
import { Generation, type GenerationPlan } from "./generation.ts";
import type { Counted } from "./numbers.ts";
import type { Trails } from "./trails.ts";

export interface ListenerPlan {
  /** What the administrator calls the service; null for the only one. */
  readonly name: string | null;
  /** As an error names it: its place in a file; empty for the only one. */
  readonly where: string;
  /** Where it is to be reached, beside the sockets that were passed to us for it. */
  readonly addresses: readonly Address[];
  readonly limits: GateLimits;
  /** Whoever comes from there has to say whom he speaks for; null for nobody. */
  readonly proxies: Membership | null;
  /** What else is asked of the socket of a client who is let in; null for nothing. */
  readonly meet: ((socket: number, connection: Connection) => Connection) | null;
  /** What a client is told that is not let in. */
  readonly refusals: Readonly<Record<Refusal | "overload", Uint8Array>>;
  /** Seconds without a client after which it needs nobody; 0 for never. */
  readonly idleExit: number;
  readonly log: (entry: Entry) => void;
  /** What is counted of it, and where that is asked for; null where it is not. */
  readonly metrics: Counted | null;
  /** Tells this configuration from another one: of equal ones the one that serves already is kept. */
  readonly fingerprint: string;
  /** What it takes to serve under it. @throws CertificateError */
  readonly generation: () => GenerationPlan;
  /** Called once, when it is needed no more. */
  readonly release: () => void;
}

export interface ListenerEvents {
  /** Nobody is here any more. */
  readonly onIdle: () => void;
  /** No worker can be had, though one could. @returns whether others are to be tried for */
  readonly onHopeless: () => boolean;
  /** Where clients of all services come from that are ourselves. */
  readonly trails: Trails;
}

/** Sessions that are begun before others have their turn: a crowd must not keep workers from being heard. */
const AT_ONCE = 4;
/** Seconds for sessions to end that were told so; the pump gives up after six. */
const DRAIN = 8;
/** Seconds a client may wait for a worker, and up to the time between two looks more. */
const LATE = 10;

/** A client who was let in and has no worker yet. */
interface Waiting {
  readonly since: number;
  readonly socket: number;
  readonly connection: Connection;
}

/** A configuration, and who is served under it. */
export interface Served {
  readonly plan: ListenerPlan;
  readonly generation: Generation;
}

export class Listener {
  readonly #events: ListenerEvents;
  readonly #gate: Gate;
  readonly #queue: Waiting[] = [];
  readonly #circles: Circles;
  #current: Served;
  /** The one of now, and those of before that still have clients. */
  #all: readonly Served[];
  /** It lets clients in. */
  #isOpen = false;
  #scheduled = false;

  /** @throws CertificateError; nothing has begun then */
  constructor(plan: ListenerPlan, events: ListenerEvents) {
    this.#events = events;
    this.#gate = new Gate(plan.limits);
    this.#circles = new Circles(events.trails, plan.name);
    this.#current = this.prepare(plan);
    this.#all = [this.#current];
  }

  get plan(): ListenerPlan {
    return this.#current.plan;
  }

  /** Clients that were let in and have not left. */
  get here(): number {
    return this.#gate.here;
  }

  /** What serves who comes now. */
  get serving(): Pick<Generation, "workers" | "certificates" | "servers"> {
    return this.#current.generation;
  }

  /** Nothing is left of it. */
  get isGone(): boolean {
    return this.#all.length === 0;
  }

  /** @returns whether it can serve */
  start(): Promise<boolean> {
    return this.#current.generation.start();
  }

  /** Makes what another configuration takes, of which nothing has begun. @throws CertificateError */
  prepare(plan: ListenerPlan): Served {
    const generation = new Generation(plan.generation(), {
      onLeft: (connection) => {
        this.#left(connection);
        this.#schedule();
      },
      onConnected: (connection, server) => this.#circles.lead(connection, server),
      admit: (connection, told) => this.#admit(connection, told),
      onUntaken: (socket, connection) => this.#again(socket, connection),
      onLack: (error) => this.#overload(error),
      onRoom: () => this.#schedule(),
      onHopeless: () => this.#events.onHopeless(),
    });
    return { plan, generation };
  }

  /** Lets clients in. */
  open(): void {
    this.#isOpen = true;
    this.#schedule();
  }

  /** From now on who comes is served under this one, which can. */
  adopt(served: Served): void {
    this.#current.generation.retire();
    this.#current = served;
    this.#all = [served, ...this.#all];
    this.#gate.limits = served.plan.limits;
    this.#schedule();
  }

  /** Nobody comes any more; who is there is served to the end. */
  close(): void {
    this.#isOpen = false;
    this.#keepOut();
    this.#current.generation.retire();
  }

  arrived(arrival: Arrival): void {
    const came = connectionOf(arrival.fd, {});
    // Reset by now, and with that its address is gone, which every limit and rule would have asked for.
    if (isBroken(arrival.fd)) return;
    const { address } = came.client;
    const { refusals, meet, proxies } = this.plan;
    const now = performance.now();
    const isProxy = proxies?.(address) === true;
    const connection = isProxy ? untold(came) : came;
    const refusal = isProxy ? this.#gate.enterUntold() : this.#gate.enter(address, now);
    if (refusal !== null) {
      turnAway(arrival, refusals[refusal]);
      this.#refuse(connection, refusal);
      return;
    }
    const socket = this.#isOpen ? arrival.take() : -1;
    if (socket < 0) {
      this.#leave(connection);
      turnAway(arrival, refusals.overload);
      this.#overload("no descriptor is left");
      return;
    }
    this.#queue.push({ socket, connection: meet?.(socket, connection) ?? connection, since: now });
    this.#welcome();
  }

  /** What is to be done again and again: the more often, the sooner the log tells it. */
  look(): void {
    this.tellRefusals();
    this.#turnAwayLate();
    this.#current.generation.renew();
    for (const { generation } of this.#all) generation.sweep();
    const gone = this.#all.filter((one) => this.#isOver(one));
    this.#all = this.#all.filter((one) => !gone.includes(one));
    for (const { plan, generation } of gone) {
      generation.end();
      plan.release();
    }
  }

  /** Whoever comes from now on is judged by the entries of now. */
  list(): Promise<void> {
    return this.#current.generation.list();
  }

  #isOver(served: Served): boolean {
    return (served !== this.#current || !this.#isOpen) && served.generation.isGone;
  }

  /** Nobody is let in any more, and clients are told; kept when they have gone, or had their time. */
  async drain(): Promise<void> {
    this.#isOpen = false;
    this.#keepOut();
    await within(Promise.all(this.#all.map(({ generation }) => generation.drain())), DRAIN);
  }

  /** Nothing of it stays. */
  async clear(): Promise<void> {
    this.#isOpen = false;
    this.#keepOut();
    this.tellRefusals();
    await Promise.all(this.#all.map(({ generation }) => generation.clear()));
  }

  tellRefusals(): void {
    for (const entry of this.#gate.minutes(performance.now())) this.plan.log(entry);
  }

  // ------------------------------------------------------------------ a session's beginning

  /**
   * The first of a turn is begun at once, unless its server is to be connected: where that is ourselves, the connection
   * has to be known before it is let in here.
   */
  #welcome(): void {
    const isFirst = !this.#scheduled && this.#queue.length === 1;
    this.#schedule();
    if (isFirst && !this.#current.generation.isOverTcp) this.#begin();
  }

  #schedule(): void {
    if (this.#scheduled || !this.#isOpen || this.#queue.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#begin();
    });
  }

  #begin(): void {
    for (let begun = 0; begun < AT_ONCE && this.#queue.length > 0; begun++) {
      const waiting = this.#queue.shift()!;
      if (this.#circles.isCircle(waiting.socket, waiting.connection)) {
        this.#refuse(waiting.connection, "loop");
        this.#turnAway(waiting.socket, waiting.connection);
        continue;
      }
      const done = this.#current.generation.begin(waiting.socket, waiting.connection);
      if (done === "begun") continue;
      if (done === "refused") {
        this.#turnAway(waiting.socket, waiting.connection);
        continue;
      }
      this.#queue.unshift(waiting);
      if (done === "full") return;
      setTimeout(() => this.#schedule(), done.after);
    }
    this.#schedule();
  }

  /** Nobody has said a word to it. */
  #again(socket: number, connection: Connection): void {
    if (!this.#isOpen) return this.#turnAway(socket, connection);
    this.#queue.unshift({ socket, connection, since: performance.now() });
    this.#schedule();
  }

  #left(connection: Connection): void {
    this.#leave(connection);
    if (this.#gate.here === 0) this.#events.onIdle();
  }

  #leave({ client, isUntold }: Connection): void {
    if (isUntold === true) this.#gate.leaveUntold();
    else this.#gate.leave(client.address);
  }

  /**
   * A proxy's header was read, by a worker: we never look at an octet. Whoever got hold of that worker can lie about the
   * address of this one session, which is the worker's own anyway, and about no other.
   * @param told null where there was no header
   */
  #admit(connection: Connection, told: Ends | null): Connection | { readonly refusal: Uint8Array } {
    const { refusals } = this.plan;
    if (told === null) {
      this.#refuse(connection, "proxy-header");
      return { refusal: new Uint8Array(0) };
    }
    if (!this.#isOpen) return { refusal: refusals.overload };
    const { isUntold: _, ...known } = connection;
    const client = { ...known, ...told };
    const refusal = this.#gate.tell(told.client.address, performance.now());
    if (refusal !== null) {
      this.#refuse(client, refusal);
      return { refusal: refusals[refusal] };
    }
    this.#circles.follow(connection, client);
    return client;
  }

  // ------------------------------------------------------------------ who is kept out

  #refuse(connection: Connection, reason: Reason<"refused-connection">): void {
    const { client } = connection.isUntold === true ? cameOf(connection) : connection;
    const entry = this.#gate.refused(client.address, reason, performance.now());
    if (entry !== null) this.plan.log(entry);
  }

  /** Nobody is let in any more, nor those who wait. */
  #keepOut(): void {
    for (const { socket, connection } of this.#queue.splice(0)) this.#turnAway(socket, connection);
  }

  #turnAway(socket: number, connection: Connection): void {
    turnAway({ fd: socket }, this.plan.refusals.overload);
    close(socket);
    this.#left(connection);
  }

  /** Where no worker can be had clients are told, rather than kept waiting. */
  #turnAwayLate(): void {
    const late = performance.now() - LATE * 1000;
    while (this.#queue.length > 0 && this.#queue[0]!.since < late) {
      const { socket, connection } = this.#queue.shift()!;
      this.#turnAway(socket, connection);
      this.#overload("no worker takes clients");
    }
  }

  #overloaded = Number.NEGATIVE_INFINITY;

  /** Once a minute: whoever has no descriptors has little else to do. */
  #overload(error: string): void {
    const now = performance.now();
    if (now - this.#overloaded < 60_000) return;
    this.#overloaded = now;
    this.plan.log({ level: 1, event: "overload", fields: { error } });
  }
}

/** Until the proxy has told whose it is, it is nobody's: its own address stands for none of its clients. */
function untold({ client, server }: Ends): Connection {
  return { client: NOBODY, server: NOBODY, via: { client, server }, isUntold: true };
}
