// XCLIENT, by which a server hears whom we speak for: the form that Dovecot's logins share (no RFC; rules H; SMTP's is
// Postfix's), and what is told of a server that was to hear and did not. Knows no protocol.

import type { Entry } from "../record/entry.ts";
import type { Doubt, Setup } from "./protocol.ts";

export const XCLIENT = "XCLIENT";

/**
 * The command, with its line end. It knows no word for a client that is not known: that one gets the address that means
 * none (RFC 1122 §3.2.1.3), and never ours. A port that is none it refuses, and is not told.
 */
export function writeXclient({
  clientAddress,
  clientPort,
}: Pick<Setup, "clientAddress" | "clientPort">): string {
  const port = (clientPort ?? 0) === 0 ? "" : ` PORT=${clientPort}`;
  return `${XCLIENT} ADDR=${clientAddress ?? "0.0.0.0"}${port}\r\n`;
}

/** It does not offer to hear it: it is dealt with as without --xclient. */
export const XCLIENT_MISSING: Entry = { level: 1, event: "xclient", fields: { state: "missing" } };

/** @param said what it answered: it must never go on with us in the client's place */
export function xclientRefused(said: string): Entry {
  return { level: 1, event: "xclient", fields: { state: "refused", said } };
}

/** The same, found before there is a session. */
export const XCLIENT_DOUBT: Doubt = [
  "--xclient",
  "a server does not offer XCLIENT to this host: it takes every client for us, in its rules, limits, log and traces",
];
