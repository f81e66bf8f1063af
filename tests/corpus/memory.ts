// The memory one process takes, watched from outside while it lives. Knows /proc only.

import { readFileSync } from "node:fs";

const INTERVAL_MS = 20;

export class MemoryWatch {
  /** The highest resident size so far, file-backed pages included. */
  peakKiB = 0;
  /** The highest private (anonymous) resident size seen at any sample. */
  privateKiB = 0;

  readonly #path: string;
  readonly #timer: Timer;

  constructor(pid: number) {
    this.#path = `/proc/${pid}/status`;
    this.#timer = setInterval(() => this.sample(), INTERVAL_MS);
  }

  sample(): void {
    let status: string;
    try {
      status = readFileSync(this.#path, "latin1");
    } catch {
      return; // gone already
    }
    this.peakKiB = Math.max(this.peakKiB, field(status, "VmHWM"));
    this.privateKiB = Math.max(this.privateKiB, field(status, "RssAnon"));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+([0-9]+) kB`, "m").exec(status)?.[1] ?? 0);
}
