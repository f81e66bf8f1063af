// `protowrap <protocol> --listen …`, or with a listening socket passed in: from option values to a supervisor. Loaded
// by a listener only.

import { availableParallelism } from "node:os";
import { resolve as absolute } from "node:path";
import type { ExitCode } from "../exit.ts";
import type { ServerTls } from "../io/server-tls.ts";
import { addressOf, order } from "../io/tcp.ts";
import type { Sink } from "../log/sink.ts";
import { parseAddress } from "../options/address.ts";
import type { ListenOptions } from "../options/listen.ts";
import { resolve } from "../options/resolve.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import type { ServerPlan } from "../options/server.ts";
import type { Settings } from "../options/settings.ts";
import { type TlsPlan, tlsOf } from "../options/tls.ts";
import { serverArguments, serverEnvironment } from "../os/environment.ts";
import { type Identity, takeGroupsOf } from "../os/identity.ts";
import { listenOn, written } from "../os/listening.ts";
import { boundTo } from "../os/peer.ts";
import { ownListener } from "../os/situation.ts";
import { compileNetworks } from "../policy/networks.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { LogCap } from "../record/cap.ts";
import { connectFor } from "../serve/connect.ts";
import type { GateLimits } from "../serve/gate.ts";
import type { ServerSource } from "../serve/guests.ts";
import { Manager } from "../serve/manager.ts";
import { meetWanted, originalSource } from "../serve/original.ts";
import { Renewal } from "../serve/renewal.ts";
import { type SupervisorPlan, supervise } from "../serve/supervisor.ts";
import { encode } from "../wire/latin1.ts";
import { identitiesFrom } from "./identities.ts";
import { type LineStyle, lineStyle, openSink, ownLines, sessionContext, sessionLines } from "./log.ts";
import type { Configuration } from "./worker.ts";

export interface ListenPlan {
  /** The protocol as it was named: a worker loads it again. */
  readonly command: string;
  readonly protocol: AnyProtocol;
  readonly settings: Settings;
  readonly server: ServerPlan;
  /** How its destinations speak TLS, in their order. */
  readonly serverTls: readonly (ServerTls | null)[];
  readonly hostname: string;
  /** Listening sockets that were passed to us. */
  readonly passed: readonly number[];
  readonly stderrIsOurs: boolean;
}

/** Below every level: nobody reads what workers would tell. */
const SILENT = -1;
/** A worker counts what its sessions tell; we make sure that it does, and never come first. */
const GENEROUS = 2;
/** Sessions of a worker, after which another takes its place. */
const RECYCLED = 10_000;
/** Of a worker, where nothing limits how many clients there are. */
const MANY = 1000;

/** @throws what keeps it from beginning */
export async function listen(plan: ListenPlan): Promise<ExitCode> {
  const { protocol, settings, hostname } = plan;
  const options = settings.read(RUN_OPTIONS);
  const identities = identitiesFrom(settings);
  const tls = absoluteFiles(tlsOf(protocol, settings));
  await resolve(settings, protocol.options); // a mistake is found here, and not by each worker
  const style = lineStyle(options, protocol, settings.where);
  const sink = await openSink(options.log, style, plan.stderrIsOurs, settings.where);
  const log = ownLines(style, sink);
  try {
    const sockets = [...plan.passed.map(ownListener), ...opened(options.listen, settings.where("listen"))];
    const command = plan.command.includes("/") ? absolute(plan.command) : plan.command;
    process.chdir("/");
    process.umask(0o077);
    if (identities !== null) takeGroupsOf(identities.server);
    const { size, sessionsPerWorker } = crewOf(options);
    const asks = asksLists(protocol, settings);
    const configuration: Configuration = {
      ...{ command, hostname, sessionsPerWorker, asks, values: settings.values },
      identity: identities?.wrapper ?? null,
      isConnected: !("argv" in plan.server),
      destinations: destinationsOf(plan),
      tls: tls === null ? null : { mode: tls.mode, profile: tls.profile, seconds: tls.seconds },
      level: sink === null ? SILENT : style.level,
    };
    for (const fd of sockets) {
      const { address, port } = boundTo(fd);
      const where = address === null ? "unknown" : written({ host: address, port: port ?? 0 });
      log({ level: 1, event: "listening", fields: { address: where } });
    }
    const isOriginal = "originals" in plan.server;
    const renewal = tls === null ? null : new Renewal(tls, log);
    return await supervise({
      ...{ sockets, size, sessionsPerWorker, asks, log, sink, recycleAfter: RECYCLED },
      sessionLog: sessionLogOf(style, sink),
      configuration: JSON.stringify(configuration),
      limits: limitsOf(options, protocol, settings),
      refusals: refusalsOf(protocol, hostname, tls?.mode === "implicit"),
      renewal,
      manager: Manager.in(process.env, process.pid),
      startsLate: tls?.mode === "implicit",
      source: isOriginal
        ? originalSource(plan.server.originals, sockets.map(boundTo))
        : sourceOf(plan.server, identities?.server ?? null, tls?.mode === "implicit"),
      ...(isOriginal ? { meet: meetWanted } : {}),
      idleExit: plan.passed.length > 0 ? options.idleExit : 0,
    });
  } catch (error) {
    log({ level: 0, event: "fault", fields: { error: String(error) } });
    throw error;
  } finally {
    await sink?.flush();
  }
}

