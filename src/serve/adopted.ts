// A server over TCP on a socket that the supervisor connected: one of the runtime's own from then on, which costs less than
// streams of two descriptors do. Knows sockets; not whose they are, and not what is said through them.

import type { Server } from "../io/peer.ts";
import type { SocketHandlers } from "../io/server-tls.ts";
import { SocketServer } from "../io/socket-server.ts";
import { close } from "../os/libc.ts";

/** In the clear. @param socket null where there is none */
export function adoptedServer(socket: Promise<number | null>): Server {
  const server = new SocketServer();
  void begin(server, socket);
  return server;
}

/** @param fd the runtime's from now on */
export async function adopt(fd: number, handlers: SocketHandlers): Promise<Bun.Socket> {
  try {
    return await Bun.connect({ fd, allowHalfOpen: true, socket: handlers } as never);
  } catch (error) {
    close(fd);
    throw error;
  }
}

async function begin(server: SocketServer, socket: Promise<number | null>): Promise<void> {
  const fd = await socket;
  if (fd === null) return server.finish();
  // Nobody waits for it any more.
  if (server.isOver) return void close(fd);
  try {
    await server.begin((handlers) => adopt(fd, handlers), null);
  } catch {
    server.finish();
  }
}
