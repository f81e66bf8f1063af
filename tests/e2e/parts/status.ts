// Knows how to learn the exit codes of programs that a super-server starts, which only that one sees.

import { existsSync, readFileSync } from "node:fs";
import type { Scratch } from "./scratch.ts";

export interface Recorded {
  /** The same command, its exit code written down. */
  readonly argv: readonly string[];
  /** One for each time it ran to its end so far. */
  codes(): number[];
}

export function recorded(scratch: Scratch, argv: readonly string[]): Recorded {
  const file = `${scratch.path}/status`;
  return {
    argv: ["/bin/sh", "-c", `"$@"; echo $? >>'${file}'`, "sh", ...argv],
    codes: () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : []),
  };
}
