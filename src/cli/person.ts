// What the commands that a person runs by hand have in common: help, errors and output on a terminal or into
// a pipe. Knows no option and no protocol.

import { EXIT, type ExitCode } from "../exit.ts";
import { expected, UsageError } from "../options/usage.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { PROTOCOLS } from "../protocols/registry.ts";
import { SessionFault } from "../session/fault.ts";
import { exitCodeOf } from "./failure.ts";
import { isProtocol, protocolOf } from "./protocol.ts";

/**
 * Runs a command's work, and tells what is wrong with the command line.
 * @param argv what follows the command's name
 */
export async function attend(
  command: string,
  argv: readonly string[],
  work: () => Promise<ExitCode>,
): Promise<ExitCode> {
  const own = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  try {
    if (!own.includes("--help")) return await work();
    const { helpText } = await import("./help.ts");
    const [protocol = ""] = argv;
    await print([await helpText(isProtocol(protocol) ? protocol : null, command)]);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof SessionFault)) throw error;
    process.stderr.write(`protowrap: ${error.message}\n`);
    return exitCodeOf(error);
  }
}

/** With all it says of itself. @throws UsageError when there is no such protocol */
export async function namedProtocol(command: string, name: string): Promise<AnyProtocol> {
  const known = [...Object.keys(PROTOCOLS), "the path of a module"];
  if (!isProtocol(name)) throw expected(command, known.join(", "), name);
  const protocol = await protocolOf(name);
  return { ...protocol, ...(await PROTOCOLS[name]?.words?.()) };
}

/** Writes lines to standard output, whole before the process ends; a reader that has gone is no fault. */
export async function print(lines: readonly string[]): Promise<void> {
  const text = lines.map((line) => `${line}\n`).join("");
  await new Promise<void>((resolve) => {
    process.stdout.on("error", () => resolve());
    process.stdout.write(text, () => resolve());
  });
}
