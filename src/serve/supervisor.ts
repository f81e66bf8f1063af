// The supervisor: keeps its privileges, accepts clients, counts them, and passes each to a worker together with a
// server that it starts. It never reads an octet of a client or of a server, and believes a worker nothing but wishes
// about the worker's own sessions. Knows sockets, processes and numbers; no protocol.

import { EXIT, type ExitCode } from "../exit.ts";
import { within } from "../io/within.ts";
import type { Sink } from "../log/sink.ts";
import { close, isBroken } from "../os/libc.ts";
import { type Accepting, type Arrival, accept, turnAway } from "../os/listening.ts";
import { type Connection, connectionOf } from "../os/peer.ts";
import type { Entry, Reason } from "../record/entry.ts";
import { Crew, type CrewPlan, type Member } from "./crew.ts";
import { Gate, type GateLimits, type Refusal } from "./gate.ts";
import { AGAIN, Guests, type GuestsPlan } from "./guests.ts";
import type { Manager } from "./manager.ts";
import { proveAccepting } from "./proof.ts";
import type { Renewal } from "./renewal.ts";

export interface SupervisorPlan
  extends Pick<CrewPlan, "size" | "sessionsPerWorker" | "recycleAfter" | "configuration" | "asks">,
    Pick<GuestsPlan, "source" | "startsLate" | "sessionLog"> {
  /** The certificates of whoever speaks TLS here; null for nobody. */
  readonly renewal: Renewal | null;
  /** Listening sockets, which are ours from now on. */
  readonly sockets: readonly number[];
  readonly limits: GateLimits;
  /** What a client is told that is not let in. */
  readonly refusals: Readonly<Record<Refusal | "overload", Uint8Array>>;
  /** Seconds without a client after which we leave; 0 for never. */
  readonly idleExit: number;
  /** Whoever manages services and wants to know; null for nobody. */
  readonly manager: Manager | null;
  readonly log: (entry: Entry) => void;
  readonly sink: Sink | null;
}

/** Sessions that are begun before others have their turn: a crowd must not keep workers from being heard. */
const AT_ONCE = 4;
/** Seconds for sessions to end that were told so; the pump gives up after six. */
const DRAIN = 8;
/** Seconds between looks at what the log has to be told of those kept out. */
const MINUTES = 5;
/** Seconds a client may wait for a worker, and up to MINUTES more. */
const LATE = 10;

/** A client who was let in and has no worker yet. */
interface Waiting {
  readonly since: number;
  readonly socket: number;
  readonly connection: Connection;
}

/** Serves until it is told to end. @throws when it cannot begin */
export async function supervise(plan: SupervisorPlan): Promise<ExitCode> {
  // The executable starts with its compiler held back, which is for a process that has one short session.
  Bun.unsafe.setJITPolicy(1);
  await proveAccepting();
  return new Supervisor(plan).run();
}

class Supervisor {
  readonly #plan: SupervisorPlan;
  readonly #gate: Gate;
  readonly #crew: Crew;
  readonly #queue: Waiting[] = [];
  readonly #guests: Guests;
  readonly #over = Promise.withResolvers<ExitCode>();
  #accepting: Accepting[] = [];
  #scheduled = false;
  #ending = false;
  #idle: Timer | null = null;

