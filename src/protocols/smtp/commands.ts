// The SMTP command table for what never reaches the server whatever the state (rules A1).
// Knows verbs, the fixed answer to each, and what of a line the log may show; not states, not what the
// commands that are forwarded mean.

import type { Rule } from "../../record/rules.ts";
import { showAuth } from "../sasl.ts";
import * as replies from "./replies.ts";

export interface Refusal {
  readonly reply: string;
  readonly rule: Rule;
  /** What follows cannot be read as commands, or is an attack: the session ends. */
  readonly close?: true;
}

const PROBE: Refusal = { reply: replies.NOT_IMPLEMENTED, rule: "probe" };
const OBSOLETE: Refusal = { reply: replies.NOT_IMPLEMENTED, rule: "obsolete" };
const QUEUE_RUN: Refusal = { reply: replies.NOT_IMPLEMENTED, rule: "queue-run" };
const TRUST: Refusal = { reply: replies.NOT_IMPLEMENTED, rule: "trust" };
const COUNTED: Refusal = { reply: replies.NOT_IMPLEMENTED, rule: "counted-octets", close: true };
const FOREIGN: Refusal = { reply: replies.NOT_SMTP, rule: "foreign-protocol", close: true };

const REFUSED: Readonly<Record<string, Refusal>> = {
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

/** @param verb upper case */
export function refusalOf(verb: string): Refusal | null {
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
