// The options of the log: from their values to a log of one session, whose every line tells whose it is.
// Knows notations and names; the places are in ../log.

import { LogCap } from "../log/cap.ts";
import type { Entry } from "../log/entry.ts";
import { type Context, formatJson, formatText } from "../log/format.ts";
import { FACILITY } from "../log/header.ts";
import type { Message } from "../log/sink.ts";
import { automatic, openTarget, type Target } from "../log/target.ts";
import type { RunOptions } from "../options/run.ts";
import { expected, UsageError } from "../options/usage.ts";
import type { Endpoint } from "../os/peer.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";

export interface Log {
  /** Never throws, never waits. */
  readonly write: (entry: Entry) => void;
  /** Resolves when all is delivered, or after a second. */
  readonly flush: () => Promise<void>;
}

const SILENT: Log = { write: () => {}, flush: async () => {} };

type LogOptions = Pick<RunOptions, "log" | "logLevel" | "logName" | "logFormat">;

/** Where it goes when the command line could not be read: what it says about the log is not known then. */
const UNREAD: LogOptions = { log: "auto", logLevel: 2, logName: null, logFormat: "text" };

const TARGETS = "stderr, none, auto, file:/PATH, unix:/PATH, syslog://HOST:PORT or syslog+tcp://HOST:PORT";

/** Where an option was said, as an error names it. */
type Where = (option: string) => string;

/** @throws UsageError, also for a file that cannot be opened */
export async function openLog(
  options: LogOptions,
  { name: protocol, facility = "daemon" }: Pick<AnyProtocol, "name" | "facility">,
  client: Endpoint,
  stderrIsOurs: boolean,
  where: Where = (option) => `--${option}`,
): Promise<Log> {
  const target = parseTarget(options.log, stderrIsOurs, where("log"));
  const name = parseName(options.logName, protocol, where("log-name"));
  const isJson = options.logFormat === "json";
  const context: Context = {
    session: `${Date.now().toString(36)}.${process.pid}`,
    client: client.address === null ? "unknown" : `${bracketed(client.address)}:${client.port ?? 0}`,
    protocol,
  };

  const message = (entry: Entry): Message => {
    const at = new Date();
    const self = { time: at.toISOString(), name, pid: process.pid };
    const line = isJson ? formatJson(entry, { ...self, ...context }) : formatText(entry, context);
    return { level: entry.level, line, at };
  };
  const lostLine = (lines: number) => message({ level: 0, event: "log-lost", fields: { lines } });
  const place = { facility: FACILITY[facility], tag: `${name}[${process.pid}]`, inLine: isJson };

  const sink = await openTarget(target, place, process.env.JOURNAL_STREAM, lostLine).catch((error) => {
    throw new UsageError(`${where("log")}: ${(error as Error).message}`);
  });
  if (sink === null) return SILENT;
  const cap = new LogCap();
  return {
    write: (entry) => {
      if (entry.level > options.logLevel) return;
      const admitted = cap.admit(entry, () => message(entry).line.length);
      if (admitted !== null) sink.write(message(admitted));
    },
    flush: () => sink.flush(),
  };
}

/** For a start that failed before its log was open. */
export function openEmergencyLog(
  protocol: AnyProtocol | null,
  client: Endpoint,
  stderrIsOurs: boolean,
): Promise<Log> {
  return openLog(UNREAD, protocol ?? { name: "" }, client, stderrIsOurs);
}

/** @throws UsageError */
export function parseTarget(text: string, stderrIsOurs: boolean, where = "--log"): Target {
  if (text === "auto") return automatic(stderrIsOurs);
  if (text === "stderr") return { to: stderrIsOurs ? "stderr" : "none" };
  if (text === "none") return { to: "none" };
  const path = /^(file|unix):(\/.*)$/s.exec(text);
  if (path !== null) return { to: path[1] as "file" | "unix", path: path[2]! };
  const server = /^syslog(\+tcp)?:\/\/(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+)):([0-9]{1,5})\/?$/.exec(text);
  const port = Number(server?.[4]);
  if (server === null || port < 1 || port > 65535) throw expected(where, TARGETS, text);
  return { to: "syslog", transport: server[1] ? "tcp" : "udp", host: (server[2] ?? server[3])!, port };
}

/** A syslog ends the name at the first character it does not know (RFC 3164 section 4.1.3: 32 at most). */
function parseName(given: string | null, protocol: string, where: string): string {
  if (given === null) return `protowrap-${protocol}`.replace(/[^\w.-]/g, "_").slice(0, 32);
  if (!/^[\w.-]{1,32}$/.test(given)) throw expected(where, "1 to 32 of A-Z a-z 0-9 . _ -", given);
  return given;
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
