// Knows a server on a port of the loopback that plays the server's part of one input at a time, cut as the input says
// and a little apart in time, and keeps what it was told. Knows sockets; no protocol, and not who is in front of it.

import { createServer, type Server, type Socket } from "node:net";
import type { ServerPart } from "../../tests/server-part.ts";

/** Milliseconds of silence after which an impatient one hangs up: who says nothing for ever is a fault of its own. */
const PATIENCE_MS = 700;
/** Pieces in which one answer is said, at most: what is long comes in larger ones behind them. */
const MOST_PIECES = 20;

export interface Role {
  readonly part: ServerPart;
  /** Of pieces in octets, over and over. */
  readonly sizes: readonly number[];
  readonly isPatient: boolean;
}

export class StandIn implements AsyncDisposable {
  /** What it was told, a connection each, since it began its role. */
  told: string[] = [];
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #role: Role | null = null;
  #latest: Socket | null = null;

  constructor() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as { port: number }).port;
  }

  begin(role: Role): void {
    this.#role = role;
    this.#latest = null;
    this.told = [];
  }

  /** Nobody is connected any more. */
  get isAlone(): boolean {
    return this.#open.size === 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    const role = this.#role;
    if (role === null) return void socket.destroy();
    const told = this.told;
    const at = told.push("") - 1;
    this.#open.add(socket);
    this.#latest = socket;
    role.part.start();
    let speaking: Promise<void> = Promise.resolve();
    const speak = () => {
      speaking = speaking.then(() => this.#speak(socket, role));
    };
    if (!role.isPatient) socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      told[at] += chunk.toString("latin1");
      // One that is being ended hears, but the part is its successor's.
      if (this.#latest !== socket) return;
      role.part.hear(chunk.toString("latin1"));
      speak();
    });
    socket.on("end", () => {
      speaking = speaking.then(() => void socket.end());
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#open.delete(socket));
    speak();
  }

  async #speak(socket: Socket, { part, sizes }: Role): Promise<void> {
    for (let piece = 0; this.#latest === socket && part.isSpeaking && socket.writable; piece++) {
      const size = piece < MOST_PIECES ? sizes[piece % sizes.length]! : Number.POSITIVE_INFINITY;
      socket.write(part.said(size), "latin1");
      if (part.isSpeaking) await Bun.sleep(1);
    }
    if (this.#latest === socket && part.isDone) socket.end();
  }
}
