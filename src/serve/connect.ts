// Connects to a server over TCP for somebody who may not: what comes of it is a descriptor, from which not an octet
// has been read. Knows sockets; not what is said through them.

import { type Destination, reasonOf } from "../io/tcp.ts";
import { within } from "../io/within.ts";
import { close, duplicate, hasEnded, isReady, write } from "../os/libc.ts";
import { type ProxyVersion, writeNobody } from "../wire/proxy-header.ts";

/** Seconds for one address to accept, and for a server that is tried to say something. */
export const PATIENCE = 10;
/** Milliseconds between looks whether a server that is tried has said something. */
const LOOK = 100;

/** What keeps us from connecting is our own, and tells nothing of the server. */
const OURS: readonly string[] = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL", "EAGAIN"];

/** The runtime has it, its types do not. */
type Connection = Bun.Socket & { readonly fd: number; close(): void };

export type Connected =
  | { readonly socket: number }
  /** Why not. */
  | { readonly error: string; readonly isOurs: boolean };

/** Ends within PATIENCE, and a moment. */
export async function connect({ host, port }: Pick<Destination, "host" | "port">): Promise<Connected> {
  const { promise: taken, resolve } = Promise.withResolvers<number>();
  let isLate = false;
  const connecting = Bun.connect({
    hostname: host,
    port,
    socket: {
      open(socket) {
        const { fd } = socket as Connection;
        resolve(isLate ? -1 : duplicate(fd));
        (socket as Connection).close();
      },
      data() {},
    },
  }).then(() => taken);
  try {
    const socket = await within(connecting, PATIENCE);
    if (socket === null) return { error: "no answer in time", isOurs: false };
    return socket < 0 ? { error: "no descriptor is left", isOurs: true } : { socket };
  } catch (error) {
    const reason = reasonOf(error);
    return { error: reason, isOurs: OURS.includes(reason) };
  } finally {
    isLate = true;
    connecting.catch(() => {});
  }
}

/**
 * Tries a server for nobody: what it says is not read, but that it says something shows.
 * @param greets it speaks first
 * @param version in which it is told first that nobody is behind us; null for not at all
 * @returns what is wrong with it; null for nothing
 */
export async function tryOut(
  destination: Pick<Destination, "host" | "port">,
  greets: boolean,
  version: ProxyVersion | null,
): Promise<Exclude<Connected, { readonly socket: number }> | null> {
  const connected = await connect(destination);
  if (!("socket" in connected)) return connected;
  const { socket } = connected;
  try {
    if (version !== null) write(socket, writeNobody(version));
    const end = performance.now() + PATIENCE * 1000;
    while (greets && !isReady(socket)) {
      if (performance.now() > end) return { error: "no greeting in time", isOurs: false };
      await Bun.sleep(LOOK);
    }
    // Version 2 says that we only look whether it is there: then it need not stay.
    return greets && version !== "v2" && hasEnded(socket) ? { error: "hung up on us", isOurs: false } : null;
  } finally {
    close(socket);
  }
}
