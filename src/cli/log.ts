// The options of the log: from their values to a log of one session, whose every line tells whose it is.
// Knows notations and names; the places are in ../log.

import { FACILITY } from "../log/header.ts";
import type { Message, Sink } from "../log/sink.ts";
import { automatic, openTarget, type Target } from "../log/target.ts";
import { RUN_OPTIONS, type RunOptions } from "../options/run.ts";
import { expected, UsageError } from "../options/usage.ts";
import type { Connection } from "../os/peer.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { BESIDE_LEVEL } from "../record/beside.ts";
import { LogCap } from "../record/cap.ts";
import type { DialectName } from "../record/dialect.ts";
import type { Entry } from "../record/entry.ts";
import { type Context, formatJson, formatText } from "../record/format.ts";
import type { Endpoint } from "../wire/addresses.ts";

export interface Log {
  /** Never throws, never waits. */
  readonly write: (entry: Entry) => void;
  /** Resolves when all is delivered, or after a second. */
  readonly flush: () => Promise<void>;
}

const SILENT: Log = { write: () => {}, flush: async () => {} };

type LogOptions = Pick<RunOptions, "log" | "logLevel" | "logName" | "logFormat" | "logDialect">;

/** What the log is told of a protocol. */
interface Named extends Pick<AnyProtocol, "facility" | "daemons"> {
  /** Null for what is told of several. */
  readonly name: string | null;
}

/** Where it goes when the command line could not be read: what it says about the log is not known then. */
const UNREAD: LogOptions = {
  ...{ log: "auto", logLevel: 2, logName: null, logFormat: "text", logDialect: "none" },
};

/** Whose session it is, and the proxy it came by. */
type Whose = Pick<Connection, "client" | "via"> & Partial<Pick<Connection, "server">>;

/** Where an option was said, as an error names it. */
type Where = (option: string) => string;

/** How lines are made, whosever they are. */
export interface LineStyle {
  /** Null for lines that are of several. */
  readonly protocol: string | null;
  readonly facility: "mail" | "daemon";
  readonly name: string;
  readonly isJson: boolean;
  /** What is told at most. */
  readonly level: number;
  /** Which of several services it is of; null for the only one. */
  readonly service: string | null;
  /** In whose words, besides our own; null for nobody's. */
  readonly dialect: { readonly name: DialectName; readonly daemons: Daemons } | null;
}

type Daemons = Readonly<Record<DialectName, string>>;

/** @throws UsageError, also for a file that cannot be opened */
export async function openLog(
  options: LogOptions,
  protocol: Named,
  connection: Whose,
  stderrIsOurs: boolean,
  where: Where = (option) => `--${option}`,
): Promise<Log> {
  const style = lineStyle(options, protocol, where);
  const sink = await openSink(options.log, style, stderrIsOurs, where);
  if (sink === null) return SILENT;
  const context = sessionContext(style, connection);
  const take = (message: Message) => sink.write(message);
  const translate = await translation(style);
  const write = sessionLines(style, context, take, translate?.(context, connection, take));
  return { write, flush: () => sink.flush() };
}

/** @throws UsageError */
export function lineStyle(
  options: LogOptions,
  { name, facility = "daemon", daemons }: Named,
  where: Where,
  service: string | null = null,
): LineStyle {
  const { logName, logFormat, logLevel: level, logDialect } = options;
  if (logDialect !== "none" && logFormat === "json")
    throw expected(
      where("log-dialect"),
      "none with --log-format json, since those lines are text",
      logDialect,
    );
  const called = { postfix: `${name}d`, dovecot: `${name}-login`, ...daemons };
  const dialect = logDialect === "none" ? null : { name: logDialect, daemons: called };
  return {
    ...{ protocol: name, facility, level, isJson: logFormat === "json", service, dialect },
    name: parseName(logName, name ?? "serve", where("log-name")),
  };
}

/** The place of the lines. @returns null for none @throws UsageError, also for a file that cannot be opened */
export async function openSink(
  log: string,
  style: LineStyle,
  stderrIsOurs: boolean,
  where: Where,
  onLost: (lines: number) => void = () => {},
): Promise<Sink | null> {
  const target = parseTarget(log, stderrIsOurs, where("log"));
  const message = messages(style, ownContext(style));
  const lostLine = (lines: number) => {
    onLost(lines);
    return message({ level: 0, event: "log-lost", fields: { lines } });
  };
  const tag = `${style.name}[${process.pid}]`;
  const place = { facility: FACILITY[style.facility], tag, inLine: style.isJson };
  return openTarget(target, place, process.env.JOURNAL_STREAM, lostLine).catch((error) => {
    throw new UsageError(`${where("log")}: ${(error as Error).message}`);
  });
}