/** They are looked at again when we are somewhere else. */
function absoluteFiles(plan: TlsPlan | null): TlsPlan | null {
  if (plan === null) return null;
  const [first, ...more] = plan.certificates;
  return {
    ...plan,
    certificates: [absolute(first), ...more.map((path) => absolute(path))],
    keys: plan.keys.map((path) => absolute(path)),
  };
}

function asksLists({ options }: AnyProtocol, settings: Settings): boolean {
  return Object.entries(options).some(
    ([name, { takes }]) => takes.kind === "blackholes" && (settings.entries(name) ?? []).length > 0,
  );
}

function sessionLogOf(style: LineStyle, sink: Sink | null): SupervisorPlan["sessionLog"] {
  if (sink === null) return () => () => false;
  return ({ client }, worker, session) => {
    const context = sessionContext(style, client, `${worker}.${session}`);
    return sessionLines(style, context, (message) => sink.write(message), new LogCap(GENEROUS));
  };
}

function opened(listen: readonly string[], where: string): number[] {
  const addresses = listen.map((text) => parseAddress(text, where));
  return addresses.map((address) => {
    const isIPv4Too = (port: number) =>
      addresses.some((other) => !other.host.includes(":") && other.port === port);
    return listenOn(address, isIPv4Too(address.port));
  });
}

/** Few workers are fast: each has to learn for itself. One for each two processors leaves half to the servers. */
export function crewOf(
  options: Pick<ListenOptions, "workers" | "sessionsPerWorker" | "maxConnections">,
  processors = availableParallelism(),
): Pick<SupervisorPlan, "size" | "sessionsPerWorker"> {
  const size = options.workers ?? Math.max(1, Math.floor(processors / 2));
  const needed = options.maxConnections === 0 ? MANY : Math.ceil(options.maxConnections / size);
  return { size, sessionsPerWorker: options.sessionsPerWorker ?? Math.max(1, needed) };
}

function limitsOf(options: ListenOptions, { options: table }: AnyProtocol, settings: Settings): GateLimits {
  const names = Object.keys(table).filter((name) => table[name]!.keepsOut === true);
  const entries = names.flatMap((name) => settings.entries(name) ?? []);
  const { maxConnections: total, maxConnectionsPerIp: perNetwork, maxConnectionRate: rate } = options;
  return { total, perNetwork, rate, blocked: entries.length === 0 ? () => false : compileNetworks(entries) };
}

/** @param isSecure a client reads nothing that is said in the clear */
function refusalsOf(protocol: AnyProtocol, hostname: string, isSecure: boolean): SupervisorPlan["refusals"] {
  const line = (why: "network" | "all" | "blocked") =>
    encode(isSecure ? "" : (protocol.refusal?.(hostname, why) ?? ""));
  return {
    total: line("all"),
    overload: line("all"),
    loop: line("all"),
    "per-ip": line("network"),
    rate: line("network"),
    "block-ip": line("blocked"),
  };
}

function destinationsOf({ server, serverTls }: ListenPlan): Configuration["destinations"] {
  if ("argv" in server) return [];
  if ("originals" in server)
    return server.originals.map(({ net }, index) => ({ address: net, tls: serverTls[index] ?? null }));
  return server.destinations.map((destination, index) => ({
    address: addressOf(destination),
    tls: serverTls[index] ?? null,
  }));
}

function sourceOf(
  server: Exclude<ServerPlan, { originals: unknown }>,
  identity: Identity | null,
  isSecure: boolean,
): ServerSource {
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
  const { destinations } = server;
  return {
    kind: "socket",
    // Connected to ourselves we would wrap ourselves until no descriptor is left.
    candidates: ({ server: own }) =>
      order(destinations, Math.random).filter(({ host, port }) => host !== own.address || port !== own.port),
    connect: connectFor,
    numberOf: (destination) => destinations.indexOf(destination),
  };
}
