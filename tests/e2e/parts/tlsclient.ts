// Knows how to talk inside TLS, octet for octet, and how clients of TLS go: with a close_notify and the end of their side,
// or by a reset.

import { dlopen, ptr } from "bun:ffi";
import { connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { Conversation } from "./conversation.ts";
import { within } from "./deadline.ts";
import { NAME, onTheSpot } from "./keypair.ts";

const SOL_SOCKET = 1;
const SO_LINGER = 13;

export class SecureConversation extends Conversation {
  /** Kept when the handshake is done; rejects when it is not. */
  readonly secured: Promise<void>;

  constructor(socket: Socket) {
    const tls = connectSecurely({
      socket,
      servername: NAME,
      ca: onTheSpot().chain,
      ...{ allowHalfOpen: true },
    });
    super(tls, tls, () => reset(socket, () => tls.destroy()), socket.localPort);
    this.secured = within(10_000, "the handshake", done(tls));
    this.secured.catch(() => {}); // whoever waits for it hears of it
  }
}

/** @returns once the connection is there: the handshake needs who answers it, and what is said waits for it */
export async function dialSecurely(port: number): Promise<SecureConversation> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  const connected = new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve).once("error", reject);
  });
  await within(5_000, `connection to port ${port}`, connected);
  return new SecureConversation(socket);
}

function done(tls: ReturnType<typeof connectSecurely>): Promise<void> {
  return new Promise((resolve, reject) => {
    tls.once("secureConnect", resolve).once("error", reject);
    tls.once("close", () => reject(new Error("the other side hung up in the handshake")));
  });
}

const libc = dlopen("libc.so.6", {
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
}).symbols;

/** The runtime's own reset ends a connection in order when TLS is on it. */
function reset(socket: Socket, destroy: () => void): void {
  const { fd } = (socket as unknown as { _handle: { fd: number } | null })._handle ?? { fd: -1 };
  const atOnce = new Int32Array([1, 0]);
  if (fd >= 0) libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, ptr(atOnce), atOnce.byteLength);
  destroy();
}
