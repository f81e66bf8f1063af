// Where the demo plays: a directory of its own with the mailbox, the wrapper's log and the record of what
// the server received, and a certificate; under which user; and how this very program is started again. Knows files and users;
// knows nothing of listeners or of what is played.

import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Identity, identityOf, isRoot } from "../os/identity.ts";

/** Whom the wrapper and its server run as when root starts the demo. */
const USER = "nobody";

export type Service = "smtp" | "pop3";

export class Stage {
  readonly #directory: string;
  readonly #identity: Identity | null;
  readonly #serverProgram: readonly string[];

  constructor() {
    this.#identity = isRoot() ? identityOf(USER) : null;
    // Root's own temporary directory may be closed to everybody else.
    const parent = this.#identity === null || passable(tmpdir()) ? tmpdir() : "/tmp";
    this.#directory = mkdtempSync(join(parent, "protowrap-demo-"));
    try {
      mkdirSync(this.#played, { mode: 0o700 });
      if (this.#identity !== null) {
        chmodSync(this.#directory, 0o755);
        chownSync(this.#played, this.#identity.uid, this.#identity.gid);
      }
      this.#serverProgram = this.#reachable(program());
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** What the wrapper tells of `service`. */
  log(service: Service): string {
    return join(this.#played, `${service}.log`);
  }

  /** The octets the server of `service` received. */
  record(service: Service): string {
    return join(this.#played, `${service}.received`);
  }

  get maildir(): string {
    return join(this.#played, "Maildir");
  }

  /** Keeps a file that nobody else may read. @returns its path */
  keep(name: string, text: string): string {
    const path = join(this.#played, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /** The command line of a wrapped server. */
  command(service: Service, options: readonly string[]): string[] {
    return [
      ...program(),
      service,
      ...options,
      ...(this.#identity === null ? [] : ["--user", this.#identity.name]),
      ...["--log", `file:${this.log(service)}`, "--log-level", "4"],
      "--",
      ...this.#serverProgram,
      ...["sink", service, "--maildir", this.maildir, "--record", this.record(service)],
      ...(service === "pop3" ? ["--any-user"] : []),
    ];
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** What belongs to the user everything runs as. */
  get #played(): string {
    return join(this.#directory, "played");
  }

  /** The program as the server's user can start it: a clone in root's home is closed to everybody else. */
  #reachable(command: readonly string[]): readonly string[] {
    const [file, ...rest] = command;
    if (this.#identity === null || [file!, ...rest].every(openToAll)) return command;
    if (rest.length > 0) throw new Error(`user ${USER} cannot read ${rest[0]}: run the demo as another user`);
    const copy = join(this.#directory, "protowrap");
    copyFileSync(file!, copy, constants.COPYFILE_FICLONE);
    chmodSync(copy, 0o755);
    return [copy];
  }
}

/** This program: the compiled binary alone, or the runtime and the script it was given. */
function program(): string[] {
  return Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, Bun.main];
}

/** Whether everybody may read the file. */
function openToAll(file: string): boolean {
  return (statSync(file).mode & 0o004) !== 0 && passable(dirname(file));
}

/** Whether everybody gets through the directory and all above it. */
function passable(directory: string): boolean {
  if ((statSync(directory).mode & 0o001) === 0) return false;
  return directory === "/" || passable(dirname(directory));
}
