// The SMTP command line: its verb, and the table of what never reaches the server whatever the state (rules A1).
// Knows verbs, the fixed answer to each, and what of a line the log may show; not states, not what the
// commands that are forwarded mean.

import type { Refusal } from "../refusal.ts";
import { showAuth } from "../sasl.ts";
import * as replies from "./replies.ts";

export interface FixedRefusal extends Refusal {
  /** What follows cannot be read as commands, or is an attack: the session ends. */
  readonly close?: true;
}

const PROBE: FixedRefusal = { reply: replies.NOT_IMPLEMENTED, rule: "probe" };
const OBSOLETE: FixedRefusal = { reply: replies.NOT_IMPLEMENTED, rule: "obsolete" };
const QUEUE_RUN: FixedRefusal = { reply: replies.NOT_IMPLEMENTED, rule: "queue-run" };
const TRUST: FixedRefusal = { reply: replies.NOT_IMPLEMENTED, rule: "trust" };
const COUNTED: FixedRefusal = { reply: replies.NOT_IMPLEMENTED, rule: "counted-octets", close: true };
const FOREIGN: FixedRefusal = { reply: replies.NOT_SMTP, rule: "foreign-protocol", close: true };

const REFUSED: Readonly<Record<string, FixedRefusal>> = {
  EXPN: PROBE,
  HELP: PROBE,
  // RFC 5321 appendix F
  SAML: OBSOLETE,
  SEND: OBSOLETE,
  SOML: OBSOLETE,
  TURN: OBSOLETE,
  // RFC 1985, RFC 2645
  ATRN: QUEUE_RUN,
  ETRN: QUEUE_RUN,
  // RFC 3030: n octets follow that are no lines; reading them as commands would be smuggling made easy
  BDAT: COUNTED,
  BURL: TRUST,
  DEBUG: TRUST,
  ONEX: TRUST,
  VERB: TRUST,
  WIZ: TRUST,
  XCLIENT: TRUST,
  XEXCH50: TRUST,
  XFORWARD: TRUST,
  // A browser that was made to talk to us (Postfix: smtpd_forbidden_commands)
  CONNECT: FOREIGN,
  DELETE: FOREIGN,
  GET: FOREIGN,
  HEAD: FOREIGN,
  OPTIONS: FOREIGN,
  PATCH: FOREIGN,
  POST: FOREIGN,
  PUT: FOREIGN,
  TRACE: FOREIGN,
};

/**
 * A line's verb, in upper case, and its argument. Blanks between them and at the end are tolerated (RFC 5321
 * section 4.1.1).
 */
export function split(text: string): { verb: string; argument: string } {
  const end = text.indexOf(" ");
  if (end < 0) return { verb: text.toUpperCase(), argument: "" };
  let from = end;
  let to = text.length;
  while (text[from] === " ") from++;
  while (to > from && text[to - 1] === " ") to--;
  return { verb: text.slice(0, end).toUpperCase(), argument: text.slice(from, to) };
}

/** @param verb upper case */
export function refusalOf(verb: string): FixedRefusal | null {
  if (Object.hasOwn(REFUSED, verb)) return REFUSED[verb]!;
  // "Host: a", "Subject:b": lines of another protocol, or of a message whose DATA was refused.
  return /^[A-Z0-9-]+:/.test(verb) ? FOREIGN : null;
}

/** The verbs that are not refused whatever the state. */
const COMMANDS: ReadonlySet<string> = new Set([
  ...["EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "VRFY", "STARTTLS"],
]);

/**
 * A line as the log may show it; undefined when it may be anything: a password, too, from a client that goes
 * on with its login although AUTH was refused.
 * @param verb upper case @param argument what follows it @param text the whole line
 */
export function showLine(verb: string, argument: string, text: string): string | undefined {
  if (verb === "AUTH") return `AUTH ${showAuth(argument)}`.trimEnd();
  if (COMMANDS.has(verb)) return text;
  if (!Object.hasOwn(REFUSED, verb)) return undefined;
  // A browser's request has cookies and tokens in it.
  return REFUSED[verb] === FOREIGN ? `${verb} ***` : text;
}
