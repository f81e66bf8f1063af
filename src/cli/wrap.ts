// `protowrap <protocol> [options] -- SERVER`: from argv to a run, and from what went wrong to an exit code
// and the one line a client is told. Nothing goes to standard error that might be the client's.

import { readFileSync, writeSync } from "node:fs";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Entry } from "../log/entry.ts";
import { formatText } from "../log/format.ts";
import { openTarget, type Target, type WriteLine } from "../log/target.ts";
import { type Identity, identityOf, isRoot, PrivilegeError } from "../os/identity.ts";
import { isatty } from "../os/libc.ts";
import { type Connection, connectionOf } from "../os/peer.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { PROTOCOLS } from "../protocols/registry.ts";
import { isDomain } from "../protocols/smtp/domain.ts";
import { run } from "../run.ts";
import type { SessionLimits } from "../session.ts";
import { encode } from "../wire/latin1.ts";
import { parse } from "./parse.ts";
import { settingsFor, type Values } from "./settings.ts";
import { expected, UsageError } from "./usage.ts";

/**
 * @param command a registered protocol, or the path of a module that exports one
 * @param stderrIsOurs descriptor 2 is not the client's
 */
export async function wrap(
  command: string,
  argv: readonly string[],
  stderrIsOurs: boolean,
): Promise<ExitCode> {
  let protocol: Protocol<object> | null = null;
  let hostname = hostName();
  let log: (entry: Entry) => void = () => {};
  try {
    protocol = await protocolOf(command);
    const { name } = protocol;
    const { values, server } = parse(name, argv);
    if (values.hostname !== null) hostname = checkedHostname(String(values.hostname));
    const connection = connectionOf(0, process.env);
    log = logger(values, name, connection, stderrIsOurs);
    const identities = identitiesFor(values);
    const { settings, prepare } = await settingsFor(name, values, connection.client.address);
    const limits = limitsFrom(values);
    return await run({ protocol, limits, settings, prepare, server, hostname, connection, identities, log });
  } catch (error) {
    log({ level: 0, event: "fault", fields: { error: String(error) } });
    return fail(error, protocol?.unavailable(hostname) ?? "", stderrIsOurs);
  }
}

async function protocolOf(command: string): Promise<Protocol<object>> {
  const load = PROTOCOLS[command];
  if (load !== undefined) return (await load()) as Protocol<object>;
  const { outside } = await import("./outside.ts");
  return outside(command);
}

function limitsFrom(values: Values): SessionLimits {
  return {
    maxErrors: values["max-errors"] as number,
    idleTimeout: values["idle-timeout"] as number,
    sessionTimeout: values["session-timeout"] as number,
    serverTimeout: values["server-timeout"] as number,
  };
}

/** Tells the client once, the administrator once, and the caller by the exit code. */
function fail(error: unknown, lastWords: string, stderrIsOurs: boolean): ExitCode {
  // A person at a terminal is no client.
  if (!isatty(0)) writeLastWords(lastWords);
  if (stderrIsOurs) console.error(`protowrap: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof PrivilegeError) return EXIT.privileges;
  return EXIT.software;
}

function writeLastWords(text: string): void {
  try {
    writeSync(1, encode(text));
  } catch {
    // The client is gone; it will not miss it.
  }
}

function logger(
  values: Values,
  name: string,
  { client }: Connection,
  stderrIsOurs: boolean,
): (entry: Entry) => void {
  const target = checkedTarget(String(values.log));
  const level = values["log-level"] as number;
  if (level > 5) throw expected("--log-level", "0 to 5", String(level));
  const write = named("--log", () => openTarget(target, stderrIsOurs));
  if (write === null) return () => {};
  const context = {
    protocol: name,
    session: `${Date.now().toString(36)}.${process.pid}`,
    client: client.address === null ? "unknown" : `${bracketed(client.address)}:${client.port ?? 0}`,
  };
  return (entry) => {
    if (entry.level <= level) write(formatText(entry, context));
  };
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function checkedTarget(text: string): Target {
  if (text === "auto" || text === "stderr" || text === "none") return text;
  if (text.startsWith("file:/")) return text as Target;
  throw expected("--log", "stderr, file:/PATH, none or auto", text);
}

function named(option: string, open: () => WriteLine | null): WriteLine | null {
  try {
    return open();
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
}

function identitiesFor(values: Values): { wrapper: Identity; server: Identity } | null {
  const user = values.user as string | null;
  const serverUser = values["server-user"] as string | null;
  const group = values.group as string | null;
  if (!isRoot()) {
    if (user !== null || serverUser !== null)
      throw new PrivilegeError("--user and --server-user: only root can become somebody else");
    return null;
  }
  if (user === null)
    throw new PrivilegeError("started as root: --user is needed, the wrapper never stays root");
  const wrapper = identityOf(user, group);
  if (wrapper.uid === 0) throw new PrivilegeError("--user: root is allowed for --server-user only");
  return { wrapper, server: serverUser === null ? wrapper : identityOf(serverUser, null) };
}

/** The host's own name, or one that is grammatical anyway. */
function hostName(): string {
  const name = readFileSync("/proc/sys/kernel/hostname", "latin1").trim();
  return isDomain(name) ? name : "localhost";
}

function checkedHostname(name: string): string {
  if (!isDomain(name)) throw expected("--hostname", "a domain name", name);
  return name;
}
