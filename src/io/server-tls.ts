// TLS with a server: asked for where it must be, and then name and chain are verified, whatever the runtime thinks of
// them. Until all of that is done nothing but the dialogue is said, and afterwards there is no way back to plaintext.
// Knows sockets and certificates; no session. Loaded by nobody whose server speaks no TLS.

import type { StartTls } from "../protocols/protocol.ts";
import { Preface } from "../session/preface.ts";
import { isIPv4, isIPv6 } from "../wire/domain.ts";
import { SocketStream } from "./socket-stream.ts";
import { CIPHERS } from "./tls-ciphers.ts";
import { within } from "./within.ts";

/** How a server speaks TLS, and who it must be. */
export interface ServerTls {
  readonly starts: "implicit" | "starttls";
  /** A domain name or an address, which its certificate must be for. */
  readonly name: string;
  /** Certificates in PEM, to one of which its own must lead. */
  readonly roots: string;
}

/** The same, and what is said before it where it must be asked for. */
export interface TlsWay extends ServerTls {
  /** Null where TLS is spoken from the first octet on. */
  readonly startTls: (() => StartTls) | null;
  /** It greets once more in TLS: what it said before is nobody's. */
  readonly greetsSecured: boolean;
}

export interface SecuredServer {
  readonly socket: Bun.Socket;
  /** What it said in the clear and the session is to be told; empty where it speaks for itself. */
  readonly greeting: Uint8Array;
}

export type SocketHandlers = Bun.SocketHandler<undefined>;
/** Connects, or adopts a socket that is connected. */
export type OpenSocket = (handlers: SocketHandlers) => Promise<Bun.Socket>;

/** Seconds for all that comes before the session's first octet: a session's own limit may be less. */
const PATIENCE = 60;

const SSL_OP_NO_TLS1_0_1_1 = 0x0400_0000 | 0x1000_0000;

const NOTHING = new Uint8Array(0);

/**
 * @param handlers of the octets inside, from the moment it is kept
 * @throws what is wrong with the server; the socket is closed then
 */
export async function secureServer(
  open: OpenSocket,
  way: TlsWay,
  handlers: SocketHandlers,
): Promise<SecuredServer> {
  const clear = new SocketStream();
  let isClear = true;
  const socket = await open({
    // Once TLS has begun its octets are here, too: they are the runtime's.
    data: (_, octets) => void (isClear && clear.take(octets)),
    drain: () => clear.drain(),
    end: () => clear.end(),
    close: () => clear.finish(),
    error: () => clear.finish(),
  });
  try {
    const secured = (async (): Promise<SecuredServer> => {
      const greeting = way.startTls === null ? NOTHING : await askForTls(clear, socket, way.startTls());
      isClear = false;
      if (clear.hasUnread) throw new Error("speaks before TLS");
      socket.resume();
      return { socket: await handshake(socket, way, handlers), greeting };
    })();
    secured.catch(() => {}); // it may come too late to be told
    const server = await within(secured, PATIENCE);
    if (server === null) throw new Error("no TLS in time");
    return { ...server, greeting: way.greetsSecured ? NOTHING : server.greeting };
  } catch (error) {
    socket.terminate();
    throw error;
  }
}

/** @returns its greeting */
async function askForTls(clear: SocketStream, socket: Bun.Socket, dialogue: StartTls): Promise<Uint8Array> {
  const preface = new Preface(dialogue);
  clear.attach(socket);
  for (;;) {
    const chunk = await clear.read();
    if (chunk === null) throw new Error("closed the connection before TLS");
    const step = preface.octets(chunk);
    if (step === "secure") return preface.greeting;
    if (step === "more") continue;
    if ("failed" in step) throw new Error(step.failed);
    clear.write(step.server);
    await clear.flush();
  }
}

function handshake(
  socket: Bun.Socket,
  { name, roots }: ServerTls,
  handlers: SocketHandlers,
): Promise<Bun.Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Bun.Socket>();
  socket.upgradeTLS({
    allowHalfOpen: true,
    tls: {
      ...{ ca: roots, ciphers: CIPHERS, rejectUnauthorized: true, requestCert: true },
      // An address, too: without a name the runtime asks for the host it connected, or for "localhost".
      serverName: name,
      secureOptions: SSL_OP_NO_TLS1_0_1_1,
    },
    socket: {
      ...handlers,
      handshake(secured: Bun.Socket, isDone: boolean, error: Error | null) {
        const wrong = isDone ? wrongWith(secured, name) : failure(error, name);
        if (wrong === null) resolve(secured);
        else reject(new Error(wrong));
      },
      close: (...of: Parameters<NonNullable<SocketHandlers["close"]>>) => {
        reject(new Error("closed the connection in the handshake"));
        void handlers.close?.(...of);
      },
    },
  } as never);
  return promise;
}

/** What the runtime has judged is judged again: neither its defaults nor a subject that is no name count. */
function wrongWith(socket: Bun.Socket, name: string): string | null {
  const { authorized, getAuthorizationError, getPeerX509Certificate } = socket as Bun.TLSSocket;
  const error = getAuthorizationError.call(socket);
  if (!authorized || error !== null) return failure(error, name);
  const certificate = getPeerX509Certificate.call(socket);
  const isAddress = isIPv4(name) || isIPv6(name);
  const isFor = isAddress ? certificate.checkIP(name) : certificate.checkHost(name, { subject: "never" });
  return isFor === undefined ? notFor(name) : null;
}

function failure(error: Error | null, name: string): string {
  const { code = "", message = "" } = (error ?? {}) as { readonly code?: string; readonly message?: string };
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return notFor(name);
  if (code === "CERT_HAS_EXPIRED") return "certificate has expired";
  if (code === "CERT_NOT_YET_VALID") return "certificate is not valid yet";
  if (code === "ECONNRESET") return "closed the connection in the handshake";
  // The names of what X.509 minds are OpenSSL's; the rest are the system's and the runtime's.
  return /^(?:E|$)/.test(code)
    ? `no TLS: ${message.replace(/^error:.*:/, "")}`
    : `certificate is not trusted: ${message}`;
}

function notFor(name: string): string {
  return `certificate is not for ${name}`;
}
