// --help, --version and a command nobody knows: by yargs, from the tables of options. Never loaded by a session.

import yargs from "yargs";
import manifest from "../../package.json" with { type: "json" };
import { EXIT, type ExitCode } from "../exit.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import { isList, type Option, type Table } from "../options/table.ts";
import { nearest, UsageError } from "../options/usage.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { PROTOCOLS } from "../protocols/registry.ts";
import { COMMAND_OPTIONS, HELP_OPTION, VERSION_OPTION } from "./command-options.ts";
import { COMMANDS } from "./commands.ts";
import { isProtocol, protocolOf, protocolTables } from "./protocol.ts";

const USAGE = `protowrap <protocol> [options] -- SERVER [ARG...]
protowrap serve --config FILE
protowrap check <protocol> [options] [-- SERVER [ARG...]]
protowrap config <protocol> [options] [-- SERVER [ARG...]]
protowrap check|config serve --config FILE
protowrap explain <protocol> [options] < TRANSCRIPT
protowrap sink smtp|pop3 --maildir DIR
protowrap demo [--once]
protowrap completion bash|zsh|fish

Protocols: ${Object.keys(PROTOCOLS).join(", ")}, or the path of a module.

Stands between the network and a line-oriented server: reads the client on standard input and output, runs SERVER through pipes, and lets through only what it has parsed, allowed and re-written.`;

/** Columns where nobody knows how many there are, and the fewest that the text can be told in. */
const COLUMNS = { usual: 80, fewest: 40 };

/** @returns 0 when help or the version was asked for, 64 for anything else */
export async function help(argv: readonly string[], stderrIsOurs: boolean): Promise<number> {
  const [command = ""] = argv;
  if (command === "--version" || command === "-V") {
    console.log(manifest.version);
    return EXIT.ok;
  }
  if (command === "--help" || command === "-h" || argv.includes("--help")) {
    return tell(isProtocol(command) ? command : null, stderrIsOurs);
  }
  const known = [...Object.keys(PROTOCOLS), ...Object.keys(COMMANDS)];
  const near = nearest(command, known);
  const hint = near === null || command === "" ? "" : `; expected perhaps ${near}`;
  const what = command === "" ? "no protocol given" : `unknown protocol ${JSON.stringify(command)}`;
  if (stderrIsOurs)
    console.error(`protowrap: ${what}${hint || `; expected ${known.join(", ")}`}\nTry protowrap --help`);
  return EXIT.usage;
}

async function tell(protocol: string | null, stderrIsOurs: boolean): Promise<ExitCode> {
  try {
    console.log(await helpText(protocol));
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    if (stderrIsOurs) console.error(`protowrap: ${error.message}`);
    return EXIT.usage;
  }
}

const EPILOGUE = `Lists of networks, domains, recipients, expressions and zones also take file:PATH, one entry a line.
See protowrap(8).`;

/**
 * @param protocol only its options, by the name or the module's path; those of all registered ones when null
 * @param command only the options of that one among the commands that have some; of all of them without
 */
export async function helpText(
  protocol: string | null,
  command?: string,
  columns: number | undefined = process.stdout.columns,
): Promise<string> {
  const parser = yargs([])
    .usage(USAGE)
    .version(false)
    .help(false)
    .wrap(Math.max(COLUMNS.fewest, columns ?? COLUMNS.usual))
    .parserConfiguration({ "camel-case-expansion": false });
  const own = Object.entries(COMMAND_OPTIONS).filter(([name]) => command === undefined || name === command);
  for (const [, table] of own) describe(parser, table, () => "");
  if (protocol === null) {
    const tables = await protocolTables();
    for (const [name, option] of Object.entries({ ...RUN_OPTIONS, ...merged(tables) }))
      describe(parser, { [name]: option }, () => allDefaults(name, option, tables));
  } else {
    const known = await protocolOf(protocol);
    const preset = (name: string, option: Option) => defaultText(presetOf(known, name) ?? option.default);
    describe(parser, { ...RUN_OPTIONS, ...known.options }, preset);
  }
  describe(parser, { ...HELP_OPTION, ...VERSION_OPTION }, () => "");
  return parser.epilogue(EPILOGUE).getHelp();
}

function describe(
  parser: ReturnType<typeof yargs>,
  table: Table,
  preset: (name: string, option: Option) => string,
): void {
  for (const [name, option] of Object.entries(table))
    parser.option(name, {
      group: `${option.group}:`,
      describe: option.help + preset(name, option),
      type: isList(option) ? "array" : option.takes.kind === "flag" ? "boolean" : "string",
      ...(option.takes.kind === "choice" ? { choices: option.takes.of } : {}),
    });
}

function merged(tables: ReadonlyMap<string, Table>): Table {
  return Object.assign({}, ...tables.values()) as Table;
}

function presetOf({ defaults = {} }: AnyProtocol, name: string): string | undefined {
  return (defaults as Readonly<Record<string, string>>)[name];
}

/** One default, or one a protocol where they differ. */
function allDefaults(name: string, option: Option, tables: ReadonlyMap<string, Table>): string {
  const each = [...tables].flatMap(([protocol, table]) =>
    table[name]?.default === undefined ? [] : [[protocol, table[name].default] as const],
  );
  if (new Set(each.map(([, preset]) => preset)).size < 2) return defaultText(option.default);
  return defaultText(each.map(([protocol, preset]) => `${protocol} ${preset}`).join(", "));
}

function defaultText(preset: string | undefined): string {
  return preset === undefined ? "" : ` [default: ${preset}]`;
}
