// One connection, from option values to exit code: starts the server, drops privileges, runs the session.
// The order matters. What can fail because of the administrator fails before the server starts; the server
// starts before privileges go (it may need other ones); no octet of the client is read before they are gone.

import { EXIT, type ExitCode } from "./exit.ts";
import type { Client, Server } from "./io/peer.ts";
import type { ServerTls } from "./io/server-tls.ts";
import { stdio } from "./io/stdio.ts";
import type { Destination } from "./io/tcp.ts";
import type { Original } from "./options/original.ts";
import type { PemFiles } from "./options/pem.ts";
import type { ServerPlan } from "./options/server.ts";
import type { TlsState } from "./options/tls-state.ts";
import { serverArguments, serverEnvironment } from "./os/environment.ts";
import { become, hasMoreGroups, type Identity, takeGroupsOf } from "./os/identity.ts";
import { type Connection, cameOf } from "./os/peer.ts";
import { gainsPrivileges, lockDown, restoreDescriptorLimit } from "./os/sandbox.ts";
import { type Sitting, type SittingPlan, sit } from "./sitting.ts";
import type { OwnThrottling } from "./throttle/alone.ts";
import type { ProxyVersion } from "./wire/proxy-header.ts";

type Sat = Pick<SittingPlan, "manner" | "converse" | "limits" | "prepare" | "log" | "wanted">;

/** TLS with the client: the files have been read, and what they come to may be found out later. */
export interface RunTls {
  readonly state: TlsState;
  readonly files: PemFiles;
  /** A client can do without: then it is found out once the client has been greeted. */
  readonly isOptional: boolean;
}

export interface Run extends Sat {
  readonly server: ServerPlan;
  /** How the destinations of the plan speak TLS, in their order. */
  readonly serverTls: readonly (ServerTls | null)[];
  /** In which version of the PROXY protocol they are told of the client; null for not at all. */
  readonly sendProxy: ProxyVersion | null;
  /** Ours; asked for while the server starts. */
  readonly hostname: () => string;
  readonly connection: Connection;
  /** Connections of one address that a server over TCP may keep waiting for a first word; 0 for any number. */
  readonly mostUnanswered: number;
  readonly tls: RunTls | null;
  /** Counts guesses, when somebody is to log in; null for nobody. */
  readonly throttling: OwnThrottling | null;
  /** Null when we were not started as root: nothing is to be dropped, and nobody else can be become. */
  readonly identities: { readonly wrapper: Identity; readonly server: Identity } | null;
}

/** Runs the session to its end. @throws SessionFault, which the log has been told, or whatever the system refuses */
export async function run(plan: Run): Promise<ExitCode> {
  process.chdir("/"); // every relative path has been followed; no file system is kept from being unmounted
  const { identities, log, tls } = plan;
  if (tls !== null && !tls.isOptional) await tls.state.load(tls.files);
  let unavailable = false;
  const onUnavailable = (destination: string, error: string) => {
    unavailable = true;
    log({ level: 0, event: "server-unavailable", fields: { destination, error } });
  };
  let sitting: Sitting | undefined;
  const masked = (line: string) => sitting?.masked(line) ?? line;
  const { startServer, canRestart } = await serverOf(plan, onUnavailable, masked, () => client);

  const { address, port } = plan.connection.client;
  const client = await clientOf(tls);
  // Before the server starts: a signal is heard only after this turn, when there is a session to be ended.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(signal, () => sitting?.shutdown());
  const one = sit({
    ...plan,
    client,
    isSecure: tls?.state.isImplicit ?? false,
    prepare: prepareAlso(plan),
    startServer,
    isUnavailable: () => unavailable,
    setup() {
      if (identities !== null) become(identities.wrapper);
      lockDown();
      return {
        ...{ clientAddress: address, clientPort: port, hostname: plan.hostname(), canRestart },
        get tlsOffer() {
          return tls?.state.offer ?? "off";
        },
      };
    },
  });
  sitting = one;
  // From now on there is a server, which must be ended before its input is: no fault may just exit.
  for (const fault of ["uncaughtException", "unhandledRejection"] as const) {
    process.removeAllListeners(fault);
    process.on(fault, (reason) => one.fail(reason));
  }

  const { unserved } = await one.done.finally(() => plan.throttling?.end());
  return unserved ? EXIT.unavailable : EXIT.ok;
}

function prepareAlso({ prepare, tls }: Run): Run["prepare"] {
  if (tls === null || !tls.isOptional) return prepare;
  return async (log) => {
    await Promise.all([tls.state.loadLater(tls.files), prepare?.(log)]);
  };
}

async function clientOf(tls: RunTls | null): Promise<Client> {
  if (tls === null) return stdio();
  const { securableOn } = await import("./io/securable.ts");
  const { state } = tls;
  return securableOn(
    0,
    1,
    () => state.terms,
    () => state.understand(),
  );
}

interface ServerStart {
  readonly startServer: () => Server;
  readonly canRestart: boolean;
}

