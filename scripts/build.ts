// Makes one executable, Bun and all. Nothing is read from the directory it is started in: no .env,
// bunfig.toml, tsconfig.json or package.json, which an attacker might have written. It is made twice: what
// the first one used in a session comes first in the second, which reads and decodes less of itself. In front of its
// runtime comes code of ours. Beside it go the types of a protocol from outside, and the example that has them.

import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "./building/bundle.ts";
import { declarations } from "./building/declarations.ts";
import { withEntry } from "./building/entry.ts";
import { profilesOf } from "./building/profile.ts";

const { values } = parseArgs({ options: { outfile: { type: "string", default: "dist/protowrap" } } });

/** @param profiles what sessions used, the most common first */
async function build(outfile: string, profiles: string[]): Promise<void> {
  const result = await Bun.build({
    ...bundle(),
    bytecode: true,
    compile: {
      outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
      // A short session runs everything once: compiling it costs 2 ms and pays nothing (see io/pump.ts).
      jitPolicy: 100,
      bytecodeOrder: profiles,
    },
  });
  for (const log of result.logs) console.error(log);
  if (!result.success) process.exit(1);
}

/** Another architecture's executable begins with the runtime: what that reserves there is not known. */
function putEntry(executable: string): void {
  if (process.arch !== "x64") return;
  const whole = `${executable}.whole`;
  const { mode } = statSync(executable);
  try {
    writeFileSync(whole, withEntry(readFileSync(executable)), { mode });
  } catch (error) {
    rmSync(executable); // nobody takes the half of it for a release
    throw error;
  }
  renameSync(whole, executable);
}

const directory = mkdtempSync(join(tmpdir(), "protowrap-build-"));
try {
  const first = join(directory, "protowrap");
  await build(first, []);
  chmodSync(directory, 0o711); // the session that is profiled runs as nobody
  const visits = join(directory, "profiles");
  mkdirSync(visits, { mode: 0o700 });
  const outfile = resolve(values.outfile);
  await build(outfile, await profilesOf(first, visits));
  putEntry(outfile);
  const release = dirname(outfile);
  writeFileSync(join(release, "protowrap-protocol.d.ts"), await declarations());
  copyFileSync(join(import.meta.dir, "../tests/examples/nntp/nntp.ts"), join(release, "nntp.ts"));
} finally {
  rmSync(directory, { recursive: true });
}
