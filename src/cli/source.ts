// Where a listener's clients get their servers: from option values to a program behind pipes, or to destinations over
// TCP. Starts and reaches nothing yet.

import type { ServerTls } from "../io/server-tls.ts";
import { parseAddress } from "../options/address.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import { placesOf, type ServerPlan } from "../options/server.ts";
import type { Settings } from "../options/settings.ts";
import { serverArguments, serverEnvironment } from "../os/environment.ts";
import { type Connection, cameOf } from "../os/peer.ts";
import type { Person } from "../os/thread.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import type { Entry } from "../record/entry.ts";
import { originalSource } from "../serve/original.ts";
import type { ServerSource } from "../serve/server-source.ts";
import type { SharedDestinations } from "../serve/shared.ts";
import { type Spoken, writeHeader } from "../wire/proxy-header.ts";

export interface SourcePlan {
  /** The service's name; null for the only one. */
  readonly name: string | null;
  readonly protocol: AnyProtocol;
  readonly settings: Settings;
  readonly server: ServerPlan;
  /** How its destinations speak TLS, in their order. */
  readonly serverTls: readonly (ServerTls | null)[];
}

/** Seconds: many a server greets after five or six on purpose. */
const MOST_SILENCE = 10;

/** Seconds for a server to speak where that matters: there are others, or it must prove who it is. */
export function silenceOf({
  protocol,
  server,
  serverTls,
  settings,
}: Omit<SourcePlan, "name">): number | null {
  if ("argv" in server) return null;
  const isSecured = serverTls.some((tls) => tls !== null);
  if (!isSecured && (placesOf(server).length === 1 || "originals" in server || !greetsFirst(protocol)))
    return null;
  const { serverTimeout } = settings.read(RUN_OPTIONS);
  // What is left of it is the other's.
  return serverTimeout === 0 ? MOST_SILENCE : Math.min(MOST_SILENCE, serverTimeout / 2);
}

export function sourceOf(
  plan: SourcePlan,
  identity: Person | null,
  isSecure: boolean,
  log: (entry: Entry) => void,
  shared: SharedDestinations,
): ServerSource {
  const { name, protocol, server, serverTls, settings } = plan;
  if ("argv" in server) {
    const { argv } = server;
    return {
      kind: "process",
      plan: (connection) => ({
        argv: serverArguments(argv, connection, isSecure),
        env: serverEnvironment(connection, process.env.TZ, isSecure),
        identity,
      }),
    };
  }
  const { sendProxy, serverRetry } = settings.read(RUN_OPTIONS);
  const header =
    sendProxy === null
      ? null
      : ({ client, server }: Connection, tls: Spoken | null) =>
          writeHeader(sendProxy, { client, server, tls });
  if ("originals" in server) {
    const { where } = settings;
    const ours = settings.read(RUN_OPTIONS).listen.map((text) => parseAddress(text, where("listen")));
    return originalSource(
      server.originals,
      ours.map(({ host: address, port }) => ({ address, port })),
      header,
      log,
    );
  }
  const alike = {
    destinations: server.destinations,
    retry: serverRetry,
    sendProxy,
    isToSpeak: silenceOf(plan) !== null,
    greets: greetsFirst(protocol),
  };
  const destinations = shared.use(JSON.stringify([name, alike, serverTls]), { ...alike, log });
  return {
    ...{ kind: "socket", header },
    quest: (connection, isFirst, onMove) => destinations.quest(cameOf(connection).server, isFirst, onMove),
    states: () => destinations.states,
    close: () => destinations.close(),
  };
}

function greetsFirst({ dialogue, greets }: AnyProtocol): boolean {
  return dialogue === "lock-step" && greets !== "nobody";
}
