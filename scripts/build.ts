// Makes one executable, Bun and all. Nothing is read from the directory it is started in: no .env,
// bunfig.toml, tsconfig.json or package.json, which an attacker might have written.

import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { outfile: { type: "string", default: "dist/protowrap" } } });

/**
 * execa can print what it does, in colour, when NODE_DEBUG asks for it. A wrapper must not listen to that
 * variable, and a session should not pay for it: what only the printing needs (the terminal layer among it,
 * 2 ms before every greeting) is left out of the executable.
 */
const PRINTING: Readonly<Record<string, string>> = {
  figures: "export default {};",
  "pretty-ms": "export default String;",
  yoctocolors: "export const bold = String, gray = String, redBright = String, yellowBright = String;",
};

const result = await Bun.build({
  entrypoints: ["src/main.ts"],
  format: "esm",
  minify: true,
  bytecode: true,
  compile: {
    outfile: values.outfile,
    autoloadDotenv: false,
    autoloadBunfig: false,
    autoloadTsconfig: false,
    autoloadPackageJson: false,
  },
  plugins: [
    {
      name: "leave-printing-out",
      setup(build) {
        build.onResolve({ filter: /^(?:figures|pretty-ms|yoctocolors)$/ }, ({ path }) => ({
          path,
          namespace: "printing",
        }));
        build.onLoad({ filter: /./, namespace: "printing" }, ({ path }) => ({
          contents: PRINTING[path]!,
          loader: "js",
        }));
      },
    },
  ],
});
for (const log of result.logs) console.error(log);
process.exit(result.success ? 0 : 1);
