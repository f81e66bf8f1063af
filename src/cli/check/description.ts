// The policy in effect, in plain words: rows of a subject and a sentence. Knows what the options of every run mean to
// an administrator, and the limits that protocols share; what else a protocol's own come to, the protocol says.

import { addressOf } from "../../io/tcp.ts";
import { RUN_OPTIONS, type RunOptions } from "../../options/run.ts";
import type { ServerPlan } from "../../options/server.ts";
import type { Settings } from "../../options/settings.ts";
import { camelCase, type Table } from "../../options/table.ts";
import type { AnyProtocol, Place, Row } from "../../protocols/protocol.ts";
import { writeTls } from "./destinations.ts";
import { learningRows } from "./learning.ts";
import type { People } from "./people.ts";
import type { Person } from "./rights.ts";

export function describe(
  protocol: AnyProtocol,
  settings: Settings,
  plan: ServerPlan,
  people: People,
  hostname: string,
  place: Place,
  certificates: readonly Row[],
): Row[] {
  const run = settings.read(RUN_OPTIONS);
  return [
    ...(run.listen.length === 0 ? [] : [["clients", clientsSentence(run)] as const]),
    ...(run.listen.length === 0 || run.metrics === null
      ? []
      : [["numbers", `for Prometheus at ${run.metrics}, /metrics`] as const]),
    ...(run.acceptProxy.length === 0 ? [] : [["proxies", proxiesSentence(run)] as const]),
    ["server", serverSentence(plan, people, run)],
    ...learningRows(protocol.options, settings, plan, run),
    ["wrapper", wrapperSentence(people)],
    ["name", `${hostname}, in greetings and replies`],
    ...(run.tls === "off" ? [] : [["tls", tlsSentence(run)] as const, ...certificates]),
    ...protocol.describe(settings.read, place),
    ["limits", limitsSentence(protocol.options, settings, run)],
    ["time", timeSentence(run)],
    ["log", logSentence(run)],
    ...ignored(settings),
  ];
}

/** Another command runs them. */
function ignored({ file }: Settings): Row[] {
  if (file === null || file.services.length === 0 || file.isOfService) return [];
  return [["services", `${file.services.join(", ")}: ignored here; protowrap serve runs them`]];
}

function clientsSentence({
  listen,
  maxConnections,
  maxConnectionsPerIp,
  maxConnectionRate,
}: RunOptions): string {
  const rate = maxConnectionRate === 0 ? "" : `, ${maxConnectionRate} new ones a minute`;
  const limits = `${many(maxConnections)} at a time, ${many(maxConnectionsPerIp)} of one address${rate}`;
  return `accepted on ${listen.join(", ")}: ${limits}`;
}

function proxiesSentence({ acceptProxy }: RunOptions): string {
  return `whoever comes from ${acceptProxy.join(", ")} must first say whom he speaks for, and is believed: rules, limits, server and log take that for the client`;
}

const OFFERED = {
  off: "none",
  optional: "clients may ask for it",
  required: "clients have to ask for it before all that matters",
  implicit: "from the first octet on",
} as const;
const VERSIONS = { intermediate: "TLS 1.2 and 1.3", modern: "TLS 1.3" } as const;

function tlsSentence({ tls, tlsProfile, tlsTimeout }: RunOptions): string {
  return `${OFFERED[tls]}; ${VERSIONS[tlsProfile]}; ${tlsTimeout} s for the handshake`;
}

function serverSentence(
  plan: ServerPlan,
  { server }: People,
  { listen, serverRetry }: Pick<RunOptions, "listen" | "serverRetry">,
): string {
  if ("argv" in plan)
    return `${plan.argv.join(" ")}, started for each connection, as ${server === null ? "whoever starts us" : person(server)}`;
  if ("originals" in plan)
    return `over TCP, where the client wanted to go before a firewall redirected it, in ${plan.originals.map((original) => `${original.net}${writeTls(original)}`).join(", ")}`;
  const places = plan.destinations.map(
    (destination) =>
      `${addressOf(destination)}${destination.weight === 1 ? "" : ` (weight ${destination.weight})`}${writeTls(destination)}`,
  );
  if (places.length === 1) return `over TCP, ${places[0]}`;
  return listen.length === 0
    ? `over TCP, the first that answers of ${places.join(", ")}`
    : `over TCP, clients shared by weight between ${places.join(", ")}; one that fails is left alone for ${serverRetry} s`;
}

function wrapperSentence({ wrapper }: People): string {
  return wrapper === null
    ? "stays whoever starts it; started as root it refuses to run"
    : `becomes ${person(wrapper)}; it has to be started as root`;
}

function person({ name, uid, gid }: Person): string {
  return `${name} (uid ${uid}, gid ${gid})`;
}

const TOO_LONG: Readonly<Record<string, string>> = {
  refuse: "is refused",
  truncate: "is cut",
  drop: "is dropped",
  close: "ends the session",
};

/** Limits that a protocol may have, in the words of a sentence about all of them. */
const UNITS = {
  "max-line-length": "octets a line",
  "max-recipients": "recipients a message",
  "max-message-size": "octets a message",
} as const;

function limitsSentence(table: Table, settings: Settings, { maxErrors }: RunOptions): string {
  const values: Readonly<Record<string, unknown>> = settings.read(table);
  const own = Object.entries(UNITS).filter(([name]) => Object.hasOwn(table, name));
  const told = own.map(([name, unit]) => {
    const fate = name === "max-line-length" ? TOO_LONG[String(values.onLongLine)] : undefined;
    const suffix = fate === undefined ? "" : ` (a longer one ${fate})`;
    return `${amount(Number(values[camelCase(name)]))} ${unit}${suffix}`;
  });
  told.splice(1, 0, `${amount(maxErrors)} errors`);
  return told.join(", ");
}

function many(number: number): string {
  return number === 0 ? "any number" : String(number);
}

function amount(number: number): string {
  return number === 0 ? "any number of" : String(number);
}

function timeSentence({ idleTimeout, serverTimeout, sessionTimeout }: RunOptions): string {
  return [
    time(idleTimeout, "the client's next line"),
    time(serverTimeout, "the server's reply"),
    time(sessionTimeout, "the session"),
  ].join(", ");
}

function time(seconds: number, what: string): string {
  return `${seconds === 0 ? "any time" : `${seconds} s`} for ${what}`;
}

const LEVELS = [
  "our own faults",
  "refusals and ends of sessions",
  "connections",
  "every command",
  "every line",
  "everything",
];

function logSentence({ log, logLevel, logFormat, logDialect }: RunOptions): string {
  const target = log === "auto" ? "standard error if it is not the client's, else the local syslog" : log;
  const told = `to ${target}, up to level ${logLevel} (${LEVELS[logLevel]}), as ${logFormat}`;
  return logDialect === "none" ? told : `${told}; besides, ${DIALECTS[logDialect]}${lostIn(log)}`;
}

const DIALECTS = {
  postfix: "what Postfix's smtpd would write of it",
  dovecot: "what Dovecot's login process would write of it",
} as const;

/** The journal has a unit's name in front of all that comes by its standard error. */
function lostIn(log: string): string {
  return /^(?:stderr|auto)$/.test(log)
    ? ", which nobody finds where the journal reads standard error: that needs file:, unix: or syslog:"
    : "";
}
