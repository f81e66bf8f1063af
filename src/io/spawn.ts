// A server's process, started between descriptors that are there already, as whom it has to be. Knows processes; not
// what they are told, nor when they are ended.

import { PrivilegeError } from "../os/identity.ts";
import { as, type Person } from "../os/thread.ts";
import type { Departure } from "./peer.ts";

export interface ServerProcess {
  /** Absolute path and arguments; no shell. */
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Whom it runs as; null for whom we are. */
  readonly identity: Person | null;
  /** Told why it could not be started. */
  readonly onFailure: (reason: string) => void;
}

export interface Process {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  readonly exited: Promise<Departure>;
}

/** @param ends the descriptors it gets as 0, 1 and 2 */
export function spawnServer(plan: ServerProcess, ends: [number, number, number]): Process {
  const { promise: exited, resolve } = Promise.withResolvers<Departure>();
  const spawn = () =>
    Bun.spawn([...plan.argv], {
      stdio: ends,
      env: { ...plan.env },
      cwd: "/",
      detached: true, // its own process group, which can be killed as a whole
      onExit: (child, status) =>
        resolve({ status, signal: child.signalCode === null ? null : String(child.signalCode) }),
    });
  try {
    const { pid } = plan.identity === null ? spawn() : as(plan.identity, spawn);
    return { pid, exited };
  } catch (error) {
    if (error instanceof PrivilegeError) throw error;
    plan.onFailure(String((error as NodeJS.ErrnoException).code ?? error));
    return { pid: undefined, exited: Promise.resolve({ status: null, signal: null }) };
  }
}
