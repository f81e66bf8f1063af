// The server over TCP: one connection, tried at several addresses in turn. Knows addresses; what is done with a
// connection is in socket-server.ts.

import type { AnyProtocol } from "../protocols/protocol.ts";
import type { Server } from "./peer.ts";
import type { ServerTls, SocketHandlers, TlsWay } from "./server-tls.ts";
import { SocketServer } from "./socket-server.ts";
import { within } from "./within.ts";

/** How a server is to speak TLS, as it was written. */
export interface DestinationTls {
  readonly starts: "implicit" | "starttls";
  /** What its certificate must be for. */
  readonly name: string;
  /** The file of the certificates that are trusted; null for the system's. */
  readonly ca: string | null;
}

export interface Destination {
  readonly host: string;
  readonly port: number;
  /** Its share of the clients, beside the others'. */
  readonly weight: number;
  /** Null where it speaks none. */
  readonly tls: DestinationTls | null;
}

export interface TcpPlan {
  /** In the order in which they are tried. */
  readonly destinations: readonly Destination[];
  /** How one of them is brought to speak TLS; null where it speaks none. */
  readonly wayTo: (destination: Destination) => TlsWay | null;
  /** What each is told before all else, TLS included; null for nothing. Broken where the client is gone before. */
  readonly first: Promise<Uint8Array | null>;
  /** Told why one could not be reached. */
  readonly onFailure: (destination: Destination, reason: string) => void;
  /** Told when none could. */
  readonly onUnavailable: () => void;
}

/** Seconds for one address to accept. */
const CONNECT_PATIENCE = 10;

/** All of them, by chance, the heavier the earlier. @param random 0 to below 1, drawn anew each call */
export function order(destinations: readonly Destination[], random: () => number): Destination[] {
  const left = [...destinations];
  const ordered: Destination[] = [];
  while (left.length > 0) {
    let at = random() * left.reduce((sum, { weight }) => sum + weight, 0);
    const index = left.findIndex(({ weight }) => {
      at -= weight;
      return at < 0;
    });
    ordered.push(...left.splice(Math.max(0, index), 1));
  }
  return ordered;
}

export function addressOf({ host, port }: Destination): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** @param tls null or undefined where none is spoken */
export function wayOf(
  tls: ServerTls | null | undefined,
  { startTls, greetsSecured }: Pick<AnyProtocol, "startTls" | "greetsSecured">,
  hostname: () => string,
): TlsWay | null {
  if (tls === null || tls === undefined) return null;
  const asks = tls.starts === "starttls";
  return {
    ...tls,
    startTls: asks ? () => startTls!(hostname()) : null,
    greetsSecured: greetsSecured === true,
  };
}

export function connectTcp(plan: TcpPlan): Server {
  const server = new SocketServer();
  plan.first.then(
    (first) => tryAll(server, plan, first),
    () => server.finish(),
  );
  return server;
}

async function tryAll(server: SocketServer, plan: TcpPlan, first: Uint8Array | null): Promise<void> {
  for (const destination of plan.destinations) {
    if (server.isOver) return;
    try {
      return await server.begin((handlers) => connect(destination, handlers, first), plan.wayTo(destination));
    } catch (error) {
      if (server.isOver) return;
      plan.onFailure(destination, reasonOf(error));
    }
  }
  plan.onUnavailable();
  server.finish();
}

/** What the system calls it, or what we do. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return String(code ?? message ?? error);
}

async function connect(
  { host, port }: Destination,
  handlers: SocketHandlers,
  first: Uint8Array | null,
): Promise<Bun.Socket> {
  let isLate = false;
  const connecting = Bun.connect({ hostname: host, port, allowHalfOpen: true, socket: handlers });
  connecting.then((socket) => isLate && socket.terminate()).catch(() => {});
  const socket = await within(connecting, CONNECT_PATIENCE);
  isLate = true;
  if (socket === null) throw new Error("no answer in time");
  // The first octets of a connection always have room.
  if (first !== null && socket.write(first) !== first.length) {
    socket.terminate();
    throw new Error("takes nothing");
  }
  return socket;
}
