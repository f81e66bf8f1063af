// Knows how a file of the pure floors is made to count what of it is reached, and under which global name.

import { createInstrumenter, type FileCoverage } from "istanbul-lib-instrument";

const VARIABLE = "__coverage__";

/** The same code, counting, and what it will count: nothing reached so far. */
export function instrumented(path: string, source: string): { code: string; unreached: FileCoverage } {
  const instrumenter = createInstrumenter({
    esModules: true,
    compact: false,
    parserPlugins: ["typescript"],
    coverageVariable: VARIABLE,
  });
  const code = instrumenter.instrumentSync(source, path);
  return { code, unreached: instrumenter.lastFileCoverage() };
}

/** What this process has reached so far, by path. */
export function reached(): Readonly<Record<string, FileCoverage>> {
  return (globalThis as { [VARIABLE]?: Record<string, FileCoverage> })[VARIABLE] ?? {};
}
