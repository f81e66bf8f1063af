// A status line of the server (RFC 1939 section 3): which kind it is, and how it may reach a client.
// Knows nothing of what it answers.

export type Status = "ok" | "err" | "challenge";

/** Octets with CRLF a client must be able to take (RFC 2449 section 4). */
const MOST = 512;

/** Null for what is no status line. "+ " is a challenge, legal in a SASL exchange only (RFC 5034 section 4). */
export function statusOf(text: string): Status | null {
  if (/^\+OK(?![A-Za-z0-9])/.test(text)) return "ok";
  if (/^-ERR(?![A-Za-z0-9])/.test(text)) return "err";
  return /^\+(?: |$)/.test(text) ? "challenge" : null;
}

/** The line for the client: only printable ASCII, so that no server text can forge a reply or a terminal. */
export function writeStatus(text: string): string {
  return `${printable(text).slice(0, MOST - 2)}\r\n`;
}

/** A challenge is as long as its mechanism wants; RFC 5034 section 4 gives it a blank even when empty. */
export function writeChallenge(text: string): string {
  return `+ ${printable(text.slice(2))}\r\n`;
}

function printable(text: string): string {
  return text.replace(/[^ -~]/g, "?");
}
