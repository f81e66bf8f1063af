// Knows the coverage run: which tests are asked, and how what they miss of the pure floors is told. The tests
// run with a fixed seed: what is covered must not be luck.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Glob } from "bun";
import type { FileCoverage } from "istanbul-lib-instrument";
import { isPure } from "./checking/floors.ts";
import { add, branchesOf, gapsOf, linesOf, type Total } from "./covering/gaps.ts";
import { instrumented } from "./covering/instrument.ts";

const REPOSITORY = resolve(import.meta.dir, "..");
const PRELOAD = join(import.meta.dir, "covering/preload.ts");

const TESTS = [
  "tests/session.test.ts",
  "tests/session-delay.test.ts",
  "tests/session-shutdown.test.ts",
  "tests/session",
  "tests/serve",
  "tests/conformance.test.ts",
  "tests/invariants.test.ts",
  "tests/transcripts.test.ts",
  "tests/wire",
  "tests/policy",
  "tests/options",
  "tests/protocols",
  "tests/record",
  "tests/cli/failure.test.ts",
  "tests/cli/check/description.test.ts",
  "tests/cli/check/doubts.test.ts",
  "tests/cli/check/trial.test.ts",
];

/** All but the tests that measure time: counting takes some. */
const UNTIMED = "^(?!time is linear )";

const TIMEOUT_MS = 120_000;

function pureFiles(): Map<string, FileCoverage> {
  const paths = [...new Glob("src/**/*.ts").scanSync(REPOSITORY)].filter(isPure).sort();
  const unreached = (path: string) =>
    instrumented(path, readFileSync(join(REPOSITORY, path), "utf8")).unreached;
  return new Map(paths.map((path) => [path, unreached(path)]));
}

/** Runs the tests; each process of theirs leaves its counts in the directory. */
async function run(counts: string): Promise<void> {
  const tests = Bun.spawn(
    [
      process.execPath,
      "test",
      `--preload=${PRELOAD}`,
      "--parallel=2",
      "--no-isolate",
      "--timeout=60000",
      `--test-name-pattern=${UNTIMED}`,
      "--only-failures",
      "--no-orphans",
      ...TESTS.map((path) => `./${path}`),
    ],
    {
      cwd: REPOSITORY,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH, FC_SEED: "1", FC_RUNS: "60", COVERAGE_COUNTS: counts },
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    },
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => tests.kill());
  const [, said, status] = await Promise.all([tests.stdout.text(), tests.stderr.text(), tests.exited]);
  if (status !== 0) throw new Error(`the tests failed by themselves (${status})\n${said}`);
}

function sum(totals: readonly Total[]): string {
  const covered = totals.reduce((before, total) => before + total.covered, 0);
  const all = totals.reduce((before, total) => before + total.all, 0);
  return `${covered} of ${all}`;
}

async function main(): Promise<number> {
  const counts = mkdtempSync(join(tmpdir(), "protowrap-coverage-"));
  try {
    const running = run(counts);
    const files = pureFiles();
    await running;
    for (const name of readdirSync(counts)) {
      const reached: Record<string, FileCoverage> = JSON.parse(readFileSync(join(counts, name), "utf8"));
      for (const [path, file] of Object.entries(reached)) add(files.get(path)!, file);
    }
    const each = [...files.values()];
    let missed = 0;
    for (const file of each)
      for (const { line, column, what } of gapsOf(file)) {
        console.log(`${file.path}:${line}:${column} ${what}`);
        missed++;
      }
    console.log(
      `${each.length} files, lines ${sum(each.map(linesOf))}, branches ${sum(each.map(branchesOf))}, ${missed} not covered`,
    );
    return missed > 0 ? 1 : 0;
  } finally {
    rmSync(counts, { recursive: true, force: true });
  }
}

process.exitCode = await main().catch((error: Error) => {
  console.error(`coverage: ${error.message}`);
  return 70;
});
