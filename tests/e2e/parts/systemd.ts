// Knows systemd-analyze, which reads units without a systemd that runs; and strace, for what a unit's sandbox
// would have to let through.

import { readFileSync } from "node:fs";
import { ending, run } from "./process.ts";
import type { Scratch } from "./scratch.ts";

/** Asked by a shell, which does not mind when there is none. */
const asked = Bun.spawnSync(["/bin/sh", "-c", "systemd-analyze --version"], { stderr: "ignore" });
export const systemdVersion = /\d+/.exec(asked.stdout.toString())?.[0];

/** What it has to say against these units, and its exit code. */
export async function verified(scratch: Scratch, units: readonly string[]): Promise<string> {
  const outcome = await run(scratch, ["systemd-analyze", "verify", "--man=no", ...units]);
  return outcome.stdout.toString() + ending(outcome);
}

/** The exposure it computes, from 0 to 10. */
export async function exposure(scratch: Scratch, unit: string): Promise<string> {
  const argv = ["systemd-analyze", "security", "--offline=true", "--no-pager", unit];
  const { stdout } = await run(scratch, argv);
  return /Overall exposure level for \S+: ([\d.]+)/.exec(stdout.toString())?.[1] ?? stdout.toString();
}

/** The system calls in a set as SystemCallFilter= names it, sets within it included. */
export async function callsOf(scratch: Scratch, sets: readonly string[]): Promise<Set<string>> {
  const calls = new Set<string>();
  for (const name of sets) {
    if (!name.startsWith("@")) calls.add(name);
    else {
      const { stdout } = await run(scratch, ["systemd-analyze", "syscall-filter", "--no-pager", name]);
      const words = [...stdout.toString().matchAll(/^ +([@\w-]+)$/gm)].map(([, word]) => word!);
      for (const call of await callsOf(scratch, words)) calls.add(call);
    }
  }
  return calls;
}

export interface Needed {
  readonly calls: string[];
  readonly families: string[];
  /** Files that were opened to be written, made, removed or renamed. */
  readonly written: string[];
}

export interface Observed {
  readonly argv: readonly string[];
  needed(): Needed;
}

/** The same command under strace, with all it starts. */
export function observed(scratch: Scratch, argv: readonly string[]): Observed {
  const file = `${scratch.path}/strace.out`;
  return {
    argv: ["strace", "-f", "-qq", "-s", "256", "-e", "signal=none", "-o", file, ...argv],
    needed: () => {
      const text = readFileSync(file, "latin1");
      const all = (pattern: RegExp) =>
        [...new Set([...text.matchAll(pattern)].map(([, found]) => found!))].sort();
      const opened =
        /^\d+ +open(?:at)?\((?:AT_FDCWD, )?"([^"]+)", [A-Z_|]*O_(?:WRONLY|RDWR|CREAT)\b.* = \d+/gm;
      const changed =
        /^\d+ +(?:mkdir|unlink|rename|link|symlink|chmod|chown)(?:at)?\((?:AT_FDCWD, )?"([^"]+)".* = 0/gm;
      return {
        calls: all(/^\d+ +(\w+)\(/gm),
        families: all(/^\d+ +socket\((AF_\w+)/gm),
        written: [...all(opened), ...all(changed)],
      };
    },
  };
}
