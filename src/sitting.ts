// One session with both its peers at hand: runs it to its end, and tells the log how it began and ended. Knows
// sessions and the pump; not where its peers come from, nor whose process it is in.

import type { Client, Departure, Server } from "./io/peer.ts";
import { type Outcome, type Pump, pump } from "./io/pump.ts";
import { hailed } from "./io/securing.ts";
import type { Throttling } from "./io/throttling.ts";
import type { AnyProtocol, Conversation, Setup } from "./protocols/protocol.ts";
import type { Entry, Reason } from "./record/entry.ts";
import { faultOf, SessionFault } from "./session/fault.ts";
import type { SessionLimits } from "./session/output.ts";
import { Session } from "./session/session.ts";

/** Who speaks when, in its protocol. */
export type Manner = Pick<AnyProtocol, "dialogue" | "greets" | "greetsSecured" | "startTls">;

export interface SittingPlan {
  readonly manner: Manner;
  /** Makes the conversation of the one connection. */
  readonly converse: (setup: Setup) => Conversation<string>;
  readonly limits: SessionLimits;
  /** What must be known before the client is greeted, found out while the server starts. */
  readonly prepare: ((log: SittingPlan["log"]) => Promise<void>) | null;
  readonly client: Client;
  /** Where the client wanted to go, where that decides who is its server; else left out, or null. */
  readonly wanted?: string | null;
  /** The client speaks TLS from its first octet on: the server is started when it has begun to. */
  readonly isSecure: boolean;
  /** Starts a server; called again when the session asks for a fresh one. */
  readonly startServer: () => Server;
  /** Whether a server could not be started, or reached. */
  readonly isUnavailable: () => boolean;
  /** What of the setup must be known once the server has been started, and no octet of the client read. */
  readonly setup: () => Omit<Setup, "tls">;
  readonly log: (entry: Entry) => void;
  /** Counts guesses; left out, or null, for nobody. */
  readonly throttling?: Throttling | null;
}

export interface Sitting {
  /** Ends the session from outside (a signal). */
  shutdown(): void;
  /** Ends it for a fault of ours that was found elsewhere. */
  fail(fault: unknown): void;
  /** Text of the server as the log may tell it: it may repeat a secret it was told. */
  masked(text: string): string;
  /**
   * Resolves when both sides are done with, to whether no server greeted.
   * @throws SessionFault; the server is gone by then, and the log has been told
   */
  readonly done: Promise<{ readonly unserved: boolean }>;
}

export function sit(plan: SittingPlan): Sitting {
  return new OneSitting(plan);
}

class OneSitting implements Sitting {
  readonly done: Sitting["done"];
  readonly #plan: SittingPlan;
  readonly #started = performance.now();
  #session: Session | null = null;
  #pumping: Pump | null = null;
  /** Kept when it is ended before it began. */
  readonly #stopped = Promise.withResolvers<"shutdown">();

  constructor(plan: SittingPlan) {
    this.#plan = plan;
    // At once: nobody waits for a client who is greeted first.
    if (!plan.isSecure) this.#begin();
    const { wanted = null } = plan;
    plan.log({ level: 2, event: "connect", fields: wanted === null ? {} : { destination: wanted } });
    this.done = this.#run();
  }

  shutdown(): void {
    if (this.#pumping === null) this.#stopped.resolve("shutdown");
    else this.#pumping.shutdown();
  }

  fail(fault: unknown): void {
    if (this.#pumping === null) this.#stopped.reject(faultOf(fault));
    else this.#pumping.fail(fault);
  }

  masked(text: string): string {
    return this.#session?.masked(text) ?? text;
  }

  async #run(): Promise<{ readonly unserved: boolean }> {
    const { log, isUnavailable } = this.#plan;
    try {
      const reason = this.#plan.isSecure ? await this.#hail() : null;
      if (reason !== null) {
        this.#plan.client.end();
        this.#tellEnd(reason, null);
        return { unserved: false };
      }
      if (this.#pumping === null) this.#begin();
      const outcome = await this.#pumping!.done;
      const session = this.#session!;
      const unserved = isUnavailable() || session.unserved;
      const isLost = unserved && session.reason.startsWith("server-");
      this.#tellEnd(isLost ? "server-unavailable" : session.reason, outcome);
      return { unserved };
    } catch (fault) {
      // What is no fault of ours, but of whoever configured us, is told by whoever reads that.
      if (fault instanceof SessionFault) log({ level: 0, event: "fault", fields: { error: String(fault) } });
      this.#tellEnd("fault", null);
      throw fault;
    }
  }

  /** No server is started for a client that does not begin to speak TLS. @returns why it does not */
  async #hail(): Promise<"shutdown" | "tls-failed" | null> {
    const { client, log } = this.#plan;
    const hailing = hailed(client, log).then((isBegun) => (isBegun ? null : "tls-failed"));
    return Promise.race([hailing, this.#stopped.promise]);
  }

  #begin(): void {
    const plan = this.#plan;
    const { limits, isSecure, log } = plan;
    this.#pumping = pump({
      ...{ client: plan.client, isSecure, startServer: plan.startServer, log },
      startSession: (output) => {
        const setup = plan.setup();
        const converse = (tls: boolean) => plan.converse(setupIn(setup, tls));
        this.#session = new Session({ ...plan.manner, converse, isSecure }, output, limits);
        return this.#session;
      },
      prepare: async () => plan.prepare?.(log),
      throttling: plan.throttling ?? null,
      clientStall: limits.idleTimeout,
      serverStall: limits.serverTimeout,
    });
  }

  #tellEnd(reason: Reason<"end">, outcome: Outcome | null): void {
    const { commands, refused, messages, verbs } = this.#session?.tally ?? NOTHING;
    this.#plan.log({
      level: 1,
      event: "end",
      fields: {
        reason,
        seconds: Math.round(performance.now() - this.#started) / 1000,
        ...{ commands, refused, messages },
        ...(verbs === "" ? {} : { verbs }),
        ...(outcome === null ? {} : { in: outcome.octetsIn, out: outcome.octetsOut }),
        ...(outcome === null ? {} : { "server-exit": exitOf(outcome.server) }),
      },
    });
  }
}

/** Of a session that did not begin. */
const NOTHING = { commands: 0, refused: 0, messages: 0, verbs: "" };

/** Whoever speaks TLS is offered none. What else is offered may change until it is asked for. */
function setupIn(setup: Omit<Setup, "tls">, tls: boolean): Setup {
  return {
    clientAddress: setup.clientAddress,
    clientPort: setup.clientPort,
    hostname: setup.hostname,
    canRestart: setup.canRestart,
    tls,
    get tlsOffer() {
      return tls ? "off" : setup.tlsOffer;
    },
  };
}

function exitOf({ signal, status }: Departure): string | number {
  return signal ?? status ?? "unknown";
}
