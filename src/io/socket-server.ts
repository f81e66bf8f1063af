// A server on one of the runtime's sockets, which is still being connected, or brought to speak TLS, when its session
// begins: what is written before waits. Knows sockets; not what is said through them. Reading is by demand: the socket
// is paused while nobody reads.

import { resetAtClose } from "../os/reset.ts";
import type { Server } from "./peer.ts";
import type { OpenSocket, ServerHandshake, SocketHandlers, TlsWay } from "./server-tls.ts";
import { SocketStream } from "./socket-stream.ts";

/** Seconds a server may take to close after its input has ended. */
const LEAVE_PATIENCE = 5;

export class SocketServer implements Server {
  readonly #stream = new SocketStream();
  #socket: Bun.Socket | null = null;
  /** One that does not speak TLS yet. */
  #tried: ServerHandshake | null = null;
  #endRequested = false;
  #closed: () => void = () => {};
  readonly #gone = new Promise<void>((resolve) => {
    this.#closed = resolve;
  });

  /** Nobody waits for it any more, or it has gone. */
  get isOver(): boolean {
    return this.#stream.isOver;
  }

  /**
   * Talks through a socket, inside TLS where there is a way to it, and then only.
   * @throws what is wrong with it; another one may be tried
   */
  async begin(open: OpenSocket, way: TlsWay | null): Promise<void> {
    const socket = way === null ? await open(this.#handlers) : await this.#secured(open, way);
    if (this.#stream.isOver) return void socket.terminate();
    this.#socket = socket;
    socket.setNoDelay(true);
    this.#stream.attach(socket);
    this.#shut();
  }

  /** The one that is being brought to speak TLS is given up for another. */
  forsake(): void {
    this.#tried?.giveUp();
  }

  /** There is none, or none any more. */
  finish(): void {
    this.#stream.finish();
    if (this.#socket === null) this.#tried?.giveUp();
    this.#closed();
  }

  read(): Promise<Uint8Array | null> {
    return this.#stream.read();
  }

  write(octets: Uint8Array): void {
    this.#stream.write(octets);
  }

  flush(): Promise<unknown> | null {
    const flushed = this.#stream.flush();
    this.#shut();
    return flushed;
  }

  /** If we are killed the kernel closes for us, which must not look like an end that was meant. */
  guard(message: boolean): void {
    if (!this.#stream.isOver && this.#socket !== null) resetAtClose(descriptor(this.#socket), message);
  }

  /** Ends our side only: an answer may still come. Bun's own end() closes both. */
  end(): void {
    this.#endRequested = true;
    this.#drain();
  }

  /** Who ended the connection cannot be told from a server that ended it: what a guesser sees must not differ. */
  async howLost(): Promise<"hung-up" | "failed"> {
    return "hung-up";
  }

  async abort(): Promise<void> {
    // A reset, not an orderly close: RFC 5321 section 4.1.1.10 has the server drop what is incomplete, and
    // one that would rather deliver it cannot mistake a reset for the end of its input.
    this.#socket?.terminate();
    this.finish();
  }

  async leave(): Promise<{ status: null; signal: null }> {
    this.end();
    void (async () => {
      while ((await this.read()) !== null);
    })();
    const timer = setTimeout(() => this.abort(), LEAVE_PATIENCE * 1000);
    await this.#gone;
    clearTimeout(timer);
    return { status: null, signal: null };
  }

  get #handlers(): SocketHandlers {
    return {
      data: (_, data) => this.#stream.take(data),
      drain: () => this.#drain(),
      end: (socket) => {
        socket.end();
      },
      close: () => this.finish(),
      error: () => this.finish(),
    };
  }

  async #secured(open: OpenSocket, way: TlsWay): Promise<Bun.Socket> {
    const { ServerHandshake } = await import("./server-tls.ts");
    this.#tried = new ServerHandshake(way);
    if (this.#stream.isOver) this.#tried.giveUp();
    const { data, close, error, ...handlers } = this.#handlers;
    // What happens before it is ours happens to one that is tried.
    let isOurs = false;
    let isGone = false;
    const early: Uint8Array[] = [];
    const gone = () => {
      isGone = true;
      if (isOurs) this.finish();
    };
    const { socket, greeting } = await this.#tried.run(open, {
      ...handlers,
      ...{ close: gone, error: gone },
      data: (_, octets) => void (isOurs ? this.#stream.take(octets) : early.push(octets)),
    });
    isOurs = true;
    for (const octets of [greeting, ...early]) if (octets.length > 0) this.#stream.take(octets);
    if (isGone) this.finish();
    return socket;
  }

  #drain(): void {
    this.#stream.drain();
    this.#shut();
  }

  /** What was written before has been taken. */
  #shut(): void {
    const { isOver, isFlushed } = this.#stream;
    if (this.#endRequested && !isOver && isFlushed) this.#socket?.shutdown();
  }
}

/** The runtime has it, its types do not. */
function descriptor(socket: Bun.Socket): number {
  return (socket as Bun.Socket & { readonly fd?: number }).fd ?? -1;
}
