// The processes of servers, each behind pipes whose far ends are a worker's. A duplicate of every server's input stays
// here until the server is to go: whatever becomes of the worker, a server is ended before its input is, and takes no
// end of input for the end of a message. Knows processes; reads and writes not an octet of what is said to them.

import { type ServerProcess, spawnServer } from "../io/spawn.ts";
import { within } from "../io/within.ts";
import { limitDescriptorsOf } from "../os/child-limits.ts";
import * as libc from "../os/libc.ts";

/** What a worker gets of a server: where it writes, reads, and reads its standard error. */
export type WorkerEnds = readonly [input: number, output: number, errors: number];

/** Seconds between asking a server to go and killing it. */
const PATIENCE = 2;

/** Descriptors that are there before the server is: the worker has its ends while the server is being started. */
export interface Pipes {
  readonly worker: WorkerEnds;
  readonly server: readonly [input: number, output: number, errors: number];
}

/** @throws when no descriptor is left */
export function makePipes(): Pipes {
  const open: number[] = [];
  const one = () => {
    const made = libc.pipe();
    open.push(made.readEnd, made.writeEnd);
    return made;
  };
  try {
    const [input, output, errors] = [one(), one(), one()];
    return {
      worker: [input.writeEnd, output.readEnd, errors.readEnd],
      server: [input.readEnd, output.writeEnd, errors.writeEnd],
    };
  } catch (error) {
    for (const fd of open) libc.close(fd);
    throw error;
  }
}

export function closePipes({ worker, server }: Pipes): void {
  for (const fd of [...worker, ...server]) libc.close(fd);
}

export class HostedServer {
  readonly #pid: number | undefined;
  /** Our end of its input; -1 once it is closed. */
  #input: number;
  #ending: Promise<void> | null = null;
  #leaving = false;
  /** Kept when it has gone: its exit status, or the signal that ended it; empty for one that never was. */
  readonly gone: Promise<string>;

  /** @param pipes of which the worker has its ends already */
  constructor(plan: ServerProcess, { worker, server }: Pipes) {
    const [input, output, errors] = worker;
    this.#input = input;
    libc.close(output);
    libc.close(errors);
    let started: ReturnType<typeof spawnServer>;
    try {
      started = spawnServer(plan, [...server]);
    } finally {
      for (const fd of server) libc.close(fd);
    }
    this.#pid = started.pid;
    if (this.#pid !== undefined) limitDescriptorsOf(this.#pid);
    this.gone = started.exited.then(({ status, signal }) => {
      this.#release();
      return signal ?? String(status ?? "");
    });
  }

  /** Ends it before its input ends. @returns the same for whoever asks: kept when that is done */
  abort(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    if (this.#signal("SIGTERM")) {
      if ((await within(this.gone, PATIENCE)) === null) this.#signal("SIGKILL");
      await within(this.gone, PATIENCE);
    }
    this.#release();
  }

  /** Its input has ended at the worker, and so it does here; it may still speak. */
  endInput(): void {
    if (this.#ending === null) this.#release();
  }

  /** Its input has ended at the worker: it may go, and after so many milliseconds it must. */
  async leave(patience: number): Promise<void> {
    if (this.#leaving || this.#ending !== null) return;
    this.#leaving = true;
    this.#release();
    if ((await within(this.gone, patience / 1000)) === null) await this.abort();
  }

  #release(): void {
    if (this.#input >= 0) libc.close(this.#input);
    this.#input = -1;
  }

  /** @returns false when it is beyond our reach: closing is all we can do */
  #signal(name: "SIGTERM" | "SIGKILL"): boolean {
    try {
      if (this.#pid !== undefined) process.kill(-this.#pid, name);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== "EPERM";
    }
    return true;
  }
}
