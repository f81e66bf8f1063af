// Knows how to put a few lines of shell before a server: it notes down the environment it was given, says
// something on its stderr, and becomes the server.

import { chownSync, readFileSync } from "node:fs";
import type { Scratch } from "./scratch.ts";
import { shellCommand } from "./shell.ts";
import { type Command, nobody } from "./wrapper.ts";

export const NOISE = "not a word of this to the client";

export interface Noting {
  readonly server: Command;
  /** Of the last start. */
  environment(): Record<string, string>;
}

export function noting(scratch: Scratch, { argv, user }: Command): Noting {
  const note = scratch.file("environment", "");
  if (process.getuid?.() === 0) chownSync(note, user === "root" ? 0 : nobody, -1);
  const text = `#!/bin/sh
cat /proc/$$/environ >${note}
echo '${NOISE}' >&2
exec ${shellCommand(argv)}
`;
  return {
    server: { argv: ["/bin/sh", scratch.file("server.sh", text)], user },
    environment: () => {
      const pairs = readFileSync(note, "latin1").split("\0").filter(Boolean);
      return Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s, 2) as [string, string]));
    },
  };
}
