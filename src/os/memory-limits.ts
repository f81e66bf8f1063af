// How much memory we may reserve. The runtime reserves some gigabytes of it, most of which it never uses. Asks the
// file system only, as it must be known when nothing else works.

import { readFileSync } from "node:fs";

/** Octets below which the runtime may not start: it needs 2.4 GB, and a session with its threads some more. */
export const ENOUGH = 4_000_000_000;

export interface MemoryLimit {
  /** As a shell says it. */
  readonly command: string;
  readonly of: string;
  readonly octets: number;
}

/** @returns those that there are, and that can be seen */
export function memoryLimits(): MemoryLimit[] {
  try {
    return limitsIn(readFileSync("/proc/self/limits", "latin1"));
  } catch {
    return [];
  }
}

const KINDS = [
  { command: "ulimit -v", of: "address space", line: /^Max address space +(\d+) /m },
  { command: "ulimit -d", of: "data", line: /^Max data size +(\d+) /m },
];

/** @param table as the kernel writes it */
export function limitsIn(table: string): MemoryLimit[] {
  return KINDS.flatMap(({ command, of, line }) => {
    const soft = line.exec(table)?.[1];
    return soft === undefined ? [] : [{ command, of, octets: Number(soft) }];
  });
}
