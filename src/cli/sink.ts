// protowrap sink: the embedded server's options, and nothing of what it does with them. Loaded by this
// subcommand alone, and node:crypto only where a password file is used: a server starts for every client.

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { EXIT, type ExitCode } from "../exit.ts";
import { expected, UsageError } from "../options/usage.ts";
import { Maildir } from "../sink/maildir.ts";
import { type Login, Pop3Server } from "../sink/pop3.ts";
import type { Server } from "../sink/server.ts";
import { SmtpServer } from "../sink/smtp.ts";
import { serve } from "../sink/stdio.ts";
import { type Arguments, help, needed, type Option, parse, type Subcommand } from "./subcommand.ts";

/** Octets of a password read from stdin: more than a POP3 line carries. */
const PASSWORD = 1024;

const MAILBOX: Record<string, Option> = {
  maildir: { value: "a directory", help: "the Maildir; made if it is missing (needed)" },
  record: { value: "a file", help: "append every octet the client sends to it" },
};

const SMTP: Subcommand = {
  name: "sink smtp",
  about: "An SMTP server on stdin and stdout. Stores mail for anyone, exactly as it was sent.",
  positionals: [],
  options: MAILBOX,
};

const POP3: Subcommand = {
  name: "sink pop3",
  about: "A POP3 server on stdin and stdout. Every user reads the one Maildir.",
  positionals: [],
  options: {
    ...MAILBOX,
    passwd: { value: "a file", help: "who may log in: lines as `protowrap sink passwd` prints them" },
    "any-user": { value: null, help: "any name and any password will do: for trying out" },
  },
};

const PASSWD: Subcommand = {
  name: "sink passwd",
  about: "Reads a password from stdin and prints the user's line for --passwd.",
  positionals: ["NAME"],
  options: {},
};

export const SINKS: readonly Subcommand[] = [SMTP, POP3, PASSWD];

/** Runs `protowrap sink …`. @returns the exit code */
export async function sink(argv: string[]): Promise<ExitCode> {
  const [which, ...rest] = argv;
  try {
    switch (which) {
      case "smtp":
        return await run(SMTP, rest, smtp);
      case "pop3":
        return await run(POP3, rest, pop3);
      case "passwd":
        return await run(PASSWD, rest, passwd);
      case "--help":
        process.stdout.write(SINKS.map(help).join("\n"));
        return EXIT.ok;
      default:
        throw expected("sink", "smtp, pop3 or passwd", which ?? "");
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`protowrap: ${error.message}\n`);
    return EXIT.usage;
  }
}

/** Does the subcommand's work, or prints its help. */
async function run(
  command: Subcommand,
  argv: string[],
  work: (args: Arguments) => Promise<void>,
): Promise<ExitCode> {
  const args = parse(command, argv);
  if (typeof args === "string") process.stdout.write(args);
  else await work(args);
  return EXIT.ok;
}

async function smtp(args: Arguments): Promise<void> {
  const maildir = openMaildir(SMTP, args);
  maildir.sweep(Date.now());
  await converse(new SmtpServer(maildir, hostname()), args);
}

async function pop3(args: Arguments): Promise<void> {
  const login = await loginFrom(args);
  await converse(new Pop3Server(openMaildir(POP3, args), login), args);
}

async function passwd({ positionals }: Arguments): Promise<void> {
  const { PasswdError, passwdLine } = await import("../sink/passwd.ts");
  try {
    process.stdout.write(passwdLine(positionals[0]!, await password()));
  } catch (error) {
    if (error instanceof PasswdError) throw new UsageError(`NAME: ${error.message}`);
    throw error;
  }
}

async function converse(server: Server, { values }: Arguments): Promise<void> {
  await serve(server, values.get("record") ?? null);
}

function openMaildir(command: Subcommand, args: Arguments): Maildir {
  const directory = needed(command, args, "maildir");
  try {
    return new Maildir(directory);
  } catch (error) {
    throw expected("--maildir", `a directory that can be used (${reason(error)})`, directory);
  }
}

/** Never without a word on who may log in: neither option, or both, is an error. */
async function loginFrom({ values }: Arguments): Promise<Login> {
  const file = values.get("passwd");
  if ((file === undefined) === !values.has("any-user")) {
    const given = file === undefined ? "none" : "both";
    throw expected("--passwd, --any-user", "one of them", given);
  }
  if (file === undefined) return () => true;
  const { Passwd } = await import("../sink/passwd.ts");
  try {
    const users = new Passwd(readFileSync(file, "latin1"));
    return (name, secret) => users.verify(name, secret);
  } catch (error) {
    throw expected("--passwd", `a file of users (${reason(error)})`, file);
  }
}

/** The first line of stdin, as octets. */
async function password(): Promise<Uint8Array> {
  const octets = new Uint8Array(await Bun.stdin.arrayBuffer());
  const end = octets.indexOf(0x0a);
  const line = end < 0 ? octets : octets.subarray(0, octets[end - 1] === 0x0d ? end - 1 : end);
  if (line.length === 0 || line.length > PASSWORD) {
    throw expected("stdin", `a password of 1 to ${PASSWORD} octets`, `${line.length} octets`);
  }
  return line;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
