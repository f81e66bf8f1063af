// The place where servers run for the tests: stubs that an unprivileged user can read, and records that it can write.
// Knows files and rights; it knows no protocol and no wrapper.

import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const FIXTURES = resolve(import.meta.dir, "../fixtures");

/** One record: the octets a server received, and its notes. */
export class ServerRecord {
  constructor(readonly path: string) {
    for (const file of [path, `${path}.notes`]) {
      writeFileSync(file, "");
      chmodSync(file, 0o666); // the server may run as somebody else
    }
  }

  get octets(): string {
    return readFileSync(this.path, "latin1");
  }

  get notes(): string[] {
    return readFileSync(`${this.path}.notes`, "latin1").split("\n").filter(Boolean);
  }

  /** The processes that were servers here. */
  get pids(): number[] {
    return this.notes.filter((note) => note.startsWith("pid ")).map((note) => Number(note.slice(4)));
  }
}

export class Stage {
  readonly directory: string;
  readonly #bun: string;
  readonly #stubs: string;
  #count = 0;

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), "protowrap-corpus-"));
    chmodSync(this.directory, 0o755);
    this.#bun = this.#readable(realpathSync(process.execPath), 0o755);
    this.#stubs = FIXTURES;
    if (!openToAll(join(FIXTURES, "stub.ts"))) {
      this.#stubs = this.directory;
      for (const name of readdirSync(FIXTURES)) {
        if (/^stub.*\.ts$/.test(name)) this.#readable(join(FIXTURES, name), 0o644);
      }
    }
  }

  record(): ServerRecord {
    this.#count += 1;
    return new ServerRecord(join(this.directory, `record-${this.#count}`));
  }

  /** The command line of a stub server. */
  stub(name: string, record: ServerRecord, options: object): string[] {
    return [this.#bun, join(this.#stubs, `stub-${name}.ts`), record.path, JSON.stringify(options)];
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The file itself when everybody may read it, else a copy: a clone below /root is closed to the server's user. */
  #readable(path: string, mode: number): string {
    if (openToAll(path)) return path;
    const copy = join(this.directory, path.slice(path.lastIndexOf("/") + 1));
    try {
      // The runtime is 100 MB, and a second name costs nothing where one is possible.
      if ((statSync(path).mode & 0o4) !== 0) linkSync(path, copy);
    } catch {}
    if (!existsSync(copy)) {
      copyFileSync(path, copy);
      chmodSync(copy, mode);
    }
    return copy;
  }
}

function openToAll(path: string): boolean {
  if ((statSync(path).mode & 0o4) === 0) return false;
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    if ((statSync(directory).mode & 0o5) !== 0o5) return false;
    if (directory === "/") return true;
  }
}
