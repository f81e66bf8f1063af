// The SMTP command table for what never reaches the server whatever the state (rules A1).
// Knows verbs and the fixed answer to each; not states, not the commands that are forwarded.

import * as replies from "./replies.ts";

export interface Refusal {
  readonly reply: string;
  readonly rule: string;
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
  // "Host:", "Subject:": lines of another protocol, or of a message whose DATA was refused.
  return /^[A-Z0-9-]+:$/.test(verb) ? FOREIGN : null;
}
