// A server over TCP that may have to speak TLS, on sockets that the supervisor connected: whoever cannot make one asks
// for the next. Knows sockets and numbers of destinations; no process, no protocol.

import type { Server } from "../io/peer.ts";
import type { SocketHandlers, TlsWay } from "../io/server-tls.ts";
import { SocketServer } from "../io/socket-server.ts";
import { reasonOf } from "../io/tcp.ts";
import { close } from "../os/libc.ts";

/** What the supervisor connected: a socket, which is ours, and which destination that is. */
interface Found {
  readonly socket: number;
  readonly destination: number;
}

/** Null where none is left. */
export interface Search {
  readonly first: Promise<Found | null>;
  /** The one that was found will not do. */
  next(): Promise<Found | null>;
  readonly onFailure: (destination: string, reason: string) => void;
}

/** What a number stands for. */
export interface Target {
  /** As the log tells it. */
  readonly address: string;
  /** How it is brought to speak TLS; null where it speaks none. */
  readonly way: TlsWay | null;
}

export function securedServer(search: Search, targetOf: (destination: number) => Target): Server {
  const server = new SocketServer();
  void find(server, search, targetOf);
  return server;
}

async function find(
  server: SocketServer,
  search: Search,
  targetOf: (destination: number) => Target,
): Promise<void> {
  for (let found = await search.first; found !== null; found = await search.next()) {
    if (server.isOver) return close(found.socket);
    const { address, way } = targetOf(found.destination);
    try {
      return await server.begin((handlers) => adopt(found!.socket, handlers), way);
    } catch (error) {
      if (server.isOver) return;
      search.onFailure(address, reasonOf(error));
    }
  }
  server.finish();
}

/** @param fd the runtime's from now on */
async function adopt(fd: number, handlers: SocketHandlers): Promise<Bun.Socket> {
  try {
    return await Bun.connect({ fd, allowHalfOpen: true, socket: handlers } as never);
  } catch (error) {
    close(fd);
    throw error;
  }
}
