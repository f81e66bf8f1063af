// One service of a listener: from its settings to what a supervisor takes. Knows options; opens nothing but its log.

import { availableParallelism } from "node:os";
import { resolve as resolvePath } from "node:path";
import type { Message, Sink } from "../log/sink.ts";
import { parseAddress } from "../options/address.ts";
import { CertificateError } from "../options/certificates.ts";
import type { ListenOptions } from "../options/listen.ts";
import { parseMetrics } from "../options/metrics.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import { placesOf, serverOf } from "../options/server.ts";
import type { Settings } from "../options/settings.ts";
import { type TlsPlan, tlsOf } from "../options/tls.ts";
import { UsageError } from "../options/usage.ts";
import { groupsOf, type Identity } from "../os/identity.ts";
import { hostName } from "../os/libc.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { BESIDE_LEVEL } from "../record/beside.ts";
import { LogCap } from "../record/cap.ts";
import type { Entry } from "../record/entry.ts";
import type { Meter } from "../record/meter.ts";
import type { GateLimits } from "../serve/gate.ts";
import type { GenerationPlan } from "../serve/generation.ts";
import type { ListenerPlan } from "../serve/listener.ts";
import type { Meters } from "../serve/meters.ts";
import { meetWanted } from "../serve/original.ts";
import { Renewal } from "../serve/renewal.ts";
import type { SharedDestinations } from "../serve/shared.ts";
import type { Throttles } from "../serve/throttles.ts";
import { encode } from "../wire/latin1.ts";
import { admissionOf, keepingOut } from "./admission.ts";
import { checkedHostname, usableName } from "./hostname.ts";
import { identitiesFrom } from "./identities.ts";
import {
  heardBy,
  type LineStyle,
  lineStyle,
  ownLines,
  sessionContext,
  sessionLines,
  type Translation,
  translation,
} from "./log.ts";
import type { Sinks } from "./sinks.ts";
import { silenceOf, sourceOf } from "./source.ts";
import { throttleIn, trusting } from "./throttle.ts";
import { serverTlsOf } from "./tls.ts";
import type { Configuration } from "./worker.ts";

/** What an administrator says of a service. */
export interface Said {
  /** What it is called; null for the only one. */
  readonly name: string | null;
  /** As an error names it: its place in a file; empty for the only one. */
  readonly where: string;
  /** The protocol as it was named, a module's path from the root: a worker loads it again. */
  readonly command: string;
  readonly protocol: AnyProtocol;
  readonly settings: Settings;
  /** Where paths begin that do not begin at the root. */
  readonly directory: string;
}

/** What services have in common, and what stays when they are read anew. */
export interface SharedByServices {
  readonly destinations: SharedDestinations;
  readonly throttles: Throttles;
  readonly meters: Meters;
}

/** Below every level: nobody reads what workers would tell. */
const SILENT = -1;
/** A worker counts what its sessions tell; we make sure that it does, and never come first. */
const GENEROUS = 2;
/** Sessions of a worker, after which another takes its place. */
const RECYCLED = 10_000;
/** Of a worker, where nothing limits how many clients there are. */
const MANY = 1000;

/** @throws UsageError, PrivilegeError, and what keeps its log from being opened */
export async function listenerOf(
  said: Said,
  sinks: Sinks,
  { destinations: shared, throttles, meters }: SharedByServices,
): Promise<ListenerPlan> {
  const { name, where, protocol, settings } = said;
  const options = settings.read(RUN_OPTIONS);
  const hostname = hostnameOf(settings);
  const server = await serverOf(protocol, settings);
  const serverTls = await serverTlsOf(server, settings, said.directory);
  const identities = identitiesFrom(settings);
  const tls = absoluteFiles(tlsOf(protocol, settings), said.directory);
  const addresses = options.listen.map((text) => parseAddress(text, settings.where("listen")));
  const { admission, lists } = await admissionOf(said, (entry) => log(entry));
  const style = lineStyle(options, protocol, settings.where, name);
  const metrics = metricsOf(said, identities?.wrapper ?? null, meters);
  const { sink, release } = await sinks.open(options.log, style, settings.where);
  const translate = sink === null ? null : await translation(style);
  const lines = ownLines(style, sink);
  const log = (entry: Entry) => {
    metrics?.meter.count(entry);
    lines(entry);
  };
  const { size, sessionsPerWorker } = crewOf(options);
  const asks = asksLists(protocol, settings);
  const place = throttleIn(protocol, settings, true);
  const trusted = trusting(protocol);
  const isTrusted = (address: string | null) =>
    admission.isProxy(address) || admission.isIn(trusted, address);
  const isImplicit = tls?.mode === "implicit";
  const configuration: Configuration = {
    ...{ command: said.command, hostname, sessionsPerWorker, asks, values: settings.values },
    lists: lists !== null,
    identity: identities?.wrapper ?? null,
    destinations: "argv" in server ? null : placesOf(server).map((_, index) => serverTls[index] ?? null),
    silence: silenceOf({ protocol, settings, server, serverTls }),
    tls: tls === null ? null : { mode: tls.mode, profile: tls.profile, seconds: tls.seconds },
    throttleKey: place === null ? null : throttles.keyFor(place),
    level: Math.max(sink === null ? SILENT : heardBy(style), metrics === null ? SILENT : BESIDE_LEVEL),
    isMeasured: metrics !== null,
  };
  const runsAs = identities === null ? null : { ...identities.server, groups: groupsOf(identities.server) };
  const blocking = keepingOut(protocol);
  const limits: GateLimits = {
    ...limitsOf(options),
    blocked: (address) => admission.isIn(blocking, address),
  };
  const proxies =
    options.acceptProxy.length === 0 ? null : (address: string | null) => admission.isProxy(address);
  const generation = (): GenerationPlan => ({
    ...{ size, sessionsPerWorker, asks, log, recycleAfter: RECYCLED },
    sessionLog: sessionLogOf(style, sink, translate, metrics?.meter ?? null),
    onReplied: (seconds) => metrics?.meter.replied(seconds),
    configuration: JSON.stringify(configuration),
    ...{ lists, renewal: tls === null ? null : renewalOf(tls, log) },
    startsLate: isImplicit,
    throttle:
      place === null ? null : throttles.use({ place, identity: identities?.wrapper ?? null, isTrusted, log }),
    source: sourceOf({ name, protocol, settings, server, serverTls }, runsAs, isImplicit, log, shared),
  });
  return {
    ...{ name, where, addresses, limits, proxies, log, generation, release, idleExit: options.idleExit },
    meet: "originals" in server ? meetWanted : null,
    refusals: refusalsOf(protocol, hostname, isImplicit),
    metrics,
    fingerprint: JSON.stringify([configuration, runsAs, server, tls, size, metrics?.scrape]),
  };
}

