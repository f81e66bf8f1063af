// A server over TCP that may have to speak TLS, on sockets that the supervisor connected: whoever cannot make one asks
// for the next. Knows sockets and numbers of destinations; no process, no protocol.

import type { Server } from "../io/peer.ts";
import type { TlsWay } from "../io/server-tls.ts";
import { SocketServer } from "../io/socket-server.ts";
import { reasonOf } from "../io/tcp.ts";
import { adopt } from "./adopted.ts";
import { discard, type Found, type Search } from "./search.ts";

/** How a destination is brought to speak TLS, by its number; null where it speaks none. */
export type WayTo = (destination: number) => TlsWay | null;

/** @param patience seconds for one to speak TLS, after which another is asked for */
export function securedServer(search: Search, wayTo: WayTo, patience: number): Server {
  const server = new SocketServer();
  void find(server, search, wayTo, patience);
  return server;
}

async function find(server: SocketServer, search: Search, wayTo: WayTo, patience: number): Promise<void> {
  let found = await search.next();
  while (found !== null) {
    if (server.isOver) return discard(found);
    const next = await tried(server, search, found, wayTo(found.destination), patience);
    if (next === "speaks") return;
    found = next;
  }
  server.finish();
}

/** @returns the one that takes its place; null when there is none */
async function tried(
  server: SocketServer,
  search: Search,
  found: Found,
  way: TlsWay | null,
  patience: number,
): Promise<Found | null | "speaks"> {
  const wrong = server
    .begin((handlers) => adopt(found.socket, handlers), way)
    .then(
      () => null,
      (error) => reasonOf(error),
    );
  const other = search.next();
  const timer = setTimeout(() => search.silent(found), patience * 1000);
  const next = await Promise.race([wrong.then(() => null), other]);
  clearTimeout(timer);
  if (next !== null) server.forsake();
  const error = await wrong;
  if (server.isOver) search.end();
  else if (error === null) search.greeted(found);
  else if (next !== null) return next;
  else {
    search.refused(found, error);
    return other;
  }
  void other.then(discard); // it may have come in the same moment
  return server.isOver ? null : "speaks";
}
