// A loopback listener as a super-server is one: for each connection a process, told who is calling by the
// UCSPI variables, its stdin and stdout bridged to the socket. Knows sockets, pipes and processes; knows
// neither protocols nor what it runs. It is the demo's: it counts nothing and limits nothing.

import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { execa } from "execa";

export const LOOPBACK = "127.0.0.1";

/** A process that does not leave when its client has gone is ended after this (milliseconds). */
const PATIENCE = 3000;

type Child = ReturnType<typeof start>;

/** Its exit tells how it went, whatever that is; nothing of what it says is kept. */
function start([program, ...args]: readonly string[], env: Record<string, string>) {
  return execa(program!, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env,
    extendEnv: false,
    buffer: false,
    reject: false,
    forceKillAfterDelay: PATIENCE,
  });
}

export class Listener {
  readonly #server: Server;
  readonly #command: readonly string[];
  readonly #children = new Set<Child>();
  readonly #sockets = new Set<Socket>();

  private constructor(command: readonly string[]) {
    this.#command = command;
    // A client may end its side and still wait for answers: both directions end on their own.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
  }

  /** Listens on `port`, or on a free one where that is taken. */
  static async open(port: number, command: readonly string[]): Promise<Listener> {
    const listener = new Listener(command);
    try {
      await listener.#listen(port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      await listener.#listen(0);
    }
    return listener;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection; returns when no process is left. */
  async close(): Promise<void> {
    this.#server.close();
    const gone = [...this.#children].map((child) => once(child, "exit"));
    for (const child of this.#children) child.kill("SIGTERM");
    await Promise.all(gone);
    for (const socket of this.#sockets) socket.destroy();
  }

  async #listen(port: number): Promise<void> {
    this.#server.listen(port, LOOPBACK);
    await once(this.#server, "listening"); // rejects on "error"
  }

  #serve(socket: Socket): void {
    const child = start(this.#command, environment(socket));
    this.#children.add(child);
    this.#sockets.add(socket);
    // `pipe` stops reading while the other side is full, and passes an end on as an end.
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
    child.once("exit", () => this.#children.delete(child));
    child.once("error", () => socket.destroy());
    child.stdin.on("error", () => {}); // the process is gone; its exit tells
    child.stdout.once("end", () => {
      // It has said its last: what the client still sends is dropped, as a closed connection would do.
      socket.unpipe(child.stdin);
      child.stdin.end();
      socket.resume();
    });
    socket.once("close", () => {
      this.#sockets.delete(socket);
      child.stdin.end();
    });
    socket.on("error", () => child.stdin.end());
  }
}

/** What a UCSPI server tells of the connection (tcpserver, tcp-environ(5)), and a PATH. */
function environment(socket: Socket): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    PROTO: "TCP",
    TCPREMOTEIP: socket.remoteAddress ?? "",
    TCPREMOTEPORT: String(socket.remotePort ?? ""),
    TCPLOCALIP: socket.localAddress ?? "",
    TCPLOCALPORT: String(socket.localPort ?? ""),
  };
}