function hostnameOf({ read, where }: Settings): string {
  const { hostname } = read(RUN_OPTIONS);
  return hostname === null ? usableName(hostName()) : checkedHostname(hostname, where("hostname"));
}

/** They are looked at again when we are somewhere else. */
function absoluteFiles(plan: TlsPlan | null, directory: string): TlsPlan | null {
  if (plan === null) return null;
  const [first, ...more] = plan.certificates;
  const absolute = (path: string) => resolvePath(directory, path);
  return { ...plan, certificates: [absolute(first), ...more.map(absolute)], keys: plan.keys.map(absolute) };
}

/** @throws UsageError that names where the file was named */
function renewalOf(tls: TlsPlan, log: ListenerPlan["log"]): Renewal {
  try {
    return new Renewal(tls, log);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    throw new UsageError(`${tls.where}: ${error.path}: ${error.text}`);
  }
}

function asksLists({ options }: AnyProtocol, settings: Settings): boolean {
  return Object.entries(options).some(
    ([name, { takes }]) => takes.kind === "blackholes" && (settings.entries(name) ?? []).length > 0,
  );
}

function sessionLogOf(
  style: LineStyle,
  sink: Sink | null,
  translate: Translation | null,
  meter: Meter | null,
): GenerationPlan["sessionLog"] {
  if (sink === null && meter === null) return () => () => false;
  const written = sink === null ? { ...style, level: SILENT } : style;
  return (connection, worker, session) => {
    const context = sessionContext(style, connection, `${worker}.${session}`);
    const write = (message: Message) => sink?.write(message);
    const besides = [meter?.session(), translate?.(context, connection, write)].filter(
      (tell) => tell !== undefined,
    );
    const beside =
      besides.length === 0 ? undefined : (entry: Entry) => besides.forEach((tell) => void tell(entry));
    return sessionLines(written, context, write, beside, new LogCap(GENEROUS));
  };
}

/** @throws UsageError */
function metricsOf(
  { name, protocol, settings }: Said,
  identity: Identity | null,
  meters: Meters,
): ListenerPlan["metrics"] {
  const option = settings.where("metrics");
  const place = parseMetrics(settings.read(RUN_OPTIONS).metrics, option);
  if (place === null) return null;
  const scrape = { place, identity, where: option };
  return { scrape, meter: meters.of(name, protocol.name), protocol: protocol.name };
}

/** Few workers are fast: each has to learn for itself. One for each two processors leaves half to the servers. */
export function crewOf(
  options: Pick<ListenOptions, "workers" | "sessionsPerWorker" | "maxConnections">,
  processors = availableParallelism(),
): Pick<GenerationPlan, "size" | "sessionsPerWorker"> {
  const size = options.workers ?? Math.max(1, Math.floor(processors / 2));
  const needed = options.maxConnections === 0 ? MANY : Math.ceil(options.maxConnections / size);
  return { size, sessionsPerWorker: options.sessionsPerWorker ?? Math.max(1, needed) };
}

function limitsOf(options: ListenOptions): Omit<GateLimits, "blocked"> {
  const { maxConnections: total, maxConnectionsPerIp: perNetwork, maxConnectionRate: rate } = options;
  return { total, perNetwork, rate };
}

/** @param isSecure a client reads nothing that is said in the clear */
function refusalsOf(protocol: AnyProtocol, hostname: string, isSecure: boolean): ListenerPlan["refusals"] {
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
