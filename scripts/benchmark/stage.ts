// Knows where a run's own files lie: copies of the stub servers, and of Bun where need be, that the
// unprivileged user of the wrapped server can reach, and the file that catches what subjects complain of.
import {
  chmodSync,
  copyFileSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Protocol } from "./subjects.ts";

/** Whether every user may run this file. */
function reachable(path: string): boolean {
  if ((statSync(path).mode & 0o005) !== 0o005) return false;
  for (let at = dirname(path); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

export class Stage {
  readonly #directory = mkdtempSync(join(tmpdir(), "protowrap-bench-"));
  readonly #errorsPath = join(this.#directory, "errors");
  readonly errors = openSync(this.#errorsPath, "a");
  readonly #bun: string;
  /** A server for small SMTP sessions whose own start costs next to nothing. */
  readonly greeting: readonly string[];
  /** The same for another shell than the system's. */
  readonly greetingScript: string;

  constructor() {
    chmodSync(this.#directory, 0o755);
    const bun = realpathSync(process.execPath);
    this.#bun = reachable(bun) ? bun : this.#copy(bun, "bun");
    const servers = join(import.meta.dir, "servers");
    this.greetingScript = this.#copy(join(servers, "greeting.sh"), "greeting.sh");
    this.greeting = ["/bin/sh", this.greetingScript];
    for (const name of ["bulk.ts", "over-tcp.ts"]) this.#copy(join(servers, name), name);
  }

  /** A server that takes or gives one huge message at full speed; pop3 takes the lines and the line. */
  bulk(protocol: Protocol, ...options: string[]): string[] {
    return [this.#bun, join(this.#directory, "bulk.ts"), protocol, ...options];
  }

  /** A server for small SMTP sessions that takes any number of clients itself. */
  overTcp(port: number): string[] {
    return [this.#bun, join(this.#directory, "over-tcp.ts"), String(port)];
  }

  /** A file that a subject reads. @returns its path */
  file(name: string, content: string): string {
    const path = join(this.#directory, name);
    writeFileSync(path, content);
    return path;
  }

  /** The last line said on fd 2 since this was asked before. */
  complaint(): string {
    const text = readFileSync(this.#errorsPath, "latin1");
    ftruncateSync(this.errors, 0);
    return text.trimEnd().split("\n").at(-1) ?? "";
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #copy(from: string, name: string): string {
    const to = join(this.#directory, name);
    copyFileSync(from, to);
    chmodSync(to, 0o755);
    return to;
  }
}
