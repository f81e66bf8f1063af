// What whoever manages services is told of a listener (sd_notify(3)): that it serves, how many, that it is about to read
// something again, to leave, and that it is alive. Nobody waits for an answer, and nobody misses a manager that is not
// there. Knows a socket and words; not what a listener does.

import { DatagramSocket } from "../os/datagram.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export class Manager {
  readonly #socket: DatagramSocket;
  /** Milliseconds between two signs of life; null where nobody wants any. */
  readonly beat: number | null;
  #status = "";

  private constructor(path: string, beat: number | null) {
    this.#socket = new DatagramSocket(path);
    this.beat = beat;
  }

  /** The one that the environment names, for this process; null for none. */
  static in(env: Environment, pid: number): Manager | null {
    const path = env.NOTIFY_SOCKET ?? "";
    if (!/^[/@]./.test(path)) return null;
    try {
      return new Manager(path, beatIn(env, pid));
    } catch {
      return null; // a path that is too long for a socket is nobody's
    }
  }

  ready(): void {
    this.#tell("READY=1");
  }

  reloading(): void {
    this.#tell("RELOADING=1");
  }

  stopping(): void {
    this.#tell("STOPPING=1");
  }

  alive(): void {
    this.#tell("WATCHDOG=1");
  }

  /** A sentence for people, told when it is another one. */
  status(sentence: string): void {
    if (sentence === this.#status) return;
    this.#status = sentence;
    this.#tell(`STATUS=${sentence}`);
  }

  #tell(words: string): void {
    const octets = new TextEncoder().encode(words);
    // One that was started anew has another socket by the same name.
    if (!this.#socket.send(octets) && this.#socket.reopen()) this.#socket.send(octets);
  }
}

/** Half of what is waited for (sd_watchdog_enabled(3)): one sign may be lost. */
function beatIn({ WATCHDOG_USEC, WATCHDOG_PID }: Environment, pid: number): number | null {
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(pid)) return null;
  if (!/^[1-9][0-9]{0,14}$/.test(WATCHDOG_USEC ?? "")) return null;
  return Math.max(1, Math.floor(Number(WATCHDOG_USEC) / 2000));
}
