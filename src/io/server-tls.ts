// TLS with a server: asked for where it must be, and then name and chain are verified, whatever the runtime thinks of
// them. Until all of that is done nothing but the dialogue is said, and afterwards there is no way back to plaintext.
// Knows sockets and certificates; no session. Loaded by nobody whose server speaks no TLS.

import type { StartTls } from "../protocols/start-tls.ts";
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

const NOTHING = new Uint8Array(0);

/** A server that is being brought to speak TLS. */
export class ServerHandshake {
  readonly #way: TlsWay;
  readonly #clear = new SocketStream();
  /** The one to be closed: once TLS has begun it is another. */
  #socket: Bun.Socket | null = null;
  #isClear = true;
  #isGivenUp = false;

  constructor(way: TlsWay) {
    this.#way = way;
  }

  /**
   * @param handlers of the octets inside
   * @param seconds for all of it, once there is a connection
   * @throws what is wrong with the server; the socket is closed then
   */
  async run(open: OpenSocket, handlers: SocketHandlers, seconds = PATIENCE): Promise<SecuredServer> {
    const socket = await open({
      // Once TLS has begun its octets are here, too: they are the runtime's.
      data: (_, octets) => void (this.#isClear && this.#clear.take(octets)),
      drain: () => this.#clear.drain(),
      end: () => this.#clear.end(),
      close: () => this.#clear.finish(),
      error: () => this.#clear.finish(),
    });
    this.#socket = socket;
    if (this.#isGivenUp) this.giveUp();
    try {
      const secured = this.#secure(socket, handlers);
      secured.catch(() => {}); // it may come too late to be told
      const server = await within(secured, seconds);
      if (server === null) throw new Error("no TLS in time");
      return server;
    } catch (error) {
      this.giveUp();
      throw error;
    }
  }

  /** Nobody waits any more. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#clear.finish();
    this.#socket?.terminate();
  }

  async #secure(socket: Bun.Socket, handlers: SocketHandlers): Promise<SecuredServer> {
    const { startTls, greetsSecured } = this.#way;
    const greeting = startTls === null ? NOTHING : await askForTls(this.#clear, socket, startTls());
    this.#isClear = false;
    if (this.#clear.hasUnread) throw new Error("speaks before TLS");
    socket.resume();
    const { promise, tls } = handshake(socket, this.#way, handlers);
    this.#socket = tls;
    return { socket: await promise, greeting: greetsSecured ? NOTHING : greeting };
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
): { readonly promise: Promise<Bun.Socket>; readonly tls: Bun.Socket } {
  const { promise, resolve, reject } = Promise.withResolvers<Bun.Socket>();
  const [, tls] = socket.upgradeTLS({
    allowHalfOpen: true,
    tls: {
      ...{ ca: roots, ciphers: CIPHERS, rejectUnauthorized: true, requestCert: true },
      // An address, too: without a name the runtime asks for the host it connected, or for "localhost".
      serverName: name,
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
  } as never) as readonly [Bun.Socket, Bun.Socket];
  return { promise, tls };
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
