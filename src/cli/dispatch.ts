// From the first word of argv to the command that it is, and to its exit code. A wrapped session is the hot path: it loads nothing that help, the embedded server
// or the commands of a person need.

import { EXIT } from "../exit.ts";
import { takePassedClient } from "../os/situation.ts";
import { protectStderr } from "../os/stderr.ts";
import { KEEPER, NAMES, SCRAPER, WORKER } from "../serve/argument.ts";
import type { Command } from "./commands.ts";
import { isProtocol } from "./protocol.ts";

/** Commands a person runs, who wants to read standard error wherever it goes. */
const HUMAN: Readonly<Record<Exclude<Command, "serve" | "sink">, (argv: string[]) => Promise<number>>> = {
  check: async (argv) => (await import("./check.ts")).check(argv),
  completion: async (argv) => (await import("./completion.ts")).completion(argv),
  config: async (argv) => (await import("./config.ts")).config(argv),
  demo: async (argv) => (await import("./demo.ts")).demo(argv),
  explain: async (argv) => (await import("./explain.ts")).explain(argv),
};

export async function dispatch(argv: string[]): Promise<number> {
  const [command = "", ...rest] = argv;
  if (command === WORKER) return (await import("./worker.ts")).worker();
  if (command === SCRAPER) return (await import("./scraper.ts")).scraper();
  if (command === NAMES) return (await import("./worker.ts")).names();
  if (command === KEEPER) return (await import("./keeper.ts")).keeper();
  if (Object.hasOwn(HUMAN, command)) return HUMAN[command as keyof typeof HUMAN](rest);

  takePassedClient(process.env, process.pid);
  const stderrIsOurs = protectStderr();
  const fault = (error: unknown) => {
    if (stderrIsOurs) console.error(`protowrap: internal error: ${String(error)}`);
    process.exit(EXIT.software);
  };
  process.on("uncaughtException", fault);
  process.on("unhandledRejection", fault);

  if (command === "serve") return (await import("./serve.ts")).serve(rest, stderrIsOurs);
  if (command === "sink") return (await import("./sink.ts")).sink(rest);
  const asksHelp = rest.slice(0, rest.includes("--") ? rest.indexOf("--") : undefined).includes("--help");
  if (!isProtocol(command) || asksHelp) return (await import("./help.ts")).help(argv, stderrIsOurs);
  return (await import("./wrap.ts")).wrap(command, rest, stderrIsOurs);
}
