// Knows what a test needs from the machine, and what happens without it: under CI the test fails, elsewhere
// it is skipped under a name that says what is missing. It never passes unrun.

import { test } from "bun:test";
import { existsSync } from "node:fs";
import { protowrap } from "./wrapper.ts";

export interface Need {
  readonly name: string;
  readonly there: boolean;
}

export const root: Need = { name: "root", there: process.getuid?.() === 0 };
export const built: Need = { name: protowrap, there: existsSync(protowrap) };

/** Whether we may mount: a file in the place of one of the machine's, for one program. */
export const mounts: Need = { name: "mounting", there: Bun.spawnSync(["unshare", "-m", "true"]).success };

export function program(name: string): Need {
  return { name, there: Bun.which(name, { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" }) !== null };
}

/** A program of a package that is only unpacked, because it cannot be installed beside the others. */
export function unpacked(packageName: string, path: string): Need & { readonly path: string } {
  const full = `/opt/protowrap-tests/${packageName}/${path}`;
  return { name: packageName, there: existsSync(full), path: full };
}

/** An option of the built program, which an older one may not have. */
export function option(protocol: string, name: string): Need {
  const help = built.there ? Bun.spawnSync([protowrap, protocol, "--help"]).stdout.toString() : "";
  return { name: `--${name}`, there: help.includes(` --${name} `) };
}

export function user(name: string): Need {
  return { name: `user ${name}`, there: Bun.spawnSync(["id", name]).success };
}

const strict = ["true", "1"].includes(process.env.CI ?? "");

/** A test that needs parts of the machine. The time limit is for the whole test, all waits inside are shorter. */
export function part(name: string, needs: readonly Need[], body: () => Promise<void>, ms = 30_000): void {
  add(test, name, needs, body, ms);
}

/** The same for one that mostly waits: it runs beside its neighbours of this kind. */
export function waiting(name: string, needs: readonly Need[], body: () => Promise<void>, ms = 60_000): void {
  add(test.concurrent, name, needs, body, ms);
}

function add(
  run: (name: string, body: () => Promise<void>, ms: number) => unknown,
  name: string,
  needs: readonly Need[],
  body: () => Promise<void>,
  ms: number,
): void {
  const missing = [...new Set(needs.filter((need) => !need.there).map((need) => need.name))];
  if (missing.length === 0) {
    run(name, body, ms);
  } else if (strict) {
    test(name, () => {
      throw new Error(`missing: ${missing.join(", ")} (scripts/setup-tests and scripts/build provide)`);
    });
  } else {
    test.skip(`${name} [missing: ${missing.join(", ")}]`, body);
  }
}
