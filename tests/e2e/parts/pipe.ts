// Knows the barest of all callers: a program with pipes on 0, 1 and 2, and nobody's address.

import { spawn } from "node:child_process";
import { Conversation } from "./conversation.ts";
import { within } from "./deadline.ts";
import type { Scratch } from "./scratch.ts";

export interface Pipe extends AsyncDisposable {
  readonly pid: number;
  readonly talk: Conversation;
  /** What came out of fd 2 so far. */
  stderr(): string;
  exitCode(): Promise<number | null>;
}

export function pipe(scratch: Scratch, argv: readonly string[], cwd = scratch.path): Pipe {
  const [program, ...args] = argv;
  const child = spawn(program!, args, { cwd, env: scratch.env, detached: true });
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", (code) => resolve(code));
  });
  closed.catch(() => {}); // whoever asks for the exit code gets the error
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaints += chunk.toString("latin1");
  });
  const talk = new Conversation(child.stdout, child.stdin, () => {
    child.stdin.destroy();
    child.stdout.destroy();
  });
  return {
    pid: child.pid ?? 0,
    talk,
    stderr: () => complaints,
    exitCode: () => within(10_000, `end of ${argv.join(" ")}`, closed),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
    },
  };
}
