// Knows how to start a program, wait for its end or its port, and stop it with its whole group for sure.

import { constants } from "node:os";
import { execa } from "execa";
import { until, within } from "./deadline.ts";
import { listening } from "./port.ts";
import type { Scratch } from "./scratch.ts";

export interface Outcome {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** For one comparison that shows in a failure what the program complained about. */
export function ending({ code, stderr }: Outcome): string {
  return `${stderr}exit ${code}`;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: Uint8Array;
  readonly ms?: number;
}

/** A program that a signal ended: as a shell and the runtime tell it, this and the signal's number. */
const SHELL_SIGNAL = 128;

/** Runs a program to its end. */
export async function run(
  scratch: Scratch,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const [program, ...args] = argv;
  const child = execa(program!, args, {
    cwd: options.cwd ?? scratch.path,
    env: { ...scratch.env, ...options.env },
    extendEnv: false,
    stripFinalNewline: false,
    encoding: "buffer",
    maxBuffer: Number.POSITIVE_INFINITY,
    reject: false,
    detached: true,
    ...(options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
  });
  try {
    const { exitCode, signal, stdout, stderr } = await within(options.ms ?? 20_000, argv.join(" "), child);
    const code = exitCode ?? SHELL_SIGNAL + (constants.signals[signal as NodeJS.Signals] ?? 0);
    return { code, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr).toString() };
  } finally {
    if (child.pid !== undefined) killGroup(child.pid, "SIGKILL");
  }
}

export class Service implements AsyncDisposable {
  readonly pid: number;
  readonly #child: Bun.Subprocess;

  constructor(scratch: Scratch, argv: readonly string[]) {
    this.#child = Bun.spawn([...argv], {
      cwd: scratch.path,
      env: scratch.env,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
      detached: true,
    });
    this.pid = this.#child.pid;
  }

  async listens(port: number): Promise<void> {
    await until(`a listener on port ${port}`, () => {
      if (this.#child.exitCode !== null)
        throw new Error(`ended with ${this.#child.exitCode} before it listened`);
      return listening(port) ? true : undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    killGroup(this.pid, "SIGTERM");
    await Promise.race([this.#child.exited, Bun.sleep(500)]);
    killGroup(this.pid, "SIGKILL");
    await within(2_000, `end of process ${this.pid}`, this.#child.exited);
  }
}

function killGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // The group is empty already.
  }
}
