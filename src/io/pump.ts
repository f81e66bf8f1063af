// Drives one Session: reads each side when the session wants it, writes what it says, waits for who does not read, and
// rings when it is time. Knows sessions and peers; knows no protocol, and no descriptor.

import type { Entry } from "../record/entry.ts";
import { faultOf, type SessionFault } from "../session/fault.ts";
import type { Output, Throttle } from "../session/output.ts";
import type { Session } from "../session/session.ts";
import { Alarm, now } from "./alarm.ts";
import { Bell } from "./bell.ts";
import { Closing } from "./closing.ts";
import { Compiler } from "./compiler.ts";
import { Outbox } from "./outbox.ts";
import { LINGER, Parting } from "./parting.ts";
import type { Client, Departure, Server } from "./peer.ts";
import { secured } from "./securing.ts";
import { Served } from "./served.ts";
import { type Throttling, throttleOf } from "./throttling.ts";
import { settled } from "./within.ts";

export interface PumpPlan {
  readonly client: Client;
  /** The client speaks TLS from its first octet on. */
  readonly isSecure: boolean;
  /** Starts a server; called again when the session asks for a fresh one. */
  readonly startServer: () => Server;
  /** Makes the session, which speaks through the given output. */
  readonly startSession: (output: Output) => Session;
  /** Begun when the server has been started; what it says is held until this is done. */
  readonly prepare: () => Promise<void>;
  readonly log: (entry: Entry) => void;
  /** Counts guesses; null for nobody. */
  readonly throttling: Throttling | null;
  /** Seconds one side may take to read what was written to it; 0 for no limit. */
  readonly clientStall: number;
  readonly serverStall: number;
}

export interface Pump {
  /** Ends the session from outside (a signal). */
  shutdown(): void;
  /** Ends it for a fault of ours that was found elsewhere. */
  fail(fault: unknown): void;
  /** Resolves when both sides are done with. Rejects with our own faults only; the server is gone by then. */
  readonly done: Promise<Outcome>;
}

export interface Outcome {
  readonly server: Departure;
  /** Octets of the client and to it. */
  readonly octetsIn: number;
  readonly octetsOut: number;
}

/** Seconds a server may take to go once the session is over: it serves nobody, or may still be at a delivery. */
const PATIENCE = { idle: 5, delivery: 30 };
/** Seconds after which an administrator's wish counts more than both peers: the session's own five, and one. */
const SHUTDOWN_PATIENCE = 6;
/** Seconds between two looks at a client that is not read. */
const WATCH = 1;
/** Seconds in which octets that the kernel has are read, whatever else the machine does. */
const LOOK = 0.5;

export function pump(plan: PumpPlan): Pump {
  const driver = new Driver(plan);
  return { shutdown: () => driver.shutdown(), fail: (fault) => driver.fail(fault), done: driver.run() };
}

