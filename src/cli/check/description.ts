// The policy in effect, in plain words: rows of a subject and a sentence. Knows what options mean to an
// administrator; judges nothing.

import type { ServerPlan } from "../../run.ts";
import type { Values } from "../settings.ts";
import type { People } from "./people.ts";
import type { Person } from "./rights.ts";

export type Row = readonly [subject: string, sentence: string];

export function describe(
  protocol: string,
  values: Values,
  plan: ServerPlan,
  people: People,
  hostname: string,
): Row[] {
  const own = { smtp: smtpRows, pop3: pop3Rows, line: lineRows }[protocol] ?? (() => []);
  return [
    ["server", serverSentence(plan, people)],
    ["wrapper", wrapperSentence(people)],
    ["name", `${hostname}, in greetings and replies`],
    ...own(values),
    ["limits", limitsSentence(values)],
    ["time", timeSentence(values)],
    ["log", logSentence(values)],
  ];
}

function serverSentence(plan: ServerPlan, { server }: People): string {
  if ("argv" in plan)
    return `${plan.argv.join(" ")}, started for each connection, as ${server === null ? "whoever starts us" : person(server)}`;
  const places = plan.destinations.map(
    ({ host, port, weight }) => `${host}:${port}${weight === 1 ? "" : ` (weight ${weight})`}`,
  );
  return `over TCP, ${places.length === 1 ? "" : "the first that answers of "}${places.join(", ")}`;
}

function wrapperSentence({ wrapper }: People): string {
  return wrapper === null
    ? "stays whoever starts it; started as root it refuses to run"
    : `becomes ${person(wrapper)}; it has to be started as root`;
}

function person({ name, uid, gid }: Person): string {
  return `${name} (uid ${uid}, gid ${gid})`;
}

// ------------------------------------------------------------------ SMTP

function smtpRows(values: Values): Row[] {
  return [
    ["accepts", `recipients ${[...list(values, "relay-domain").map(domain), "without a domain"].join(", ")}`],
    ["relays", relaySentence(values)],
    ["else", "any other recipient is refused: 550, rule relay"],
    ...refusals(values).map((sentence): Row => ["refuses", sentence]),
    ["offers", offerSentence(values)],
  ];
}

function domain(entry: string): string {
  return entry.startsWith(".") ? `in subdomains of ${entry.slice(1)}` : `in ${entry}`;
}

function relaySentence(values: Values): string {
  const whom = [
    ...some(values, "relay-ip", (all) => `clients in ${all}`),
    ...some(values, "relay-sender-domain", (all) => `whoever says the sender is in ${all}`),
    ...(values.auth === "pass" ? ["clients the server has authenticated"] : []),
  ];
  return whom.length === 0 ? "for nobody" : `to anywhere for ${whom.join("; for ")}`;
}

function refusals(values: Values): string[] {
  const { "bare-newline": bareNewline, "long-text": longText, "early-talker": early } = values;
  const resolver = values.resolver === null ? "the system's name server" : String(values.resolver);
  return [
    ...some(values, "block-ip", (all) => `clients in ${all}: 554, rule block-ip`),
    ...some(
      values,
      "dnsbl",
      (all) => `clients that ${all} lists (asked of ${resolver}): 550 at MAIL, rule dnsbl`,
    ),
    ...some(
      values,
      "block-address",
      (all) => `senders and recipients that match ${all}: 550, rule block-address`,
    ),
    ...some(values, "block-body", (all) => `messages that match ${all}: 550`),
    `NUL in a message; bare CR or LF ${bareNewline === "reject" ? "too" : "is made CRLF instead"}`,
    ...(longText === "reject" ? ["message lines over 1000 octets"] : []),
    ...(early === "refuse" ? ["clients that talk before they are greeted: 554"] : []),
  ];
}

function offerSentence(values: Values): string {
  const extensions =
    values.ehlo === "esmtp" ? "the server's extensions that are safe" : "no extensions (HELO)";
  const auth = values.auth === "pass" ? "AUTH, by the server" : "no AUTH";
  return `${extensions}; ${auth}; VRFY is answered ${values.vrfy}`;
}

// ------------------------------------------------------------------ the others

function pop3Rows(values: Values): Row[] {
  const attempts = number(values, "max-login-attempts");
  const end = attempts === 0 ? "never ends the session" : `ends the session the ${ordinal(attempts)} time`;
  const delay = number(values, "login-delay");
  const wait = delay === 0 ? "at once" : `after ${delay} s, doubled each time up to 30`;
  const sasl = values.auth === "pass" ? "AUTH by the server, too" : "no AUTH";
  return [
    ["logins", `USER and PASS, APOP where the server has it; ${sasl}`],
    ["failures", `a wrong password is answered ${wait}, and ${end}`],
  ];
}

function ordinal(count: number): string {
  return `${count}${["th", "st", "nd", "rd"][count % 100 > 10 && count % 100 < 14 ? 0 : count % 10] ?? "th"}`;
}

function lineRows(values: Values): Row[] {
  return [["last line", `${values["final-line"] === "drop" ? "dropped" : "forwarded"} if it has no end`]];
}

// ------------------------------------------------------------------ every protocol

const TOO_LONG = { refuse: "is refused", truncate: "is cut", drop: "is dropped", close: "ends the session" };

function limitsSentence(values: Values): string {
  const fate = TOO_LONG[values["on-long-line"] as keyof typeof TOO_LONG];
  return [
    limit(values, "max-line-length", `octets a line (a longer one ${fate})`),
    limit(values, "max-errors", "refused commands"),
    limit(values, "max-recipients", "recipients a message"),
    limit(values, "max-message-size", "octets a message"),
  ]
    .flat()
    .join(", ");
}

function timeSentence(values: Values): string {
  return [
    time(values, "idle-timeout", "the client's next line"),
    time(values, "server-timeout", "the server's reply"),
    time(values, "session-timeout", "the session"),
  ].join(", ");
}

function time(values: Values, option: string, what: string): string {
  const seconds = number(values, option);
  return `${seconds === 0 ? "any time" : `${seconds} s`} for ${what}`;
}

function limit(values: Values, option: string, unit: string): string[] {
  if (values[option] === undefined) return [];
  const value = number(values, option);
  return [`${value === 0 ? "any number of" : value} ${unit}`];
}

function logSentence(values: Values): string {
  const what = [
    "our own faults",
    "refusals and ends of sessions",
    "connections",
    "every command",
    "every line",
    "everything",
  ][number(values, "log-level")];
  const target =
    values.log === "auto"
      ? "standard error if it is not the client's, else the local syslog"
      : String(values.log);
  return `to ${target}, up to level ${number(values, "log-level")} (${what}), as ${values["log-format"]}`;
}

function some(values: Values, option: string, sentence: (all: string) => string): string[] {
  const entries = list(values, option);
  return entries.length === 0 ? [] : [sentence(entries.join(" or "))];
}

function list(values: Values, option: string): readonly string[] {
  return (values[option] ?? []) as readonly string[];
}

function number(values: Values, option: string): number {
  return values[option] as number;
}
