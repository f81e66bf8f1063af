// The server as a child process behind three pipes. The pipes are ours, not the spawner's: no node-style
// streams in between, and its input stays open for as long as we say, which is what ending a server before
// its input ends needs. Knows processes; not what is said through the pipes.

import * as libc from "../os/libc.ts";
import { type Guard, startGuard } from "./guard.ts";
import type { Server } from "./peer.ts";
import { reader } from "./reader.ts";
import { discard, readLines } from "./reading.ts";
import { type ServerProcess, spawnServer } from "./spawn.ts";
import { within } from "./within.ts";
import { writer } from "./writer.ts";

export interface ChildPlan extends ServerProcess {
  /** It is somebody whom we may not end ourselves. */
  readonly outranks: boolean;
  /** Told each line of its standard error. */
  readonly onStderr: (line: string) => void;
}

/** Seconds between asking a server to go and killing it. */
const ABORT_PATIENCE = 2;
/** Seconds of silence after a server's exit that end its output, if no end of file does. */
const LAST_WORDS = 1;
/** Seconds a server may take to exit after the end of its output, where it matters why it went. */
const EXIT_PATIENCE = 0.5;

export function startChild(plan: ChildPlan): Server {
  const input = libc.pipe();
  const output = libc.pipe();
  const errors = libc.pipe();
  const { pid, exited } = spawnServer(plan, [input.readEnd, output.writeEnd, errors.writeEnd]);
  libc.close(input.readEnd);
  libc.close(output.writeEnd);
  libc.close(errors.writeEnd);

  void readLines(errors.readEnd, plan.onStderr);

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
