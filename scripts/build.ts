// Makes one executable, Bun and all. Nothing is read from the directory it is started in: no .env,
// bunfig.toml, tsconfig.json or package.json, which an attacker might have written.

import { parseArgs } from "node:util";
import { bundle } from "./building/bundle.ts";

const { values } = parseArgs({ options: { outfile: { type: "string", default: "dist/protowrap" } } });

const result = await Bun.build({
  ...bundle(),
  bytecode: true,
  compile: {
    outfile: values.outfile,
    autoloadDotenv: false,
    autoloadBunfig: false,
    autoloadTsconfig: false,
    autoloadPackageJson: false,
    // A short session runs everything once: compiling it costs 2 ms and pays nothing (see io/pump.ts).
    jitPolicy: 100,
  },
});
for (const log of result.logs) console.error(log);
process.exit(result.success ? 0 : 1);
