// Knows one test's directory and everything that belongs to it: files and processes. A process belongs
// to it when the directory's name stands in its arguments or its environment, whatever process group,
// session or user it moved to. So nothing stays behind, and nothing else is ever touched.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./deadline.ts";

export class Scratch implements AsyncDisposable {
  readonly path: string;

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), "protowrap-e2e-"));
    chmodSync(this.path, 0o755); // servers under other users read here
  }

  /** Environment for whatever is started: marks it as ours and keeps it from the real user's settings. */
  get env(): Record<string, string> {
    return {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: this.path,
      LC_ALL: "C",
    };
  }

  file(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  directory(name: string): string {
    const path = join(this.path, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  processes(): Map<number, string> {
    const found = new Map<number, string>();
    for (const entry of readdirSync("/proc")) {
      if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
      const command = ofProcess(entry, "cmdline");
      if (command.includes(this.path) || ofProcess(entry, "environ").includes(this.path))
        found.set(Number(entry), command.replaceAll("\0", " ").trim());
    }
    return found;
  }

  /** Waits until only the given processes of this directory are left; an error names the others. */
  async quiet(except: readonly number[] = [], ms = 8_000): Promise<void> {
    const others = () => [...this.processes()].filter(([pid]) => !except.includes(pid));
    // Seen twice: in the middle of an exec a process has no command line for a moment.
    let looks = 0;
    const nobody = () => {
      looks = others().length === 0 ? looks + 1 : 0;
      return looks === 2 ? true : undefined;
    };
    try {
      await until("quiet", nobody, ms);
    } catch {
      const names = others().map(([pid, command]) => `${pid} ${command}`);
      if (names.length > 0) throw new Error(`still running after ${ms} ms:\n${names.join("\n")}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await until(`end of all processes of ${this.path}`, () => {
      const left = [...this.processes().keys()];
      for (const pid of left) kill(pid);
      return left.length === 0 ? true : undefined;
    });
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Empty when the process is gone, a zombie, or not ours to look at. */
function ofProcess(pid: string, file: "cmdline" | "environ"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone by itself in the meantime.
  }
}
