// Makes one executable, Bun and all. Nothing is read from the directory it is started in: no .env,
// bunfig.toml, tsconfig.json or package.json, which an attacker might have written.

import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { outfile: { type: "string", default: "dist/protowrap" } } });

/**
 * Parts of execa that a wrapper must not have or a session should not pay for, and what stands in for them.
 * Each is paid before every greeting: together they were a third of the start-up.
 */
const REPLACED: readonly { readonly filter: RegExp; readonly contents: string }[] = [
  // execa prints what it does, in colour, when NODE_DEBUG asks for it: a wrapper must not listen to that
  // variable, and the terminal layer costs 2 ms.
  { filter: /\/node_modules\/figures\//, contents: "export default {};" },
  { filter: /\/node_modules\/pretty-ms\//, contents: "export default String;" },
  {
    filter: /\/node_modules\/yoctocolors\//,
    contents: "export const bold = String, gray = String, redBright = String, yellowBright = String;",
  },
  // A table of signals in words, computed at load: their names do.
  {
    filter: /\/node_modules\/human-signals\//,
    contents: "export const signalsByName = new Proxy({}, { get: (_, name) => ({ description: name }) });",
  },
  // Opens our own standard streams as node-style ones at load, to tell whether they were handed to a child:
  // they never are, and descriptor 0 is the client's.
  {
    filter: /\/execa\/lib\/utils\/standard-stream\.js$/,
    contents: `
      export const isStandardStream = () => false;
      export const STANDARD_STREAMS = [];
      export const STANDARD_STREAMS_ALIASES = ["stdin", "stdout", "stderr"];
      export const getStreamName = (fd) => STANDARD_STREAMS_ALIASES[fd] ?? \`stdio[\${fd}]\`;`,
  },
  // Makes a failed child of what the spawner throws, in a way that fails itself under Bun and hides the reason.
  {
    filter: /\/execa\/lib\/return\/early-error\.js$/,
    contents: "export const handleEarlyError = ({ error }) => { throw error; };",
  },
];

const result = await Bun.build({
  entrypoints: ["src/main.ts"],
  format: "esm",
  splitting: true, // a session reads no code of help, of the demo or of rules it has not
  minify: true,
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
  plugins: [
    {
      name: "replace-parts-of-execa",
      setup(build) {
        for (const { filter, contents } of REPLACED)
          build.onLoad({ filter }, () => ({ contents, loader: "js" }));
      },
    },
  ],
});
for (const log of result.logs) console.error(log);
process.exit(result.success ? 0 : 1);
