// Knows strace, and which of a program's look-ups in the file system depend on the directory it was started in.

import { readFileSync } from "node:fs";
import { type RunOptions, run } from "./process.ts";
import type { Scratch } from "./scratch.ts";

export interface Trace {
  readonly code: number;
  /** How many calls that name a file were seen at all: a trace without any proves nothing. */
  readonly calls: number;
  /** The calls that named something relative, or something inside the directory. */
  readonly local: string[];
}

export async function trace(scratch: Scratch, argv: readonly string[], options: RunOptions): Promise<Trace> {
  const log = `${scratch.path}/strace.out`;
  const strace = ["strace", "-f", "-qq", "-s", "4096", "-e", "trace=%file", "-e", "signal=none", "-o", log];
  const { code } = await run(scratch, [...strace, ...argv], options);
  const lines = readFileSync(log, "latin1").split("\n");
  const calls = lines.filter((line) => /^\d+ +\w+\(/.test(line));
  return {
    code,
    calls: calls.length,
    local: calls.filter((line) => isLocal(line, options.cwd ?? scratch.path)),
  };
}

function isLocal(line: string, directory: string): boolean {
  const [, call = "", rest = ""] = /^\d+ +(\w+)\((.*)$/.exec(line) ?? [];
  if (call === "getcwd") return false; // asks where it is, reads nothing there
  const [, at, path] = /^(?:(AT_FDCWD|\d+), )?"([^"]*)"/.exec(rest) ?? [];
  if (path === undefined) return false;
  if (path.startsWith("/")) return path === directory || path.startsWith(`${directory}/`);
  // Relative to an open directory is not relative to here; an empty path is the descriptor itself.
  return path !== "" && (at === undefined || at === "AT_FDCWD");
}
