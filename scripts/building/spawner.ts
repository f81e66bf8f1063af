// Knows what of execa a session needs: to start one program on descriptors that are open already, and to be
// told of its end. The rest (streams, pipes between processes, transforms, messages, templates, the
// synchronous half, talk about what it does) would be evaluated before every greeting all the same, because
// execa's modules import each other: 4 ms, and 1.5 MiB for as long as the session lasts. Whatever of it were
// called after all throws and says so; that nothing is, the tests of the built executable show.

import { join } from "node:path";
import type { BunPlugin } from "bun";

/** The packages execa is made of. */
const PACKAGES = [
  "execa",
  "@sindresorhus/merge-streams",
  "cross-spawn",
  "figures",
  "get-stream",
  "human-signals",
  "is-plain-obj",
  "is-stream",
  "npm-run-path",
  "pretty-ms",
  "strip-final-newline",
  "yoctocolors",
];
const FILES_OF_EXECA = new RegExp(`/node_modules/(?:${PACKAGES.join("|")})/.*\\.[cm]?js$`);

/** Modules of the runtime that are dear to load, and what execa gets in their place. */
const MODULES: Readonly<Record<string, string>> = {
  child_process: `
    export { spawn } from ${JSON.stringify(join(import.meta.dir, "../../src/io/spawn.ts"))};
    export const ChildProcess = null, spawnSync = null;`,
  // The only signal that is ever looked up is the default one.
  os: "export const constants = { signals: { SIGTERM: 15 } };",
  // The only path that is ever resolved is "/".
  path: "export default { resolve: String };",
  stream: "export const Duplex = null, Readable = null, Writable = null;",
  "stream/promises": "export const finished = null;",
  string_decoder: "export const StringDecoder = null;",
  "timers/promises": "export const scheduler = null, setImmediate = null, setTimeout = null;",
  tty: "export default null;",
  url: "export const fileURLToPath = null;",
  // What passes through it here is text already.
  util: `
    export const inspect = String, stripVTControlCharacters = String;
    export const debuglog = () => ({ enabled: false });
    export const aborted = null, callbackify = null, promisify = null;`,
  v8: "export const serialize = null;",
};

/** Files of execa and what stands in their place; null for those that are imported and never called. */
const FILES: Readonly<Record<string, string | null>> = {
  "execa/index": `
    import { createExeca } from "./lib/methods/create.js";
    export const execa = createExeca(() => ({}));`,
  "execa/lib/methods/main-sync": null,
  "execa/lib/methods/node": "export const handleNodeOption = (...given) => given;",
  "execa/lib/methods/template": "export const isTemplateString = () => false, parseTemplates = null;",
  "execa/lib/ipc/graceful": null,
  "execa/lib/ipc/get-each": null,
  "execa/lib/ipc/methods": "export const addIpcMethods = () => {};",
  "execa/lib/convert/add": "export const addConvertedStreams = () => {};",
  "execa/lib/pipe/setup": null,
  "execa/lib/transform/generator": null,
  "execa/lib/io/iterate": null,
  "execa/lib/io/max-buffer": null,
  "execa/lib/io/pipeline": null,
  "execa/lib/resolve/wait-stream": null,
  "execa/lib/terminate/cleanup": "export const cleanupOnExit = () => {};",
  // execa prints what it does, in colour, when NODE_DEBUG asks for it: a wrapper must not listen to that.
  "execa/lib/verbose/error": null,
  "execa/lib/verbose/ipc": null,
  "execa/lib/verbose/log": null,
  "execa/lib/verbose/output": null,
  // For errors only, and dear: an expression over all of Unicode.
  "execa/lib/arguments/escape": `
    export const escapeLines = String;
    export const joinCommand = (file, args) => {
      const command = JSON.stringify([file, ...args]);
      return { command, escapedCommand: command };
    };`,
  // Opens our own standard streams as node-style ones at load, to tell whether they were handed to a child:
  // they never are, and descriptor 0 is the client's.
  "execa/lib/utils/standard-stream": `
    export const isStandardStream = () => false;
    export const STANDARD_STREAMS = [];
    export const STANDARD_STREAMS_ALIASES = ["stdin", "stdout", "stderr"];
    export const getStreamName = (fd) => STANDARD_STREAMS_ALIASES[fd] ?? \`stdio[\${fd}]\`;`,
  // Makes a failed child of what the spawner throws, in a way that fails itself under Bun and hides the reason.
  "execa/lib/return/early-error": "export const handleEarlyError = ({ error }) => { throw error; };",
  // What it parses is the other system's.
  "cross-spawn/index": "export default { _parse: (command, args, options) => ({ command, args, options }) };",
  "npm-run-path/index": null,
  "get-stream/source/index": `
    export class MaxBufferError {}
    export const getStreamAsArray = null, getStreamAsArrayBuffer = null;
    export default null;`,
  "@sindresorhus/merge-streams/index": "export default null;",
  "pretty-ms/index": "export default String;",
  // A table of signals in words, computed at load: their names do.
  "human-signals/build/src/main": `
    export const signalsByName = new Proxy({}, { get: (_, name) => ({ description: name }) });`,
};

/** The build fails when execa has a file no more that is named above: what it held must be looked for. */
export function leanSpawner(): BunPlugin {
  return {
    name: "lean-spawner",
    setup(build) {
      const unseen = new Set(Object.keys(FILES));
      // The whole name is the path: under the bare one it would be taken for the runtime's module elsewhere.
      build.onResolve({ filter: /^instead-of:/ }, ({ path }) => ({ path, namespace: "lean-spawner" }));
      build.onLoad({ filter: /./, namespace: "lean-spawner" }, ({ path }) => ({
        contents: MODULES[path.replace("instead-of:", "")]!,
        loader: "js",
      }));
      build.onLoad({ filter: FILES_OF_EXECA }, async ({ path }) => {
        const [, file = ""] = /.*\/node_modules\/(.*)\.[cm]?js$/.exec(path) ?? [];
        unseen.delete(file);
        const given = FILES[file] === undefined ? lean : FILES[file] === null ? hollow : () => FILES[file]!;
        return { contents: given(await Bun.file(path).text()), loader: "js" };
      });
      build.onEnd(() => {
        if (unseen.size > 0) throw new Error(`execa is built without ${[...unseen].join(", ")}`);
      });
    },
  };
}

/** The same exports, each of which does nothing but complain. */
function hollow(source: string): string {
  const exported = /^export (?:const|class|(?:async )?function\*?) (\w+)/gm;
  const names = [...source.matchAll(exported)].map(([, name]) => `leftOut as ${name}`);
  return `function leftOut() { throw new Error("left out of the build"); } export { ${names.join(", ")} };`;
}

/** The same, without the dear modules of the runtime. */
function lean(source: string): string {
  return source.replace(/ from (['"])node:([\w/]+)\1/g, (whole, _, name: string) =>
    Object.hasOwn(MODULES, name) ? ` from "instead-of:${name}"` : whole,
  );
}
