// Knows what a process of the test runner does for the coverage: it loads the pure floors counting, draws the
// same at random each time, and leaves its counts in the directory it was given. It must not know which tests run, nor what the counts mean.

import { afterAll } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { plugin } from "bun";
import fc from "fast-check";
import { isPure } from "../checking/floors.ts";
import { instrumented, reached } from "./instrument.ts";

const REPOSITORY = resolve(import.meta.dir, "../..");

plugin({
  name: "coverage",
  setup: (build) => {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const name = relative(REPOSITORY, path);
      return { contents: isPure(name) ? instrumented(name, source).code : source, loader: "ts" };
    });
  },
});

fc.configureGlobal({ seed: 1 });

afterAll(() => {
  writeFileSync(join(process.env.COVERAGE_COUNTS!, `${process.pid}.json`), JSON.stringify(reached()));
});
