// This very program, listening on a port of the loopback: started, waited for, and ended. Knows ports and processes;
// not what is said there.

import { readFileSync } from "node:fs";
import { execa } from "execa";

export const LOOPBACK = "127.0.0.1";

/** Milliseconds it may take until clients are accepted, and until it has gone; it needs one tenth of a second. */
const PATIENCE = { begin: 15_000, end: 10_000 };

/** What its log says once clients are accepted. */
const READY = "event=worker state=ready";

type Child = ReturnType<typeof start>;

function start([program, ...args]: readonly string[]) {
  return execa(program!, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
    extendEnv: false,
    detached: true, // Ctrl-C is for us: we end it when the scene is over
    buffer: false,
    reject: false,
    forceKillAfterDelay: PATIENCE.end,
  });
}

export class Listener {
  readonly port: number;
  /** What was started. */
  readonly command: readonly string[];
  readonly #child: Child;

  private constructor(port: number, command: readonly string[]) {
    this.port = port;
    this.command = command;
    this.#child = start(command);
  }

  /**
   * Listens on `port`, or on a free one where that is taken.
   * @param commandOn the command line for an address @param log what it tells there
   * @throws when it does not begin
   */
  static async open(port: number, commandOn: (address: string) => string[], log: string): Promise<Listener> {
    const taken = freePort(port) ?? freePort(0)!;
    const listener = new Listener(taken, commandOn(`${LOOPBACK}:${taken}`));
    const end = Date.now() + PATIENCE.begin;
    while (!textOf(log).includes(READY)) {
      const { exitCode } = listener.#child;
      if (exitCode !== null || Date.now() > end) {
        await listener.close();
        throw new Error(`${listener.command[0]} does not listen: exit ${exitCode}\n${textOf(log)}`);
      }
      await Bun.sleep(10);
    }
    return listener;
  }

  /** Ends every connection; returns when no process is left. */
  async close(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child;
  }
}

/** @returns null when it is taken */
function freePort(port: number): number | null {
  try {
    const server = Bun.listen({ hostname: LOOPBACK, port, socket: { data() {} } });
    const free = server.port;
    server.stop(true);
    return free;
  } catch {
    return null;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
