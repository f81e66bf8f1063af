// Knows a supervisor that a test has started: what it and its servers tell, which processes it has, and how to end it.

import { readdirSync, readFileSync } from "node:fs";
import { within } from "./deadline.ts";
import type { Scratch } from "./scratch.ts";

export class Supervised implements AsyncDisposable {
  protected readonly scratch: Scratch;
  readonly #child: Bun.Subprocess;

  protected constructor(scratch: Scratch, child: Bun.Subprocess) {
    this.scratch = scratch;
    this.#child = child;
  }

  /** @param argv its log is `log` in the scratch @returns the process, which belongs to the scratch */
  protected static spawn(
    scratch: Scratch,
    argv: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Bun.Subprocess {
    return Bun.spawn([...argv], {
      ...{ cwd: scratch.path, env: { ...scratch.env, ...env }, stdin: "ignore", stdout: "ignore" },
      stderr: Bun.file(`${scratch.path}/stderr`),
      detached: true,
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  get log(): string {
    return read(`${this.scratch.path}/log`);
  }

  get stderr(): string {
    return read(`${this.scratch.path}/stderr`);
  }

  /** What the mail stub tells. */
  get fates(): string[] {
    return read(`${this.scratch.path}/fate`)
      .split("\n")
      .filter((line) => line !== "");
  }

  get workers(): number[] {
    return childrenOf(this.pid).filter((pid) => commandOf(pid).startsWith("protowrap-worker"));
  }

  get servers(): number[] {
    return childrenOf(this.pid).filter((pid) => !commandOf(pid).startsWith("protowrap-"));
  }

  /** Those that ask lists for workers. */
  get names(): number[] {
    return childrenOf(this.pid).filter((pid) => commandOf(pid).startsWith("protowrap-names"));
  }

  /** Those that answer Prometheus. */
  get scrapers(): number[] {
    return childrenOf(this.pid).filter((pid) => commandOf(pid).startsWith("protowrap-scraper"));
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async exit(ms = 12_000): Promise<number | string> {
    await within(ms, "end of the listener", this.#child.exited);
    return this.#child.signalCode ?? this.#child.exitCode ?? -1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const workers = [...this.workers, ...this.names, ...this.scrapers];
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    for (const pid of workers) kill(pid, "SIGKILL");
  }

  /** @throws when it has ended already */
  protected isStanding(): void {
    if (this.#child.exitCode !== null)
      throw new Error(`ended with ${this.#child.exitCode}: ${this.log}${this.stderr}`);
  }
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has gone.
  }
}

export function isAlive(pid: number): boolean {
  return !/^State:\tZ/m.test(read(`/proc/${pid}/status`) || "State:\tZ");
}

/** How many descriptors a process has. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Processor time that a process alone has taken; the kernel counts in tens. */
export function cpuMilliseconds(pid: number): number {
  const fields = read(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** The user of a process. */
export function userOf(pid: number): number {
  return Number(/^Uid:\t(\d+)\t\1\t\1\t/m.exec(read(`/proc/${pid}/status`))?.[1] ?? -1);
}

function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => new RegExp(`^PPid:\t${parent}$`, "m").test(read(`/proc/${pid}/status`)) && isAlive(pid));
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`);
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