  constructor(plan: SupervisorPlan) {
    this.#plan = plan;
    this.#gate = new Gate(plan.limits);
    this.#guests = new Guests({
      ...plan,
      onLeft: (connection) => {
        this.#left(connection);
        this.#schedule();
      },
      onUntaken: (socket, connection) => this.#again(socket, connection),
      onLack: (error) => this.#overload(error),
    });
    this.#crew = new Crew({
      ...plan,
      certificates: () => plan.renewal?.current ?? null,
      onReport: (worker, report) => this.#guests.heard(worker, report),
      onReady: () => this.#ready(),
      onHung: (worker) => this.#guests.abortServersOf(worker),
      onLost: (worker) => this.#guests.lost(worker),
      onHopeless: () => this.#fail("workers fail before they are ready"),
    });
  }

  async run(): Promise<ExitCode> {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void this.#end("signal"));
    for (const signal of ["SIGHUP", "SIGUSR1"] as const) process.on(signal, () => this.#reopen());
    for (const fault of ["uncaughtException", "unhandledRejection"] as const) {
      process.removeAllListeners(fault);
      process.on(fault, (reason) => this.#fail(String(reason)));
    }
    const minutes = setInterval(() => {
      this.#tellRefusals();
      this.#turnAwayLate();
      this.#guests.sweep();
      this.#tellStatus();
      if (this.#plan.renewal?.look() === true) this.#crew.certify(this.#plan.renewal.current);
    }, MINUTES * 1000);
    const { manager } = this.#plan;
    const beat = manager?.beat ?? null;
    const beating = beat === null ? null : setInterval(() => manager!.alive(), beat);
    this.#crew.start();
    const code = await this.#over.promise;
    clearInterval(minutes);
    if (beating !== null) clearInterval(beating);
    await this.#clear();
    return code;
  }

  /** The first worker is there: clients that came before are with the kernel. */
  #ready(): void {
    if (this.#accepting.length === 0 && !this.#ending) {
      this.#accepting = this.#plan.sockets.map((fd) => accept(fd, (arrival) => this.#arrived(arrival)));
      this.#plan.manager?.ready();
      this.#tellStatus();
      this.#watchIdle();
    }
    this.#schedule();
  }

  #arrived(arrival: Arrival): void {
    const connection = connectionOf(arrival.fd, {});
    // Reset by now, and with that its address is gone, which every limit and rule would have asked for.
    if (isBroken(arrival.fd)) return;
    const { address } = connection.client;
    const now = performance.now();
    const refusal = this.#gate.enter(address, now);
    if (refusal !== null) {
      turnAway(arrival, this.#plan.refusals[refusal]);
      const entry = this.#gate.refused(address, refusal, now);
      if (entry !== null) this.#plan.log(entry);
      return;
    }
    const socket = this.#ending ? -1 : arrival.take();
    if (socket < 0) {
      this.#gate.leave(address);
      turnAway(arrival, this.#plan.refusals.overload);
      this.#overload("no descriptor is left");
      return;
    }
    this.#queue.push({ socket, connection, since: now });
    this.#schedule();
  }

  // ------------------------------------------------------------------ a session's beginning

  #schedule(): void {
    if (this.#scheduled || this.#queue.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#begin();
    });
  }

  #begin(): void {
    for (let begun = 0; begun < AT_ONCE && this.#queue.length > 0; begun++) {
      const worker = this.#crew.next;
      if (worker === null) return; // one that is ready, or is rid of a session, begins again
      const waiting = this.#queue.shift()!;
      if (this.#serve(worker, waiting) !== "later") continue;
      this.#queue.unshift(waiting);
      this.#crew.spare(worker, AGAIN); // others may take it
      setTimeout(() => this.#schedule(), AGAIN);
    }
    this.#schedule();
  }

  /** @returns later when the worker takes nothing now */
  #serve(worker: Member, { socket, connection }: Waiting): "later" | "done" {
    const session = this.#guests.begin(worker, socket, connection);
    if (session === "later") return session;
    if (session === "refused") this.#turnAway(socket, connection);
    else this.#crew.begin(worker, session);
    return "done";
  }

  /** Nobody has said a word to it. */
  #again(socket: number, connection: Connection): void {
    if (this.#ending) return this.#turnAway(socket, connection);
    this.#queue.unshift({ socket, connection, since: performance.now() });
    this.#schedule();
  }

  #left({ client }: Connection): void {
    this.#gate.leave(client.address);
    if (this.#gate.here === 0) this.#watchIdle();
  }

  // ------------------------------------------------------------------ the end, and the log

  #watchIdle(): void {
    const { idleExit } = this.#plan;
    if (idleExit === 0) return;
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#gate.here === 0 && void this.#end("idle"), idleExit * 1000);
  }

  async #end(reason: Reason<"shutdown">): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#plan.log({ level: 1, event: "shutdown", fields: { reason, clients: this.#gate.here } });
    this.#plan.manager?.stopping();
    this.#keepOut();
    this.#guests.close();
    this.#crew.close();
    await within(this.#crew.empty, DRAIN);
    this.#over.resolve(EXIT.ok);
  }

  #fail(error: string): void {
    this.#ending = true;
    this.#plan.log({ level: 0, event: "fault", fields: { error } });
    this.#over.resolve(EXIT.software);
  }

  /** Nobody is let in any more, nor those who wait. */
  #keepOut(): void {
    for (const accepting of this.#accepting) accepting.stop();
    for (const { socket, connection } of this.#queue.splice(0)) this.#turnAway(socket, connection);
  }

  #turnAway(socket: number, connection: Connection): void {
    turnAway({ fd: socket }, this.#plan.refusals.overload);
    close(socket);
    this.#left(connection);
  }

  /** Nothing of ours stays: servers first, then workers. */
  async #clear(): Promise<void> {
    this.#keepOut();
    this.#crew.close();
    this.#tellRefusals();
    await this.#guests.clear();
    this.#crew.kill();
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

  #tellStatus(): void {
    const { here } = this.#gate;
    this.#plan.manager?.status(`${here} session${here === 1 ? "" : "s"}`);
  }

  #reopen(): void {
    this.#plan.manager?.reloading();
    try {
      this.#plan.sink?.reopen();
      this.#plan.log({ level: 1, event: "reload", fields: { state: "reopened" } });
    } catch (error) {
      this.#plan.log({ level: 1, event: "reload", fields: { state: "kept", error: String(error) } });
    }
    this.#plan.manager?.ready();
  }

  #tellRefusals(): void {
    for (const entry of this.#gate.minutes(performance.now())) this.#plan.log(entry);
  }

  #overloaded = Number.NEGATIVE_INFINITY;

  /** Once a minute: whoever has no descriptors has little else to do. */
  #overload(error: string): void {
    const now = performance.now();
    if (now - this.#overloaded < 60_000) return;
    this.#overloaded = now;
    this.#plan.log({ level: 1, event: "overload", fields: { error } });
  }
}
