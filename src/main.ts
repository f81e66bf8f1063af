// argv in, exit code out. A wrapped session is the hot path: it loads nothing that help, the embedded server
// or the commands of a person need.

import { isProtocol } from "./cli/protocol.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { takePassedClient } from "./os/situation.ts";
import { protectStderr } from "./os/stderr.ts";

/** Commands a person runs, who wants to read standard error wherever it goes. */
const HUMAN: Readonly<Record<string, (argv: string[]) => Promise<number>>> = {
  check: async (argv) => (await import("./cli/check.ts")).check(argv),
  demo: async (argv) => (await import("./cli/demo.ts")).demo(argv),
  explain: async (argv) => (await import("./cli/explain.ts")).explain(argv),
};

async function main(argv: string[]): Promise<number> {
  const [command = "", ...rest] = argv;
  if (Object.hasOwn(HUMAN, command)) return HUMAN[command]!(rest);

  takePassedClient(process.env, process.pid);
  const stderrIsOurs = protectStderr();
  const fault = (error: unknown) => {
    if (stderrIsOurs) console.error(`protowrap: internal error: ${String(error)}`);
    process.exit(EXIT.software);
  };
  process.on("uncaughtException", fault);
  process.on("unhandledRejection", fault);

  if (command === "sink") return (await import("./cli/sink.ts")).sink(rest);
  const asksHelp = rest.slice(0, rest.includes("--") ? rest.indexOf("--") : undefined).includes("--help");
  if (!isProtocol(command) || asksHelp) return (await import("./cli/help.ts")).help(argv, stderrIsOurs);
  return (await import("./cli/wrap.ts")).wrap(command, rest, stderrIsOurs);
}

const code: ExitCode | number = await main(process.argv.slice(2));
process.exit(code);
