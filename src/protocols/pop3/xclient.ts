// XCLIENT as Dovecot's POP3 server has it (no RFC; rules H): whether a greeting offers it, and what it says. Knows text.

import type { Setup } from "../protocol.ts";

export const XCLIENT = "XCLIENT";

/** Dovecot says so to the hosts it believes (login_trusted_networks), and to nobody else. */
export function offersXclient(greeting: string): boolean {
  return /^\+OK \[XCLIENT\](?: |$)/i.test(greeting);
}

/**
 * The command, with its line end. It knows no word for a client that is not known: that one gets the address that means
 * none (RFC 1122 §3.2.1.3), and never ours.
 */
export function writeXclient({
  clientAddress,
  clientPort,
}: Pick<Setup, "clientAddress" | "clientPort">): string {
  return `XCLIENT ADDR=${clientAddress ?? "0.0.0.0"} PORT=${clientPort ?? 0}\r\n`;
}
