// Knows a private copy of the repository in which one file at a time is wrong, and how the tests that should see
// it are run there.

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Mutant } from "./mutants.ts";

const REPOSITORY = resolve(import.meta.dir, "../..");

/** A mutant that loops is a mutant that is noticed. */
const TIMEOUT_MS = 40_000;

/** Run when the tests of a file itself saw nothing: they take longer than all of those. */
const EVERYWHERE = ["tests/invariants.test.ts", "tests/transcripts.test.ts"];

/** What is tried less often than the tests do by themselves, so that a survivor costs seconds. */
const FEWER = { FC_RUNS: "60", FC_SEED: "1", EVERY_SIZE: "3" };

/** Tests that are ever run here; the others stay out of the copy, as does the one that reads the release. */
const FAST =
  /tests\/(?:wire|protocols(?!\/module\.test)|session|policy(?!\/content)|cli\/explain)\/|tests\/(?:invariants|transcripts|cli\/check\/(?:description|doubts))\.test\.ts$/;

/** The fast tests that are about a file, the likeliest to notice first. */
function testsOf(file: string): string[] {
  if (file.startsWith("src/wire/")) return ["tests/wire", "tests/protocols/smtp"];
  if (file.startsWith("src/session/")) return ["tests/session", "tests/protocols"];
  if (file.startsWith("src/policy/")) return ["tests/policy", "tests/protocols"];
  return ["tests/protocols", "tests/cli/explain", "tests/cli/check"];
}

export class Copy {
  readonly #directory = mkdtempSync(join(tmpdir(), "protowrap-mutate-"));

  constructor() {
    for (const name of ["src", "tests", "scripts", "package.json", "tsconfig.json"])
      cpSync(join(REPOSITORY, name), join(this.#directory, name), {
        recursive: true,
        filter: (path) => !path.endsWith(".test.ts") || FAST.test(path),
      });
    symlinkSync(join(REPOSITORY, "node_modules"), join(this.#directory, "node_modules"));
  }

  /** @returns whether any test noticed, or the compiler, which is asked about survivors alone */
  async notices({ file, line, after }: Mutant): Promise<boolean> {
    const path = join(this.#directory, file);
    const source = readFileSync(path, "utf8");
    const lines = source.split("\n");
    writeFileSync(path, lines.with(line - 1, after).join("\n"));
    try {
      const survives = (await this.#passes(testsOf(file))) && (await this.#passes(EVERYWHERE));
      return !(survives && (await this.#compiles()));
    } finally {
      writeFileSync(path, source);
    }
  }

  /** Tests that fail by themselves would make every mutant look noticed. */
  async isSound(files: readonly string[]): Promise<boolean> {
    const tests = [...new Set([...files.flatMap(testsOf), ...EVERYWHERE])];
    return (await this.#passes(tests)) && (await this.#compiles());
  }

  async #compiles(): Promise<boolean> {
    return this.#succeeds([join(REPOSITORY, "node_modules/.bin/tsc"), "--noEmit"]);
  }

  async #passes(tests: readonly string[]): Promise<boolean> {
    const paths = tests.map((path) => `./${path}`);
    // A mutant that loops must not outlive us.
    const how = ["--bail=1", "--timeout=20000", "--no-orphans"];
    return this.#succeeds([process.execPath, "test", ...how, ...paths]);
  }

  async #succeeds(command: string[]): Promise<boolean> {
    const child = Bun.spawn(command, {
      cwd: this.#directory,
      stdio: ["ignore", "ignore", "ignore"],
      env: { PATH: process.env.PATH, ...FEWER },
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    return (await child.exited) === 0;
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
