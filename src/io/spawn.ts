// What the spawner asks of node:child_process, on the runtime's own spawn: the build puts it in that module's
// place (scripts/building/). The module itself loads node-style streams and sockets for pipes that a server
// never has here: 1 ms before every greeting and half a MiB for as long as the session lasts. Knows processes
// on descriptors that are open already; no other stdio.

import { EventEmitter } from "node:events";

interface Options {
  readonly stdio: readonly [number, number, number];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly detached: boolean;
  readonly uid?: number;
  readonly gid?: number;
}

/** As the spawner sees it: "spawn", then "exit" with status and signal, one of them null. */
class ChildProcess extends EventEmitter {
  readonly stdin = null;
  readonly stdout = null;
  readonly stderr = null;
  readonly stdio = [null, null, null];
  exitCode: number | null = null;
  signalCode: Bun.Subprocess["signalCode"] = null;
  readonly #process: Bun.Subprocess;

  constructor(process: Bun.Subprocess) {
    super();
    this.#process = process;
  }

  get pid(): number {
    return this.#process.pid;
  }

  ended(status: number | null, signal: Bun.Subprocess["signalCode"]): void {
    this.exitCode = status;
    this.signalCode = signal;
    this.emit("exit", status, signal);
  }

  kill(signal: NodeJS.Signals): boolean {
    this.#process.kill(signal);
    return true;
  }
}

/** @throws what the system says when the program cannot be started, with its `code` */
export function spawn(file: string, args: readonly string[], options: Options): ChildProcess {
  const { stdio, env, cwd, detached, uid, gid } = options;
  // Even to become whom one is already takes a privilege: not asked for, it must not be there.
  const identity = uid === undefined || gid === undefined ? {} : { uid, gid };
  const child: ChildProcess = new ChildProcess(
    Bun.spawn([file, ...args], {
      ...{ stdio: [...stdio], env, cwd, detached, ...identity },
      onExit: (process, status) => child.ended(status, process.signalCode),
    }),
  );
  queueMicrotask(() => child.emit("spawn"));
  return child;
}