type OnUnavailable = (destination: string, error: string) => void;
/** The server's text as the log may tell it. */
type Masked = (text: string) => string;

/** Loads the way the server is reached, and no other. */
async function serverOf(
  plan: Run,
  onUnavailable: OnUnavailable,
  masked: Masked,
  client: () => Client,
): Promise<ServerStart> {
  const { server } = plan;
  if ("argv" in server) return childServer(plan, server.argv, onUnavailable, masked);
  const introduce = introduction(plan, client);
  if (await isLoop(plan)) return tcpServer(plan, [], [], introduce, () => onUnavailable("tcp", LOOP));
  if ("destinations" in server)
    return tcpServer(plan, server.destinations, plan.serverTls, introduce, onUnavailable);
  return originalServer(plan, server.originals, introduce, onUnavailable);
}

const LOOP = "too many connections of this address wait for a first word: the server may be ourselves";

/**
 * Wrappers that reach each other in a circle connect anew for each connection, and nobody ever says a word: that is
 * where the circle ends, on whichever hosts it goes round.
 */
async function isLoop({ connection, mostUnanswered }: Run): Promise<boolean> {
  if (mostUnanswered === 0) return false;
  const { hasMoreUnanswered } = await import("./os/unanswered.ts");
  return hasMoreUnanswered(mostUnanswered, cameOf(connection), 0);
}

/** Where the client wanted to go, or nowhere: that is told, and the client hears that there is no server now. */
async function originalServer(
  plan: Run,
  originals: readonly Original[],
  introduce: Introduce,
  onUnavailable: OnUnavailable,
): Promise<ServerStart> {
  const { originalFinder } = await import("./options/original.ts");
  const found = originalFinder(originals, [])(plan.connection);
  if ("destination" in found)
    return tcpServer(
      plan,
      [found.destination],
      [plan.serverTls[found.number] ?? null],
      introduce,
      onUnavailable,
    );
  const { place, reason } = found;
  plan.log({ level: 1, event: "server-unreachable", fields: { destination: place, error: reason } });
  return tcpServer(plan, [], [], introduce, (_, error) => onUnavailable("original", error));
}

async function tcpServer(
  { connection, log, manner, hostname }: Run,
  destinations: readonly Destination[],
  serverTls: Run["serverTls"],
  introduce: Introduce,
  onUnavailable: OnUnavailable,
): Promise<ServerStart> {
  const { addressOf, connectTcp, order, wayOf } = await import("./io/tcp.ts");
  const { server } = cameOf(connection);
  const own = ({ host, port }: Destination) => host === server.address && port === server.port;
  const startServer = () =>
    connectTcp({
      // Connected to ourselves we would wrap ourselves until no process is left.
      destinations: order(destinations, Math.random).filter((destination) => !own(destination)),
      wayTo: (destination) => wayOf(serverTls[destinations.indexOf(destination)], manner, hostname),
      first: introduce(),
      onFailure: (destination, error) =>
        log({
          ...{ level: 1, event: "server-unreachable" },
          fields: { destination: addressOf(destination), error },
        }),
      onUnavailable: () => onUnavailable(destinations.map(addressOf).join(","), "no server could be reached"),
    });
  return { startServer, canRestart: true };
}

/** What a server over TCP is told of the client first; null for nothing. */
type Introduce = () => Promise<Uint8Array | null>;

/** Where the client speaks TLS from its first octet on, version 2 says by which: the server waits for the handshake. */
function introduction({ connection, sendProxy, tls }: Run, client: () => Client): Introduce {
  return async () => {
    if (sendProxy === null) return null;
    const isTold = sendProxy === "v2" && tls?.state.isImplicit === true;
    const [{ writeHeader }, spoken] = await Promise.all([
      import("./wire/proxy-header.ts"),
      isTold ? client().spoken : null,
    ]);
    return writeHeader(sendProxy, { ...connection, tls: spoken ?? null });
  };
}

async function childServer(
  { connection, identities, log, tls }: Run,
  argv: readonly [string, ...string[]],
  onUnavailable: OnUnavailable,
  masked: Masked,
): Promise<ServerStart> {
  const { startChild } = await import("./io/child.ts");
  const canRestart = prepareServer(identities) && !gainsPrivileges(argv[0]);
  restoreDescriptorLimit();
  process.umask(0o077);
  const isSecure = tls?.state.isImplicit ?? false;
  const outranks = identities !== null && identities.server.uid !== identities.wrapper.uid;
  let identity = identities?.server ?? null;
  const startServer = () => {
    const child = startChild({
      argv: serverArguments(argv, connection, isSecure),
      env: serverEnvironment(connection, process.env.TZ, isSecure),
      identity,
      outranks,
      onStderr: (line) => log({ level: 1, event: "server-stderr", fields: { said: masked(line) } }),
      onFailure: (reason) => onUnavailable(argv[0], reason),
    });
    identity = null; // a fresh one is started by whom we have become, as whom we have become
    return child;
  };
  return { startServer, canRestart };
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