class Driver implements Output {
  readonly throttle: Throttle | null;
  readonly #plan: PumpPlan;
  readonly #session: Session;
  #server: Served;
  readonly #outbox: Outbox;
  readonly #alarm = new Alarm(() => this.#tick());
  /** Rung when the session may want something else. */
  readonly #bell = new Bell();
  #fail: (fault: SessionFault) => void = () => {};
  readonly #failed = new Promise<never>((_, reject) => {
    this.#fail = reject;
  });
  readonly #closing = new Closing();
  readonly #parting: Parting;
  #hurry: Timer | null = null;
  #clientGone = false;
  readonly #compiler = new Compiler();
  #octetsIn = 0;
  #octetsOut = 0;

  constructor(plan: PumpPlan) {
    this.#plan = plan;
    this.#outbox = new Outbox(plan.client);
    this.#parting = new Parting(plan.client, this.#outbox);
    this.throttle = throttleOf(plan.throttling, (said) =>
      this.#step(() => this.#session.judged(said, now())),
    );
    this.#server = new Served(plan.startServer());
    try {
      this.#session = plan.startSession(this);
    } catch (fault) {
      this.#server.abort();
      throw fault;
    }
  }

  async run(): Promise<Outcome> {
    this.#step(() => this.#session.start(now()));
    if (this.#plan.isSecure) this.#secure();
    const prepared = this.#plan.prepare();
    void prepared.then(
      () => this.#readServer(this.#server),
      (fault) => this.fail(fault),
    );
    // Where nobody greets, the client's first line is judged by what must be known, too.
    const reading = this.#session.isGreeting ? this.#readClient() : prepared.then(() => this.#readClient());
    const served = reading.then(() => this.#finish());
    try {
      return await Promise.race([served, this.#failed]);
    } catch (fault) {
      throw await this.#broken(fault);
    }
  }

  shutdown(): void {
    this.#step(() => this.#session.shutdown(now()));
    this.#hurry ??= setTimeout(() => {
      this.#parting.hurry();
      this.#server.abort();
    }, SHUTDOWN_PATIENCE * 1000);
  }

  fail(fault: unknown): void {
    this.#fail(faultOf(fault));
  }

  // ------------------------------------------------------------------ what the session does

  toClient(octets: Uint8Array): void {
    if (this.#clientGone) return;
    this.#octetsOut += octets.length;
    this.#compiler.sees(octets.length);
    this.#plan.client.write(octets);
  }

  toServer(octets: Uint8Array): void {
    this.#server.write(octets);
  }

  abortServer(): void {
    this.#server.abort();
  }

  restartServer(): void {
    this.#server = new Served(this.#plan.startServer());
    void this.#readServer(this.#server);
  }

  endServerInput(): void {
    this.#server.peer.end();
  }

  hasUnread(): boolean {
    return this.#plan.client.hasUnread();
  }

  secureClient(): void {
    this.#outbox.flush();
    // What was said in the clear must be with the kernel before anything else is written there.
    const taken = this.#outbox.taken(this.#plan.clientStall);
    void taken.then((isTaken) => (isTaken === true ? this.#secure() : this.#lostClient()));
  }

  close(): void {
    this.#alarm.clear();
    this.#closing.now();
  }

  log(entry: Entry): void {
    this.#plan.log(entry);
  }

  // ------------------------------------------------------------------ the two readers

  async #readClient(): Promise<void> {
    while (!this.#session.closed) {
      if (this.#outbox.isBusy) await this.#drainClient();
      else if (this.#server.outbox.isBusy) await this.#drainServer();
      else if (!this.#session.wantsClient) await this.#watchClient();
      else {
        const chunk = await this.#next();
        if (this.#session.closed) return;
        if (this.#clientGone) continue; // lost meanwhile, whatever it had sent before
        // While the client was waited for, the server's octets may have filled our side of the client.
        if (chunk === null) this.#step(() => this.#session.clientEnd(now()));
        else if (chunk === "lost") this.#lostClient();
        else if (chunk.length > 0) {
          this.#octetsIn += chunk.length;
          this.#compiler.sees(chunk.length);
          this.#step(() => this.#session.clientOctets(chunk, now()));
        }
      }
    }
  }

  /** What the client said before it was greeted may lie in the kernel when the greeting comes: it counts as said. */
  async #hearEarly(): Promise<void> {
    const session = this.#session;
    if (!session.isGreeting) return;
    const end = now() + LOOK * 1000;
    // A turn even if nothing is there any more: what was read may still be on its way to us.
    do await new Promise((resolve) => setImmediate(resolve));
    while (session.isGreeting && session.wantsClient && this.#plan.client.isReady() && now() < end);
  }

  /** Waits for the session to want something else; a client that is reset meanwhile shows in no read. */
  async #watchClient(): Promise<void> {
    const changed = await settled(this.#bell.rung, WATCH);
    if (changed === false && !this.#clientGone && this.#plan.client.isBroken()) this.#lostClient();
  }

  /** The client's next octets, its end, or its loss; also returns when the session closes meanwhile. */
  async #next(): Promise<Uint8Array | null | "lost"> {
    const reading = this.#plan.client.read().catch(() => "lost" as const);
    let chunk: Uint8Array | null | "lost" | undefined;
    void reading.then((value) => {
      chunk = value;
      this.#bell.ring();
    });
    while (chunk === undefined && !this.#session.closed) await this.#bell.rung;
    return chunk ?? null;
  }

  async #readServer(server: Served): Promise<void> {
    // Meanwhile another may have taken its place.
    const isOver = () => server !== this.#server || server.isAborted || this.#session.closed;
    for (;;) {
      const chunk = await server.peer.read().catch(() => null);
      if (isOver()) return;
      if (chunk === null) {
        const how = await server.peer.howLost();
        if (isOver()) return;
        return this.#step(() => this.#session.serverEnd(now(), how));
      }
      await this.#hearEarly();
      this.#step(() => this.#session.serverOctets(chunk, now()));
      if (this.#outbox.isBusy) await this.#drainClient();
    }
  }

  // ------------------------------------------------------------------ steps, clock, back-pressure

  /** Tells the session one thing, then writes, re-arms the clock and wakes whoever waits. */
  #step(tell: () => void): void {
    try {
      tell();
      this.#server.flush(this.#session.holdsMessage);
      this.#flushClient();
      this.#alarm.set(this.#session.deadline);
    } catch (fault) {
      this.fail(fault);
    }
    this.#bell.ring();
  }

  /**
   * One write for all that one event made ready: replies to a client that pipelines, a status line and its body.
   * A client that takes whatever one read gives for the reply is right all the same: it sent one command.
   */
  #flushClient(): void {
    if (!this.#clientGone) this.#outbox.flush();
  }

  #tick(): void {
    // While one side does not read, neither the other nor the session is to blame; its end comes all the same.
    const stalled = this.#outbox.isBusy || this.#server.outbox.isBusy;
    if (stalled && !this.#clientGone && now() < this.#session.end) this.#alarm.set(this.#session.end);
    else this.#step(() => this.#session.tick(now()));
  }

  /** Waits until the client has taken what was written; one that takes too long is lost. */
  async #drainClient(): Promise<void> {
    const taken = await this.#closing.until(this.#outbox.taken(this.#plan.clientStall));
    if (taken === undefined) return;
    if (taken) this.#step(() => this.#session.resume(now()));
    else this.#lostClient();
  }

  /** Waits until the server has taken what was written. */
  async #drainServer(): Promise<void> {
    const server = this.#server;
    this.#session.pause(now());
    // The client is not read meanwhile.
    const watch = setInterval(() => this.#plan.client.isBroken() && this.#lostClient(), WATCH * 1000);
    const taken = await this.#closing.until(server.outbox.taken(this.#plan.serverStall));
    clearInterval(watch);
    if (taken === undefined) return;
    // A server that reads no more may still have said why: its output tells. Asked to write again, it would
    // fail again, at once and for ever. One that is stuck is given up.
    if (taken === null) server.isDeaf = true;
    if (taken === false) this.#step(() => this.#session.serverEnd(now(), "failed"));
    else this.#step(() => this.#session.resume(now()));
  }

  #secure(): void {
    secured(this.#plan.client, this.#plan.log).then(
      (version) => {
        if (version === null) this.#lostClient("tls-failed");
        else this.#step(() => this.#session.secured(now(), version));
      },
      (fault) => this.fail(fault),
    );
  }

  #lostClient(why: "client-lost" | "tls-failed" = "client-lost"): void {
    this.#clientGone = true;
    this.#outbox.forget();
    this.#step(() => this.#session.clientLost(now(), why));
  }

  /** Delivers what was said, lets the client read it, and sees the server gone. */
  async #finish(): Promise<Outcome> {
    this.close();
    await this.#parting.deliver(this.#plan.clientStall);
    this.#plan.client.end();
    const lingered = this.#clientGone ? null : this.#parting.linger();
    await this.#server.aborting;
    const server = await this.#server.peer.leave(
      this.#session.mayDeliver ? PATIENCE.delivery : PATIENCE.idle,
    );
    await lingered;
    if (this.#hurry !== null) clearTimeout(this.#hurry);
    return { server, octetsIn: this.#octetsIn, octetsOut: this.#octetsOut };
  }

  /** Ends the server before its input: it must not take what it has for whole because we are broken. */
  async #broken(cause: unknown): Promise<SessionFault> {
    const fault = faultOf(cause);
    this.#alarm.clear();
    this.#server.abort();
    await this.#server.aborting;
    this.#flushClient();
    const mayHear = this.#session.tellable && !this.#clientGone;
    fault.tellable = mayHear && (await this.#parting.deliver(LINGER));
    return fault;
  }
}
