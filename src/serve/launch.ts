// Starts the processes of one worker: its own, and beside it one that asks blackhole lists where that is wanted; each
// with the ends of what it talks through, and nothing else of ours. Knows processes; not what they are told.

import { close } from "../os/libc.ts";
import { passagePair, streamPair } from "../os/passing.ts";
import { NAMES, WORKER } from "./argument.ts";

export interface Launched {
  readonly pid: number;
  /** Our ends: of its orders, and of where descriptors are passed. */
  readonly control: number;
  readonly passage: number;
  /** Whoever asks lists for it, and our end of what that one is told. */
  readonly names: { readonly pid: number; readonly control: number } | null;
  /** Its exit status or signal; null while it runs. */
  how(): string | null;
}

export interface Departures {
  /** Told its exit status or signal. */
  readonly onExit: (how: string) => void;
  readonly onNamesExit: (how: string) => void;
}

/** @param asks blackhole lists are asked @throws when a process or a descriptor cannot be had */
export function launch(asks: boolean, { onExit, onNamesExit }: Departures): Launched {
  const ours: number[] = [];
  const theirs: number[] = [];
  const between = ([here, there]: [number, number]) => {
    ours.push(here);
    theirs.push(there);
    return { here, there };
  };
  const pids: number[] = [];
  const started = (name: string, word: string, ends: readonly number[], on: (how: string) => void) => {
    const child = start(name, word, ends, on);
    pids.push(child.pid);
    return child;
  };
  try {
    const [control, passage] = [between(streamPair()), between(passagePair())];
    const names = asks ? between(streamPair()) : null;
    const link = asks ? streamPair() : [];
    theirs.push(...link);
    const [workerEnd, namesEnd] = link;
    const asker =
      names === null ? null : started("protowrap-names", NAMES, [names.there, namesEnd!], onNamesExit);
    const ends = [control.there, passage.there, ...(workerEnd === undefined ? [] : [workerEnd])];
    const child = started("protowrap-worker", WORKER, ends, onExit);
    for (const fd of theirs) close(fd);
    return {
      ...{ pid: child.pid, control: control.here, passage: passage.here },
      names: asker === null ? null : { pid: asker.pid, control: names!.here },
      how: () => (child.exitCode === null && child.signalCode === null ? null : howOf(child)),
    };
  } catch (error) {
    for (const pid of pids) end(pid);
    for (const fd of [...ours, ...theirs]) close(fd);
    throw error;
  }
}

/**
 * Starts a process that serves no client of ours, with our end of what it is told.
 * @param word of argument.ts @param onExit told its exit status or signal
 * @throws when a process or a descriptor cannot be had
 */
export function launchHelper(
  name: string,
  word: string,
  onExit: (how: string) => void,
): Pick<Launched, "pid" | "control"> {
  const [here, there] = streamPair();
  try {
    return { pid: start(name, word, [there], onExit).pid, control: here };
  } catch (error) {
    close(here);
    throw error;
  } finally {
    close(there);
  }
}

/**
 * The last of the compiler's tiers begins ten times later: it takes milliseconds of a processor for what a session runs
 * only a few times, and clients wait behind it. What a long message runs millions of times still gets there.
 */
const COMPILER = { BUN_JSC_thresholdForFTLOptimizeAfterWarmUp: "640000" };

/** @param ends its descriptors from 3 on @throws when a process cannot be had */
function start(name: string, word: string, ends: readonly number[], onExit: (how: string) => void) {
  return Bun.spawn([...program(), word], {
    stdio: ["ignore", "ignore", "ignore", ...ends],
    env: {
      LANG: "C",
      PATH: "/usr/bin:/bin",
      ...(process.env.TZ === undefined ? {} : { TZ: process.env.TZ }),
      ...COMPILER,
    },
    argv0: name,
    detached: true, // a signal to our group is for us alone
    onExit: (child) => onExit(howOf(child)),
  });
}

function howOf({ signalCode, exitCode }: Bun.Subprocess): string {
  return String(signalCode ?? exitCode);
}

/** The file that we are, even if another has its name by now: both sides speak the same words. */
function program(): string[] {
  return Bun.isStandaloneExecutable ? ["/proc/self/exe"] : [process.execPath, Bun.main];
}

/** By force. */
export function end(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, "SIGKILL");
  } catch {
    // It has gone.
  }
}
