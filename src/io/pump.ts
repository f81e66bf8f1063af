// Drives one Session: reads each side when the session wants it, writes what it says, with back-pressure both
// ways, and keeps the clock. Knows sessions and peers; knows no protocol, and no descriptor.

import type { Entry } from "../record/entry.ts";
import { SessionFault } from "../session/fault.ts";
import type { Output } from "../session/output.ts";
import type { Session } from "../session/session.ts";
import type { Client, Departure, Server } from "./peer.ts";

export interface PumpPlan {
  readonly client: Client;
  /** Starts a server; called again when the session asks for a fresh one. */
  readonly startServer: () => Server;
  /** Makes the session, which speaks through the given output. */
  readonly startSession: (output: Output) => Session;
  /** Begun when the server has been started; what it says is held until this is done. */
  readonly prepare: () => Promise<void>;
  readonly log: (entry: Entry) => void;
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

/** Seconds a server may take to go once the session is over: there is nobody it could still serve. */
const IDLE_PATIENCE = 5;
/** Seconds for one that was told to deliver something: it may still be at it. */
const DELIVERY_PATIENCE = 30;
/** Seconds after which an administrator's wish counts more than both peers: the session's own five, and one. */
const SHUTDOWN_PATIENCE = 6;

/** Octets that make a session more than a short dialogue. */
const MUCH = 65536;

/** Seconds between two looks at a client that is not read. */
const WATCH = 1;

/** Seconds in which octets that the kernel has are read, whatever else the machine does. */
const LOOK = 0.5;

/** Seconds a client that was told goodbye may take to close: it must be able to read why. */
const LINGER = 2;

export function pump(plan: PumpPlan): Pump {
  const driver = new Driver(plan);
  return { shutdown: () => driver.shutdown(), fail: (fault) => driver.fail(fault), done: driver.run() };
}

class Driver implements Output {
  readonly #plan: PumpPlan;
  readonly #session: Session;
  #server: Server;
  /** Writes under way; the session is given nothing more to write meanwhile. */
  #clientBusy: Promise<unknown> | null = null;
  #serverBusy: Promise<unknown> | null = null;
  #aborting: Promise<void> | null = null;
  #aborted = false;
  /** The server is in a message, as far as it was told. */
  #guarded = false;
  /** The server reads no more: nothing is written to it, and only its output can tell what became of it. */
  #deaf = false;
  #timer: Timer | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  /** Resolves waiters when the session may want something else. */
  #wake: () => void = () => {};
  #changed: Promise<void> = new Promise((resolve) => {
    this.#wake = resolve;
  });
  #fail: (fault: SessionFault) => void = () => {};
  readonly #failed = new Promise<never>((_, reject) => {
    this.#fail = reject;
  });
  /** Who waits for a write in order to go on with the session; a session that closes does not go on. */
  readonly #waiting = new Set<() => void>();
  /** Kept when neither peer is waited for any more. */
  #giveUp: () => void = () => {};
  readonly #givenUp = new Promise<void>((resolve) => {
    this.#giveUp = resolve;
  });
  #hurry: Timer | null = null;
  #clientGone = false;
  #warm = false;
  #octetsIn = 0;
  #octetsOut = 0;

  constructor(plan: PumpPlan) {
    this.#plan = plan;
    this.#server = plan.startServer();
    try {
      this.#session = plan.startSession(this);
    } catch (fault) {
      void this.#server.abort();
      throw fault;
    }
  }

  async run(): Promise<Outcome> {
    this.#step(() => this.#session.start(now()));
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
      this.#giveUp();
      if (!this.#aborted) void this.#server.abort();
    }, SHUTDOWN_PATIENCE * 1000);
  }

  fail(fault: unknown): void {
    this.#fail(faultOf(fault));
  }

  // ------------------------------------------------------------------ what the session does

  toClient(octets: Uint8Array): void {
    if (this.#clientGone) return;
    this.#octetsOut += octets.length;
    this.#warmUp();
    this.#plan.client.write(octets);
  }

  toServer(octets: Uint8Array): void {
    if (!this.#deaf) this.#server.write(octets);
  }

  abortServer(): void {
    this.#aborted = true;
    this.#serverBusy = null;
    this.#aborting = this.#server.abort();
  }

  restartServer(): void {
    this.#aborted = false;
    this.#guarded = false;
    this.#deaf = false;
    this.#aborting = null;
    this.#server = this.#plan.startServer();
    void this.#readServer(this.#server);
  }

  endServerInput(): void {
    this.#server.end();
  }

  hasUnread(): boolean {
    return this.#plan.client.isReady();
  }

  secureClient(): void {
    const { client } = this.#plan;
    if (client.secure === undefined) throw new SessionFault("TLS was asked for, and it cannot be had here");
    void client.secure().then(
      () => this.#step(() => this.#session.secured(now())),
      () => this.#lostClient(),
    );
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const release of this.#waiting) release();
  }

  log(entry: Entry): void {
    this.#plan.log(entry);
  }

  // ------------------------------------------------------------------ the two readers

  async #readClient(): Promise<void> {
    while (!this.#session.closed) {
      if (this.#clientBusy !== null) await this.#drainClient();
      else if (this.#serverBusy !== null) await this.#drainServer();
      else if (!this.#session.wantsClient) await this.#watchClient();
      else {
        const chunk = await this.#next();
        if (this.#session.closed) return;
        // While the client was waited for, the server's octets may have filled our side of the client.
        if (chunk === null) this.#step(() => this.#session.clientEnd(now()));
        else if (chunk === "lost") this.#lostClient();
        else if (chunk.length > 0) {
          this.#octetsIn += chunk.length;
          this.#warmUp();
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
    const changed = await settled(this.#changed, WATCH);
    if (changed === false && !this.#clientGone && this.#plan.client.isBroken()) this.#lostClient();
  }

  /** The client's next octets, its end, or its loss; also returns when the session closes meanwhile. */
  async #next(): Promise<Uint8Array | null | "lost"> {
    const reading = this.#plan.client.read().catch(() => "lost" as const);
    let chunk: Uint8Array | null | "lost" | undefined;
    void reading.then((value) => {
      chunk = value;
      this.#wake();
    });
    while (chunk === undefined && !this.#session.closed) {
      await this.#changed;
    }
    return chunk ?? null;
  }

  async #readServer(server: Server): Promise<void> {
    for (;;) {
      const chunk = await server.read().catch(() => null);
      if (server !== this.#server || this.#aborted || this.#session.closed) return;
      if (chunk === null) {
        const how = await server.howLost();
        // Meanwhile another may have taken its place.
        if (server !== this.#server || this.#aborted || this.#session.closed) return;
        return this.#step(() => this.#session.serverEnd(now(), how));
      }
      await this.#hearEarly();
      this.#step(() => this.#session.serverOctets(chunk, now()));
      if (this.#clientBusy !== null) await this.#drainClient();
    }
  }

  // ------------------------------------------------------------------ steps, clock, back-pressure

  /** Tells the session one thing, then writes, re-arms the clock and wakes whoever waits. */
  #step(tell: () => void): void {
    try {
      tell();
      const message = this.#session.holdsMessage;
      if (message) this.#guard(true);
      if (!this.#aborted && !this.#deaf) this.#serverBusy = both(this.#serverBusy, this.#server.flush());
      this.#flushClient();
      // Its terminator has been written, or the next step looks again.
      if (!message && this.#serverBusy === null) this.#guard(false);
      this.#arm();
    } catch (fault) {
      this.fail(fault);
    }
    const wake = this.#wake;
    this.#changed = new Promise((resolve) => {
      this.#wake = resolve;
    });
    wake();
  }

  /**
   * One write for all that one event made ready: replies to a client that pipelines, a status line and its body.
   * A client that takes whatever one read gives for the reply is right all the same: it sent one command.
   */
  #flushClient(): void {
    if (!this.#clientGone) this.#clientBusy = both(this.#clientBusy, this.#plan.client.flush());
  }

  #guard(message: boolean): void {
    if (message === this.#guarded || this.#aborted) return;
    this.#guarded = message;
    this.#server.guard?.(message);
  }

  #arm(at = this.#session.deadline): void {
    // A later deadline needs no new timer: the one set fires, finds nothing due, and is set again.
    if (at >= this.#timerAt || at === Number.POSITIVE_INFINITY) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, at - now()));
  }

  #tick(): void {
    this.#timer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
    // While one side does not read, neither the other nor the session is to blame; its end comes all the same.
    const stalled = this.#clientBusy !== null || this.#serverBusy !== null;
    if (stalled && !this.#clientGone && now() < this.#session.end) this.#arm(this.#session.end);
    else this.#step(() => this.#session.tick(now()));
  }

  /** Waits until the client has taken what was written; one that takes too long is lost. */
  async #drainClient(): Promise<void> {
    const busy = this.#clientBusy;
    const taken = await this.#untilClosed(settled(busy!, this.#plan.clientStall));
    if (taken === undefined) return;
    if (this.#clientBusy === busy) this.#clientBusy = null;
    if (taken) this.#step(() => this.#session.resume(now()));
    else this.#lostClient();
  }

  /** Waits until the server has taken what was written. */
  async #drainServer(): Promise<void> {
    const busy = this.#serverBusy;
    this.#session.pause(now());
    // The client is not read meanwhile.
    const watch = setInterval(() => this.#plan.client.isBroken() && this.#lostClient(), WATCH * 1000);
    const taken = await this.#untilClosed(settled(busy!, this.#plan.serverStall));
    clearInterval(watch);
    if (taken === undefined) return;
    if (this.#serverBusy === busy) this.#serverBusy = null;
    // A server that reads no more may still have said why: its output tells. Asked to write again, it would
    // fail again, at once and for ever. One that is stuck is given up.
    if (taken === null) this.#deaf = true;
    if (taken === false) this.#step(() => this.#session.serverEnd(now(), "failed"));
    else this.#step(() => this.#session.resume(now()));
  }

  /** The executable starts with its compiler held back (scripts/build.ts): much data is worth compiling for. */
  #warmUp(): void {
    if (this.#warm || this.#octetsIn + this.#octetsOut < MUCH) return;
    this.#warm = true;
    Bun.unsafe.setJITPolicy(1);
  }

  /** @returns undefined when the session closes first. One promise for all waits would keep all of them. */
  async #untilClosed<T>(wait: Promise<T>): Promise<T | undefined> {
    let release: () => void = () => {};
    const closed = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    this.#waiting.add(release);
    const first = await Promise.race([wait, closed]);
    this.#waiting.delete(release);
    return first;
  }

  #lostClient(): void {
    this.#clientGone = true;
    this.#clientBusy = null;
    this.#step(() => this.#session.clientLost(now()));
  }

  /** Delivers what was said, lets the client read it, and sees the server gone. */
  async #finish(): Promise<Outcome> {
    this.close();
    await this.#deliver(this.#plan.clientStall);
    this.#plan.client.end();
    const lingered = this.#clientGone ? Promise.resolve() : this.#linger();
    await this.#aborting;
    const patience = this.#session.mayDeliver ? DELIVERY_PATIENCE : IDLE_PATIENCE;
    const server = await this.#server.leave(patience);
    await Promise.race([lingered, this.#givenUp]);
    if (this.#hurry !== null) clearTimeout(this.#hurry);
    return { server, octetsIn: this.#octetsIn, octetsOut: this.#octetsOut };
  }

  /** @returns whether the client has taken what was written to it */
  async #deliver(seconds: number): Promise<boolean> {
    if (this.#clientBusy === null) return !this.#clientGone;
    return (await Promise.race([settled(this.#clientBusy, seconds), this.#givenUp])) === true;
  }

  /** Ends the server before its input: it must not take what it has for whole because we are broken. */
  async #broken(cause: unknown): Promise<SessionFault> {
    const fault = faultOf(cause);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#aborting ??= this.#server.abort();
    this.#aborted = true;
    await this.#aborting;
    this.#flushClient();
    fault.tellable = this.#session.tellable && (await this.#deliver(LINGER));
    return fault;
  }

  /** Reads and discards, so that unread input does not turn our last reply into a reset. */
  async #linger(): Promise<void> {
    const end = now() + LINGER * 1000;
    const ended = (async () => {
      try {
        while (now() < end && (await this.#plan.client.read()) !== null);
      } catch {
        // As good as closed.
      }
    })();
    await settled(ended, LINGER);
  }
}

function faultOf(cause: unknown): SessionFault {
  return cause instanceof SessionFault ? cause : new SessionFault(String(cause), { cause });
}

/** Milliseconds, never going back. */
function now(): number {
  return performance.now();
}

/** Both writes; each promise's rejection is looked at where it is awaited, and nowhere else. */
function both(a: Promise<unknown> | null, b: Promise<unknown> | null): Promise<unknown> | null {
  b?.catch(() => {});
  if (a === null || b === null) return a ?? b;
  const all = Promise.all([a, b]);
  all.catch(() => {});
  return all;
}

/** @returns whether the promise was kept within the time (seconds, 0 for no limit); null when it broke */
async function settled(promise: Promise<unknown>, seconds: number): Promise<boolean | null> {
  let timer: Timer | undefined;
  const kept = promise.then(
    () => true,
    () => null,
  );
  if (seconds === 0) return kept;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000, false);
  });
  const result = await Promise.race([kept, late]);
  clearTimeout(timer);
  return result;
}