/** What every line of a session tells first. @param id tells it from others: its process, and its number there */
export function sessionContext(style: LineStyle, { client, via }: Whose, id = `${process.pid}`): Context {
  return {
    ...{ session: `${Date.now().toString(36)}.${id}`, client: written(client) },
    ...(via === undefined ? {} : { via: written(via.client) }),
    ...ownContext(style),
  };
}

function written({ address, port }: Endpoint): string {
  return address === null ? "unknown" : `${bracketed(address)}:${port ?? 0}`;
}

/** The same of lines that are no session's. */
function ownContext({ protocol, service }: LineStyle): Context {
  return { ...(protocol === null ? {} : { protocol }), ...(service === null ? {} : { service }) };
}

/**
 * Entries to lines, as far as the level and a session's share of the log go.
 * @param beside told the same, up to a level of its own: who counts, or says it in other words
 * @returns whether it was for something
 */
export function sessionLines(
  style: LineStyle,
  context: Context,
  write: (message: Message) => void,
  beside?: (entry: Entry) => void,
  cap = new LogCap(),
): (entry: Entry) => boolean {
  const message = messages(style, context);
  const octets = (entry: Entry) => message(entry).line.length;
  const tell = (entry: Entry) => {
    if (entry.level <= style.level) write(message(entry));
    beside?.(entry);
  };
  const level = beside === undefined ? style.level : Math.max(style.level, BESIDE_LEVEL);
  return sessionEntries(level, octets, tell, cap);
}

/** Makes the lines of one session in the words of another program. */
export type Translation = (
  context: Context,
  connection: Whose,
  write: (message: Message) => void,
) => (entry: Entry) => void;

/** What makes them is loaded where they are wanted. @returns null where nobody does */
export async function translation({ dialect }: LineStyle): Promise<Translation | null> {
  if (dialect === null) return null;
  const [{ dialectOf }, { hostName }] = await Promise.all([
    import("../record/dialect.ts"),
    import("../os/libc.ts"),
  ]);
  const host = hostName().replace(/[^\w.-]/g, "") || "localhost";
  return (context, { client, server = NOWHERE }, write) => {
    const whose = { ends: { client, server }, session: String(context.session), daemons: dialect.daemons };
    const said = dialectOf(dialect.name, whose);
    const speaker = { tag: `${said.program}[${process.pid + sessions++}]`, host };
    return (entry) => {
      for (const line of said.lines(entry)) write({ level: entry.level, line, at: new Date(), speaker });
    };
  };
}

/**
 * Sessions told of. A process of theirs has one client at a time, and readers take the lines of one number for one session's:
 * the first has our own number, and each that follows the next.
 */
let sessions = 0;

const NOWHERE: Endpoint = { address: null, port: null };

/** The highest level that anybody here reads. */
export function heardLevel(level: number, dialect: RunOptions["logDialect"]): number {
  return dialect === "none" ? level : Math.max(level, BESIDE_LEVEL);
}

/** The same of lines. */
export function heardBy({ level, dialect }: LineStyle): number {
  return heardLevel(level, dialect?.name ?? "none");
}

/** Entries as far as they have a share, for whoever makes no lines of them, too. */
export function sessionEntries(
  level: number,
  octets: (entry: Entry) => number,
  write: (entry: Entry) => void,
  cap = new LogCap(),
): (entry: Entry) => boolean {
  return (entry) => {
    if (entry.level > level) return false;
    const admitted = cap.admit(entry, () => octets(entry));
    if (admitted !== null) write(admitted);
    return admitted !== null;
  };
}

/** The same for a process that lives on: what it has to tell is no session's, and has no share. */
export function ownLines(style: LineStyle, sink: Sink | null): (entry: Entry) => void {
  const message = messages(style, ownContext(style));
  return (entry) => {
    if (entry.level <= style.level) sink?.write(message(entry));
  };
}

function messages({ name, isJson }: LineStyle, context: Context): (entry: Entry) => Message {
  return (entry) => {
    const at = new Date();
    const self = { time: at.toISOString(), name, pid: process.pid };
    const line = isJson ? formatJson(entry, { ...self, ...context }) : formatText(entry, context);
    return { level: entry.level, line, at };
  };
}

/** For a start that failed before its log was open. */
export function openEmergencyLog(
  protocol: AnyProtocol | null,
  connection: Whose,
  stderrIsOurs: boolean,
): Promise<Log> {
  return openLog(UNREAD, protocol ?? { name: "" }, connection, stderrIsOurs);
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
  if (server === null || port < 1 || port > 65535) throw expected(where, targets(), text);
  return { to: "syslog", transport: server[1] ? "tcp" : "udp", host: (server[2] ?? server[3])!, port };
}

function targets(): string {
  const { forms } = RUN_OPTIONS.log.takes;
  return `${forms.slice(0, -1).join(", ")} or ${forms.at(-1)}`;
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
