// `protowrap completion SHELL`: prints the script by which a shell completes our command lines. Knows which shells
// there are; what may be completed is completion/grammar.ts, and how a shell is told so is a file for each.

import manifest from "../../package.json" with { type: "json" };
import { EXIT, type ExitCode } from "../exit.ts";
import { expected, UsageError } from "../options/usage.ts";
import { bash } from "./completion/bash.ts";
import { fish } from "./completion/fish.ts";
import { type Grammar, grammar } from "./completion/grammar.ts";
import { zsh } from "./completion/zsh.ts";
import { DEMO } from "./demo.ts";
import { print } from "./person.ts";
import { protocolTables } from "./protocol.ts";
import { CHECK_SERVE, CONFIG_SERVE, SERVE } from "./services.ts";
import { SINKS } from "./sink.ts";
import { parse, type Subcommand } from "./subcommand.ts";

export const SHELLS: Readonly<Record<string, (grammar: Grammar) => string>> = { bash, zsh, fish };

const COMPLETION: Subcommand = {
  name: "completion",
  about: "Prints the script by which a shell completes the command lines of protowrap.",
  positionals: [Object.keys(SHELLS).join("|")],
  options: {},
};

/** Runs `protowrap completion …`. */
export async function completion(argv: string[]): Promise<ExitCode> {
  try {
    const args = parse(COMPLETION, argv);
    await print([typeof args === "string" ? args.trimEnd() : await scriptFor(args.positionals[0]!)]);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`protowrap: ${error.message}\n`);
    return EXIT.usage;
  }
}

/** @throws UsageError for a shell that is none of ours */
export async function scriptFor(shell: string): Promise<string> {
  if (!Object.hasOwn(SHELLS, shell)) throw expected(COMPLETION.name, COMPLETION.positionals[0]!, shell);
  const body = SHELLS[shell]!(await wholeGrammar());
  const heading = `# Completion of protowrap ${manifest.version} for ${shell}, printed by: protowrap completion ${shell}\n`;
  // Where zsh finds it by itself, its first line says whose it is.
  return `${shell === "zsh" ? "#compdef protowrap\n" : ""}${heading}${body}`;
}

export async function wholeGrammar(): Promise<Grammar> {
  return grammar(await protocolTables(), [SERVE, CHECK_SERVE, CONFIG_SERVE, ...SINKS, DEMO, COMPLETION]);
}
