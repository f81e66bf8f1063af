// Knows how to start a program, wait for its end or its port, and stop it with its whole group for sure.

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

/** Runs a program to its end. */
export async function run(
  scratch: Scratch,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const child = Bun.spawn([...argv], {
    cwd: options.cwd ?? scratch.path,
    env: { ...scratch.env, ...options.env },
    stdin: options.input ?? "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  const output = Promise.all([child.exited, child.stdout.bytes(), child.stderr.text()]);
  try {
    const [code, stdout, stderr] = await within(options.ms ?? 20_000, argv.join(" "), output);
    return { code, stdout: Buffer.from(stdout), stderr };
  } finally {
    killGroup(child.pid, "SIGKILL");
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
