// One session with both its peers at hand: runs it to its end, and tells the log how it began and ended. Knows
// sessions and the pump; not where its peers come from, nor whose process it is in.

import type { Client, Server } from "./io/peer.ts";
import { pump } from "./io/pump.ts";
import type { Entry } from "./log/entry.ts";
import type { AnyProtocol, Conversation, Setup } from "./protocols/protocol.ts";
import { Session, type SessionLimits } from "./session.ts";

export interface SittingPlan {
  readonly dialogue: AnyProtocol["dialogue"];
  /** Makes the conversation of the one connection. */
  readonly converse: (setup: Setup) => Conversation;
  readonly limits: SessionLimits;
  /** What must be known before the client is greeted, found out while the server starts. */
  readonly prepare: ((log: SittingPlan["log"]) => Promise<void>) | null;
  readonly client: Client;
  /** Starts a server; called again when the session asks for a fresh one. */
  readonly startServer: () => Server;
  /** What of the setup must be known once the server has been started, and no octet of the client read. */
  readonly setup: () => Setup;
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
   * @throws SessionFault; the server is gone by then
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
      session = new Session(plan.dialogue, plan.converse(plan.setup()), output, limits);
      return session;
    },
    prepare: async () => plan.prepare?.(log),
    log,
    clientStall: limits.idleTimeout,
    serverStall: limits.serverTimeout,
  });
  log({ level: 2, event: "connect", fields: {} });
  const ended = async () => {
    const outcome = await pumping.done;
    log({
      level: 1,
      event: "end",
      fields: {
        seconds: ((performance.now() - started) / 1000).toFixed(3),
        ...session!.tally,
        in: outcome.octetsIn,
        out: outcome.octetsOut,
        server: outcome.server.signal ?? outcome.server.status ?? "unknown",
      },
    });
    return { unserved: session!.unserved };
  };
  return {
    shutdown: pumping.shutdown,
    fail: pumping.fail,
    masked: (text) => session?.account.masked(text) ?? text,
    done: ended(),
  };
}
