// The arguments of MAIL and RCPT, parsed whole (RFC 5321 sections 4.1.1.2 and 4.1.1.3), and the refusal each
// fault of theirs earns. Knows grammar and codes; not policy, not states.

import { isBeyondAscii } from "../../wire/utf8.ts";
import type { Refusal } from "../refusal.ts";
import type { Mailbox } from "./mailbox.ts";
import { declaredSize, type Parameter, parseParameters, writeParameters } from "./parameters.ts";
import { parsePath, writePath } from "./path.ts";
import * as replies from "./replies.ts";

export interface Envelope {
  readonly verb: "MAIL" | "RCPT";
  /** Null for the null reverse-path; RCPT has always one. */
  readonly mailbox: Mailbox | null;
  /** UTF-8 may stand in it, and in what follows (RFC 6531). */
  readonly isInternational: boolean;
  readonly parameters: readonly Parameter[];
  /** RFC 1870, octets. */
  readonly declaredSize: bigint | null;
}

/** Its keyword in the reply to EHLO, and its parameter of MAIL. */
const UTF8 = "SMTPUTF8";

const PREFIX = { MAIL: /^FROM: */i, RCPT: /^TO: */i };

/**
 * @param offered the extensions in our own EHLO reply
 * @param isInternational of a recipient: the sender's command said so
 */
export function parseEnvelope(
  verb: "MAIL" | "RCPT",
  argument: string,
  offered: ReadonlySet<string>,
  isInternational = offered.has(UTF8),
): Envelope | Refusal {
  const prefix = PREFIX[verb].exec(argument);
  if (prefix === null) return { reply: replies.BAD_ARGUMENT, rule: "syntax" };
  const path = parsePath(argument, prefix[0].length, isInternational);
  if ("fault" in path) return pathFault(verb, path.fault);
  if (!isAllowed(verb, path.mailbox)) return pathFault(verb, "syntax");
  const parsed = parseParameters(verb, argument.slice(path.next), offered);
  if ("fault" in parsed)
    return parsed.fault === "unknown"
      ? { reply: replies.UNKNOWN_PARAMETER, rule: "parameter" }
      : { reply: replies.BAD_ARGUMENT, rule: "syntax" };
  const saysSo =
    verb === "RCPT" ? isInternational : parsed.parameters.some(({ keyword }) => keyword === UTF8);
  if (!saysSo && isBeyondAscii(argument)) return pathFault(verb, "not-ascii");
  const size = declaredSize(parsed.parameters);
  return { verb, mailbox: path.mailbox, isInternational: saysSo, ...parsed, declaredSize: size };
}

/**
 * The command for the server, written from what was parsed: never the client's octets.
 * @param hidden a parameter the server did not offer
 */
export function writeEnvelope(envelope: Envelope, hidden: string | null): string {
  const prefix = envelope.verb === "MAIL" ? "MAIL FROM:" : "RCPT TO:";
  const parameters = envelope.parameters.filter(({ keyword }) => keyword !== hidden);
  return `${prefix}${writePath(envelope.mailbox)}${writeParameters(parameters)}\r\n`;
}

/**
 * `<>` is a sender only. A name without domain is a recipient only: RFC 5321 section 4.1.1.3 has
 * `<postmaster>`, and local servers know others; a sender nobody could answer to is of no use.
 */
function isAllowed(verb: "MAIL" | "RCPT", mailbox: Mailbox | null): boolean {
  return verb === "MAIL" ? mailbox === null || mailbox.domain !== null : mailbox !== null;
}

function pathFault(verb: "MAIL" | "RCPT", fault: "no-bracket" | "route" | "not-ascii" | "syntax"): Refusal {
  switch (fault) {
    case "no-bracket":
      return { reply: replies.BAD_ARGUMENT, rule: "syntax" };
    case "route":
      return {
        reply: verb === "MAIL" ? replies.SENDER_ROUTE : replies.RECIPIENT_ROUTE,
        rule: "source-route",
      };
    case "not-ascii":
      return { reply: replies.NOT_ASCII, rule: "not-ascii" };
    case "syntax":
      return { reply: verb === "MAIL" ? replies.BAD_SENDER : replies.BAD_RECIPIENT, rule: "syntax" };
  }
}
