// One session with both its peers at hand: runs it to its end, and tells the log how it began and ended. Knows
// sessions and the pump; not where its peers come from, nor whose process it is in.

import type { Client, Departure, Server } from "./io/peer.ts";
import { type Outcome, pump } from "./io/pump.ts";
import type { AnyProtocol, Conversation, Setup } from "./protocols/protocol.ts";
import type { Entry, Reason } from "./record/entry.ts";
import type { SessionLimits } from "./session/output.ts";
import { Session } from "./session/session.ts";

/** Who speaks when, in its protocol. */
export type Manner = Pick<AnyProtocol, "dialogue" | "greets" | "greetsSecured">;

export interface SittingPlan {
  readonly manner: Manner;
  /** Makes the conversation of the one connection. */
  readonly converse: (setup: Setup) => Conversation<string>;
  readonly limits: SessionLimits;
  /** What must be known before the client is greeted, found out while the server starts. */
  readonly prepare: ((log: SittingPlan["log"]) => Promise<void>) | null;
  readonly client: Client;
  /** Starts a server; called again when the session asks for a fresh one. */
  readonly startServer: () => Server;
  /** Whether a server could not be started, or reached. */
  readonly isUnavailable: () => boolean;
  /** What of the setup must be known once the server has been started, and no octet of the client read. */
  readonly setup: () => Omit<Setup, "tls">;
  readonly log: (entry: Entry) => void;
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
  const { limits, log } = plan;
  const started = performance.now();
  let session: Session | undefined;
  const pumping = pump({
    client: plan.client,
    startServer: plan.startServer,
    startSession: (output) => {
      const setup = plan.setup();
      const converse = (tls: boolean) => plan.converse({ ...setup, tls });
      session = new Session({ ...plan.manner, converse }, output, limits);
      return session;
    },
    prepare: async () => plan.prepare?.(log),
    log,
    clientStall: limits.idleTimeout,
    serverStall: limits.serverTimeout,
  });
  log({ level: 2, event: "connect", fields: {} });
  const tellEnd = (reason: Reason<"end">, outcome: Outcome | null) => {
    const { commands, refused, messages, verbs } = session!.tally;
    log({
      level: 1,
      event: "end",
      fields: {
        reason,
        seconds: Math.round(performance.now() - started) / 1000,
        ...{ commands, refused, messages },
        ...(verbs === "" ? {} : { verbs }),
        ...(outcome === null ? {} : { in: outcome.octetsIn, out: outcome.octetsOut }),
        ...(outcome === null ? {} : { "server-exit": exitOf(outcome.server) }),
      },
    });
  };
  const ended = async () => {
    try {
      const outcome = await pumping.done;
      const unserved = plan.isUnavailable() || session!.unserved;
      const { reason } = session!;
      tellEnd(unserved && reason.startsWith("server-") ? "server-unavailable" : reason, outcome);
      return { unserved };
    } catch (fault) {
      log({ level: 0, event: "fault", fields: { error: String(fault) } });
      tellEnd("fault", null);
      throw fault;
    }
  };
  return {
    shutdown: pumping.shutdown,
    fail: pumping.fail,
    masked: (text) => session?.masked(text) ?? text,
    done: ended(),
  };
}

function exitOf({ signal, status }: Departure): string | number {
  return signal ?? status ?? "unknown";
}
