// --help, --version and a command nobody knows: by yargs, from the one table of options. Never loaded by a
// session.

import yargs from "yargs";
import manifest from "../../package.json" with { type: "json" };
import { EXIT } from "../exit.ts";
import { PROTOCOLS } from "../protocols/registry.ts";
import { COMMAND_OPTIONS, OPTIONS, type Option } from "./options.ts";
import { nearest } from "./usage.ts";

const USAGE = `protowrap <protocol> [options] -- SERVER [ARG...]
protowrap check <protocol> [options] [-- SERVER [ARG...]]
protowrap explain <protocol> [options] < TRANSCRIPT
protowrap sink smtp|pop3 --maildir DIR
protowrap demo [--once]

Protocols: ${Object.keys(PROTOCOLS).join(", ")}, or the path of a module.

Stands between the network and a line-oriented server: reads the client on standard input and output, runs SERVER through pipes, and lets through only what it has parsed, allowed and re-written.`;

const COMMANDS = [...Object.keys(COMMAND_OPTIONS), "sink", "demo"];

/** @returns 0 when help or the version was asked for, 64 for anything else */
export async function help(argv: readonly string[], stderrIsOurs: boolean): Promise<number> {
  const [command = ""] = argv;
  if (command === "--version" || command === "-V") {
    console.log(manifest.version);
    return EXIT.ok;
  }
  if (command === "--help" || command === "-h" || argv.includes("--help")) {
    console.log(await helpText(Object.hasOwn(PROTOCOLS, command) ? command : null));
    return EXIT.ok;
  }
  const known = [...Object.keys(PROTOCOLS), ...COMMANDS];
  const near = nearest(command, known);
  const hint = near === null || command === "" ? "" : `; expected perhaps ${near}`;
  const what = command === "" ? "no protocol given" : `unknown protocol ${JSON.stringify(command)}`;
  if (stderrIsOurs)
    console.error(`protowrap: ${what}${hint || `; expected ${known.join(", ")}`}\nTry protowrap --help`);
  return EXIT.usage;
}

/**
 * @param protocol only its options; all of them when null
 * @param command only the options of that one among the commands that have some; of all of them without
 */
export async function helpText(protocol: string | null, command?: string): Promise<string> {
  const parser = yargs([])
    .usage(USAGE)
    .version(false)
    .help(false)
    .wrap(100)
    .parserConfiguration({ "camel-case-expansion": false });
  const own = Object.entries(COMMAND_OPTIONS).filter(([name]) => command === undefined || name === command);
  const all: readonly Option[] = [...own.flatMap(([, options]) => options), ...OPTIONS];
  for (const option of all) {
    if (protocol !== null && option.for !== undefined && !option.for.includes(protocol)) continue;
    parser.option(option.name, {
      group: `${option.group}:`,
      describe: option.help + defaultText(option),
      type: option.list ? "array" : option.takes.kind === "flag" ? "boolean" : "string",
      ...(option.takes.kind === "choice" ? { choices: option.takes.of } : {}),
    });
  }
  return parser
    .option("help", {
      type: "boolean",
      group: "Other:",
      describe: "this text; after a protocol, its options only",
    })
    .option("version", { type: "boolean", group: "Other:", describe: "print the version" })
    .epilogue("See protowrap(8).")
    .getHelp();
}

function defaultText({ default: preset }: Option): string {
  if (preset === undefined) return "";
  if (typeof preset === "string") return ` [default: ${preset}]`;
  const each = Object.entries(preset).map(([protocol, value]) => `${protocol} ${value}`);
  return ` [default: ${each.join(", ")}]`;
}
