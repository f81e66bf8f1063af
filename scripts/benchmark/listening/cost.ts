// Knows what a listener takes of the machine, with all its processes, from /proc.
import { readdirSync, readFileSync } from "node:fs";

/** Seconds of processor time that a process, its children, and those of them that have gone have taken. */
export function cpuSeconds(pid: number): number {
  const after = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ");
  const own = [11, 12, 13, 14].reduce((sum, field) => sum + Number(after[field]), 0) / 100;
  return childrenOf(pid).reduce((sum, child) => sum + cpuOrNothing(child), own);
}

function cpuOrNothing(pid: number): number {
  try {
    return cpuSeconds(pid);
  } catch {
    return 0; // gone in the meantime
  }
}

export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").split(" ").filter(Boolean).map(Number),
  );
}

/** What is resident of us alone, in MiB; the server's processes are not ours. */
export function ownMebibytes(pid: number, server: readonly string[]): number {
  const served = server.join("\0");
  const own = [pid, ...childrenOf(pid)].filter((one) => !command(one).startsWith(served));
  return own.reduce((sum, one) => sum + Number(/^Pss:\s+(\d+)/m.exec(smaps(one))?.[1] ?? 0), 0) / 1024;
}

/** Private memory of a process and its children, in MiB: the server is reached over TCP. */
export function privateOf(pid: number): number {
  const shares = (one: number) => [...smaps(one).matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)];
  const all = [pid, ...childrenOf(pid)].flatMap(shares);
  return all.reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1024;
}

function command(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "latin1");
}

function smaps(pid: number): string {
  return readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
}
