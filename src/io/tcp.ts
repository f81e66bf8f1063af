// The server over TCP: one connection, tried at several addresses in turn. Knows sockets; not what is said
// through them. Reading is by demand: the socket is paused while nobody reads.

import { resetAtClose } from "../os/reset.ts";
import type { Server } from "./peer.ts";
import { SocketStream } from "./socket-stream.ts";

export interface Destination {
  readonly host: string;
  readonly port: number;
  /** How often it is tried first, beside the others. */
  readonly weight: number;
}

export interface TcpPlan {
  /** In the order in which they are tried. */
  readonly destinations: readonly Destination[];
  /** Told why one could not be reached. */
  readonly onFailure: (destination: Destination, reason: string) => void;
  /** Told when none could. */
  readonly onUnavailable: () => void;
}

/** Seconds for one address to accept. */
const CONNECT_PATIENCE = 10;
/** Seconds a server may take to close after its input has ended. */
const LEAVE_PATIENCE = 5;

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

export function connectTcp(plan: TcpPlan): Server {
  const connection = new TcpServer();
  void connection.open(plan);
  return connection;
}

class TcpServer implements Server {
  readonly #stream = new SocketStream();
  #socket: Bun.Socket | null = null;
  #endRequested = false;
  #closed: () => void = () => {};
  readonly #gone = new Promise<void>((resolve) => {
    this.#closed = resolve;
  });

  async open({ destinations, onFailure, onUnavailable }: TcpPlan): Promise<void> {
    for (const destination of destinations) {
      if (this.#stream.isOver) return;
      try {
        await this.#connect(destination);
        return;
      } catch (error) {
        onFailure(destination, String((error as { code?: unknown }).code ?? error));
      }
    }
    onUnavailable();
    this.#finish();
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
    this.#finish();
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

  async #connect({ host, port }: Destination): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("no answer in time")), CONNECT_PATIENCE * 1000);
    });
    const opening = Bun.connect({
      hostname: host,
      port,
      allowHalfOpen: true,
      socket: {
        data: (_, data) => this.#stream.take(data),
        drain: () => this.#drain(),
        end: (socket) => {
          socket.end();
        },
        close: () => this.#finish(),
        error: () => this.#finish(),
      },
    });
    opening.then((socket) => this.#stream.isOver && socket.terminate()).catch(() => {});
    try {
      this.#socket = await Promise.race([opening, late]);
    } finally {
      clearTimeout(timer);
    }
    if (this.#stream.isOver) return this.#socket.terminate();
    this.#socket.setNoDelay(true);
    this.#stream.attach(this.#socket);
    this.#shut();
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

  #finish(): void {
    this.#stream.finish();
    this.#closed();
  }
}

/** The runtime has it, its types do not. */
function descriptor(socket: Bun.Socket): number {
  return (socket as Bun.Socket & { readonly fd?: number }).fd ?? -1;
}
