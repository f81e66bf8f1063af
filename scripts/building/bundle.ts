// Knows what the executable is made of. The build makes one file of it; a test makes many, to see which of
// them a session evaluates.

import { join } from "node:path";

export function bundle() {
  return {
    entrypoints: [join(import.meta.dir, "../../src/main.ts")],
    target: "bun" as const,
    format: "esm" as const,
    splitting: true, // a session reads no code of help, of the demo or of rules it has not
    minify: true,
  };
}
