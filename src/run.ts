// One connection, from option values to exit code: starts the server, drops privileges, runs the session.
// The order matters. What can fail because of the administrator fails before the server starts; the server
// starts before privileges go (it may need other ones); no octet of the client is read before they are gone.

import type { Values } from "./cli/settings.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { type ChildPlan, startChild } from "./io/child.ts";
import { pump } from "./io/pump.ts";
import { stdio } from "./io/stdio.ts";
import type { Entry } from "./log/entry.ts";
import { serverArguments, serverEnvironment } from "./os/environment.ts";
import { become, hasMoreGroups, type Identity, takeGroupsOf } from "./os/identity.ts";
import type { Connection } from "./os/peer.ts";
import type { Protocol } from "./protocols/protocol.ts";
import { Session } from "./session.ts";

export interface Run {
  readonly protocol: Protocol<object>;
  /** Option values of the session itself, by option name. */
  readonly values: Values;
  /** What the protocol is given. */
  readonly settings: object;
  readonly server: readonly [string, ...string[]];
  readonly hostname: string;
  readonly connection: Connection;
  /** Null when we were not started as root: nothing is to be dropped, and nobody else can be become. */
  readonly identities: { readonly wrapper: Identity; readonly server: Identity } | null;
  readonly log: (entry: Entry) => void;
}

/** Runs the session to its end. @throws SessionFault, or whatever the system refuses */
export async function run(plan: Run): Promise<ExitCode> {
  const started = performance.now();
  const { protocol, identities, log } = plan;
  const number = (name: string) => plan.values[name] as number;
  const canRestart = prepareServer(identities);
  let unavailable: string | null = null;

  process.umask(0o077);
  const child: ChildPlan = {
    argv: serverArguments(plan.server, plan.connection),
    env: serverEnvironment(plan.connection, process.env.TZ),
    identity: identities?.server ?? null,
    onStderr: (line) => log({ level: 1, event: "server-stderr", fields: { line } }),
    onFailure: (reason) => {
      unavailable = reason;
      log({ level: 0, event: "server-unavailable", fields: { path: plan.server[0], reason } });
    },
  };

  let session: Session | undefined;
  const startServer = () => startChild(session === undefined ? child : { ...child, identity: null });
  const pumping = pump({
    client: stdio(),
    startServer,
    startSession: (output) => {
      if (identities !== null) become(identities.wrapper);
      const setup = { clientAddress: plan.connection.client.address, hostname: plan.hostname, canRestart };
      session = new Session(protocol.dialogue, protocol.converse(setup, plan.settings), output, {
        maxErrors: number("max-errors"),
        idleTimeout: number("idle-timeout"),
        sessionTimeout: number("session-timeout"),
        serverTimeout: number("server-timeout"),
      });
      return session;
    },
    log,
    clientStall: number("idle-timeout"),
    serverStall: number("server-timeout"),
  });
  log({ level: 2, event: "connect", fields: {} });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, pumping.shutdown);

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
  return unavailable === null ? EXIT.ok : EXIT.unavailable;
}

/**
 * Gives the process what the server must inherit. A fresh server later on can only be like the first one if
 * it runs as whom we become, with no groups but its own: those are gone by then.
 * @returns whether a fresh server can be started later
 */
function prepareServer(identities: Run["identities"]): boolean {
  if (identities === null) return true;
  takeGroupsOf(identities.server);
  const { server, wrapper } = identities;
  return server.uid === wrapper.uid && server.gid === wrapper.gid && !hasMoreGroups(server);
}
