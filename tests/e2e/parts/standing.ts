// Knows how to start the program as a listener, what processes that makes, and how to end it.

import { readdirSync, readFileSync } from "node:fs";
import { type Conversation, dial } from "./conversation.ts";
import { until, within } from "./deadline.ts";
import { root } from "./missing.ts";
import { freePort, listening } from "./port.ts";
import type { Scratch } from "./scratch.ts";
import { protowrap } from "./wrapper.ts";

/** Takes mail, and tells in a file what became of it: whole, half (the end of its input came first), or ended. */
export function mailStub(scratch: Scratch): string[] {
  const script = `
trap 'echo ended >>$0/fate; exit 1' TERM
say() { printf '%s\\r\\n' "$1"; }
say '220 x'
while read -r line; do
  case $line in
    QUIT*) say '221 x'; exit ;;
    DATA*)
      say '354 x'; dot=
      while read -r text; do [ "\${#text}" = 2 ] && [ "\${text%?}" = . ] && dot=yes && break; done
      [ "$dot" ] || { echo half >>$0/fate; exit; }
      echo whole >>$0/fate; say '250 2.0.0 taken' ;;
    *) say '250 2.0.0 fine' ;;
  esac
done`;
  return ["/bin/sh", "-c", script, scratch.path];
}

export interface StandingPlan {
  readonly protocol?: string;
  readonly options?: readonly string[];
  /** The server's command line, or --connect. */
  readonly server?: readonly string[];
  /** Started by another user than root, who keeps what he has. */
  readonly unprivileged?: boolean;
  /** In front of the program: something that passes a socket, for example. */
  readonly by?: (port: number) => readonly string[];
  readonly listens?: (port: number) => readonly string[];
}

/** In front of a command: it runs without any privilege. */
export const UNPRIVILEGED = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

export class Standing implements AsyncDisposable {
  readonly port: number;
  readonly #scratch: Scratch;
  readonly #child: Bun.Subprocess;

  private constructor(scratch: Scratch, port: number, child: Bun.Subprocess) {
    this.port = port;
    this.#scratch = scratch;
    this.#child = child;
  }

  /** @returns once clients are accepted */
  static async start(scratch: Scratch, plan: StandingPlan = {}): Promise<Standing> {
    const standing = await Standing.launch(scratch, plan);
    await until("a listener", () => standing.#isUp(), 15_000);
    return standing;
  }

  static async launch(scratch: Scratch, plan: StandingPlan = {}, known?: number): Promise<Standing> {
    const port = known ?? (await freePort());
    const { protocol = "smtp", options = [], server = ["--", ...mailStub(scratch)] } = plan;
    const asRoot = root.there && plan.unprivileged !== true;
    Bun.spawnSync(["chmod", "-R", "a+rwX", scratch.path]);
    const argv = [
      ...(root.there && !asRoot ? UNPRIVILEGED : []),
      ...(plan.by?.(port) ?? []),
      ...[protowrap, protocol, ...(plan.listens?.(port) ?? ["--listen", `127.0.0.1:${port}`])],
      ...(asRoot ? ["--user", "nobody", "--server-user", "daemon"] : []),
      ...(protocol === "smtp" ? ["--relay-domain", "kit.test"] : []),
      ...[...(options.includes("--log") ? [] : ["--log", `file:${scratch.path}/log`]), ...options, ...server],
    ];
    const child = Bun.spawn(argv, {
      ...{ cwd: scratch.path, env: scratch.env, stdin: "ignore", stdout: "ignore" },
      stderr: Bun.file(`${scratch.path}/stderr`),
      detached: true,
    });
    return new Standing(scratch, port, child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get log(): string {
    return read(`${this.#scratch.path}/log`);
  }

  /** What the mail stub tells. */
  get fates(): string[] {
    return read(`${this.#scratch.path}/fate`)
      .split("\n")
      .filter((line) => line !== "");
  }

  dial(from?: string): Promise<Conversation> {
    return dial(this.port, { reads: true, ...(from === undefined ? {} : { from }) });
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

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async exit(ms = 12_000): Promise<number | string> {
    await within(ms, "end of the listener", this.#child.exited);
    return this.#child.signalCode ?? this.#child.exitCode ?? -1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const workers = [...this.workers, ...this.names];
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    for (const pid of workers) kill(pid, "SIGKILL");
  }

  #isUp(): true | undefined {
    if (this.#child.exitCode !== null)
      throw new Error(
        `ended with ${this.#child.exitCode}: ${this.log}${read(`${this.#scratch.path}/stderr`)}`,
      );
    return listening(this.port) && /event=worker state=ready|"event":"worker","state":"ready"/.test(this.log)
      ? true
      : undefined;
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

export function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => new RegExp(`^PPid:\t${parent}$`, "m").test(read(`/proc/${pid}/status`)) && isAlive(pid));
}

export function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`);
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
