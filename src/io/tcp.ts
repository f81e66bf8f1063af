// The server over TCP: one connection, tried at several addresses in turn. Knows sockets; not what is said
// through them. Reading is by demand: the socket is paused while nobody reads.

import { resetAtClose } from "../os/reset.ts";
import type { Server } from "./peer.ts";

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
/**
 * Octets between two collections of garbage. The runtime hands out what a socket has in pieces of up to
 * 512 KiB, each in memory of its own: read, they are garbage, which under load grows faster than the
 * collector's own thread comes round to it. Left alone, 20 MiB more were resident at the peak; collecting
 * costs a tenth of the throughput.
 */
const COLLECTED = 50_331_648;
/** Octets that are small: a command, or the end of a message. */
const GATHERED = 8192;

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
  #socket: Bun.Socket | null = null;
  #over = false;
  /** Octets that came and were not read yet: one chunk, since the socket is paused then. */
  readonly #chunks: Uint8Array[] = [];
  #reader: ((chunk: Uint8Array | null) => void) | null = null;
  /** Octets for the server that the kernel has not taken. */
  #backlog: Uint8Array[] = [];
  #drained: (() => void) | null = null;
  #endRequested = false;
  /** Octets that came since garbage was collected. */
  #taken = 0;
  #closed: () => void = () => {};
  readonly #gone = new Promise<void>((resolve) => {
    this.#closed = resolve;
  });

  async open({ destinations, onFailure, onUnavailable }: TcpPlan): Promise<void> {
    for (const destination of destinations) {
      if (this.#over) return;
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
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve(chunk);
    if (this.#over) return Promise.resolve(null);
    this.#socket?.resume();
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  /** What is small waits for `flush`, so that it leaves together; what is large is not copied first. */
  write(octets: Uint8Array): void {
    if (this.#over) return;
    if (octets.length > GATHERED) this.#drain();
    const direct = octets.length > GATHERED && this.#backlog.length === 0 && this.#socket !== null;
    const sent = direct ? Math.max(0, this.#socket!.write(octets)) : 0;
    if (sent < octets.length) this.#backlog.push(octets.slice(sent));
  }

  flush(): Promise<unknown> | null {
    this.#drain();
    if (this.#backlog.length === 0 || this.#over) return null;
    return new Promise<void>((resolve) => {
      const earlier = this.#drained;
      this.#drained = () => {
        earlier?.();
        resolve();
      };
    });
  }

  /** If we are killed the kernel closes for us, which must not look like an end that was meant. */
  guard(message: boolean): void {
    if (!this.#over && this.#socket !== null) resetAtClose(descriptor(this.#socket), message);
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
        data: (socket, data) => this.#take(socket, data),
        drain: () => this.#drain(),
        end: (socket) => {
          socket.end();
        },
        close: () => this.#finish(),
        error: () => this.#finish(),
      },
    });
    opening.then((socket) => this.#over && socket.terminate()).catch(() => {});
    try {
      this.#socket = await Promise.race([opening, late]);
    } finally {
      clearTimeout(timer);
    }
    if (this.#over) return this.#socket.terminate();
    this.#socket.setNoDelay(true);
    this.#drain();
  }

  /** @param data the runtime's copy, made for us: a second one would double what waits to be collected */
  #take(socket: Bun.Socket, data: Uint8Array): void {
    this.#taken += data.length;
    if (this.#taken > COLLECTED) {
      this.#taken = 0;
      Bun.gc(true);
    }
    const reader = this.#reader;
    this.#reader = null;
    if (reader !== null) return reader(data);
    this.#chunks.push(data);
    socket.pause();
  }

  /** Hands the kernel what it now takes. */
  #drain(): void {
    const socket = this.#socket;
    if (socket === null || this.#over) return;
    if (this.#backlog.length > 0) {
      const octets = this.#backlog.length === 1 ? this.#backlog[0]! : Buffer.concat(this.#backlog);
      const sent = Math.max(0, socket.write(octets));
      this.#backlog = sent < octets.length ? [octets.subarray(sent)] : [];
      if (sent < octets.length) return;
    }
    if (this.#endRequested) socket.shutdown();
    this.#wake();
  }

  #wake(): void {
    const drained = this.#drained;
    this.#drained = null;
    drained?.();
  }

  #finish(): void {
    this.#over = true;
    this.#backlog = [];
    this.#wake();
    const reader = this.#reader;
    this.#reader = null;
    reader?.(null);
    this.#closed();
  }
}

/** The runtime has it, its types do not. */
function descriptor(socket: Bun.Socket): number {
  return (socket as Bun.Socket & { readonly fd?: number }).fd ?? -1;
}
