// Knows what the kernel says of a process's memory.

import { readFileSync } from "node:fs";

/** The most it ever held, in MiB. */
export function peakMemory(pid: number): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  if (kib === undefined) throw new Error(`process ${pid} shows no VmHWM`);
  return Number(kib) / 1024;
}
