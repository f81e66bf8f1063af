// How much address space we may have. The runtime reserves some gigabytes of it, most of which it never uses.
// Asks the file system only, as it must be known when nothing else works.

import { readFileSync } from "node:fs";

/** Octets below which the runtime may not start: it needs 2.4 GB, and a session with its threads some more. */
export const ENOUGH = 4_000_000_000;

/** @returns null when there is no limit, or none can be seen */
export function addressSpaceLimit(): number | null {
  try {
    const soft = /^Max address space +(\d+) /m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}
