// The server as a child process behind three pipes. The pipes are ours, not the spawner's: no node-style
// streams in between, and its input stays open for as long as we say, which is what ending a server before
// its input ends needs. Knows processes; not what is said through the pipes.

import { PrivilegeError } from "../os/identity.ts";
import * as libc from "../os/libc.ts";
import { as } from "../os/thread.ts";
import { LineReader } from "../wire/lines.ts";
import { type Guard, startGuard } from "./guard.ts";
import type { Departure, Server } from "./peer.ts";
import { reader } from "./reader.ts";
import { within } from "./within.ts";
import { writer } from "./writer.ts";

export interface ChildPlan {
  /** Absolute path and arguments; no shell. */
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Whom it runs as, with the supplementary groups we have; null for whom we are. */
  readonly identity: { readonly uid: number; readonly gid: number } | null;
  /** It is somebody whom we may not end ourselves. */
  readonly outranks: boolean;
  /** Told each line of its standard error. */
  readonly onStderr: (line: string) => void;
  /** Told why it could not be started. */
  readonly onFailure: (reason: string) => void;
}

/** Seconds between asking a server to go and killing it. */
const ABORT_PATIENCE = 2;
/** Seconds of silence after a server's exit that end its output, if no end of file does. */
const LAST_WORDS = 1;
/** Seconds a server may take to exit after the end of its output, where it matters why it went. */
const EXIT_PATIENCE = 0.5;
/** Octets of a line of standard error that go to the log. */
const STDERR_LINE = 1000;

export function startChild(plan: ChildPlan): Server {
  const input = libc.pipe();
  const output = libc.pipe();
  const errors = libc.pipe();
  const { pid, exited } = start(plan, [input.readEnd, output.writeEnd, errors.writeEnd]);
  libc.close(input.readEnd);
  libc.close(output.writeEnd);
  libc.close(errors.writeEnd);

  void readErrors(errors.readEnd, plan.onStderr);

  const reading = reader(output.readEnd);
  const writing = writer(input.writeEnd);
  let guard: Guard | null = null;
  if (plan.outranks && pid !== undefined) guard = startGuard(pid, input.writeEnd, plan.identity);

  void exited.then(() => {
    guard?.dismiss();
    // Children of the server may hold its output open for as long as they like (a delivery in the background).
    reading.endWhenSilent(LAST_WORDS);
  });

  /** @returns false when it is beyond our reach: closing is all we can do */
  const signal = (name: "TERM" | "KILL"): boolean => {
    try {
      if (plan.outranks) guard?.signal(name);
      else if (pid !== undefined) process.kill(-pid, `SIG${name}`);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== "EPERM";
    }
    return true;
  };
  let isOpen = true;
  /** @param write what was taken and is not with the kernel yet */
  const closeInput = (write: boolean) => {
    isOpen = false;
    guard?.release();
    if (write) writing.end();
    else writing.cancel();
  };

  return {
    read: () => reading.read(),
    write: (octets) => writing.write(octets),
    flush: () => writing.flush(),
    end: () => closeInput(true),
    async howLost() {
      // Its output ends a moment before it is gone.
      const left = await within(exited, EXIT_PATIENCE);
      return left === null || left.signal === null ? "hung-up" : "failed";
    },
    guard(message) {
      if (pid === undefined || !isOpen) return;
      try {
        if (message) guard ??= startGuard(pid, input.writeEnd, null);
        guard?.hold(message);
      } catch {
        // No process can be had now: the message is as safe as we are.
      }
    },
    async abort() {
      reading.cancel();
      // A guard that has to do it and leaves could not.
      const over = plan.outranks && guard !== null ? Promise.race([exited, guard.gone]) : exited;
      if (signal("TERM")) {
        if ((await within(over, ABORT_PATIENCE)) === null) signal("KILL");
        await within(over, ABORT_PATIENCE);
      }
      closeInput(false);
    },
    async leave(patience) {
      closeInput(true);
      void discard(() => reading.read());
      const left = await within(exited, patience);
      // One that left on its own may have children that deliver: they are its business, not ours.
      if (left === null) signal("TERM");
      const ended = left ?? (await within(exited, ABORT_PATIENCE));
      if (ended === null) signal("KILL");
      return ended ?? (await within(exited, ABORT_PATIENCE)) ?? { status: null, signal: null };
    },
  };
}

interface Process {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  readonly exited: Promise<Departure>;
}

/** @param ends the descriptors it gets as 0, 1 and 2 */
function start(plan: ChildPlan, ends: [number, number, number]): Process {
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

async function discard(read: () => Promise<unknown>): Promise<void> {
  try {
    while ((await read()) !== null);
  } catch {
    // As good as its end.
  }
}

async function readErrors(fd: number, onLine: (line: string) => void): Promise<void> {
  const errors = reader(fd);
  const lines = new LineReader();
  try {
    for (let chunk = await errors.read(); chunk !== null; chunk = await errors.read()) {
      for (let at = 0; at < chunk.length; ) {
        const { line, next } = lines.read(chunk, at, STDERR_LINE);
        if (line !== null) onLine(line.text);
        at = next;
      }
    }
    if (lines.partial) onLine(lines.rest);
  } catch {
    // A log line less; the session goes on.
  }
  errors.cancel();
}
