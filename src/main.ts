// argv in, exit code out. Imports nothing that can fail: where the runtime cannot do what all of us is built
// on, the first line of ours must run all the same, or the runtime shows our source to the client. Where it cannot
// even start, for want of memory it may reserve, the executable ends before it (scripts/building/entry.ts).

import type { dispatch } from "./cli/dispatch.ts";

async function main(argv: string[]): Promise<number> {
  let command: { readonly dispatch: typeof dispatch };
  try {
    command = await import("./cli/dispatch.ts");
  } catch (reason) {
    return (await import("./cli/unable.ts")).unable(argv, reason);
  }
  return command.dispatch(argv);
}

process.exit(await main(process.argv.slice(2)));
