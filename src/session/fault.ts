// Our own or a protocol module's mistake: never the client's, never the server's. Whoever drives the session turns
// it into a log line, 421 / -ERR and exit 70.

export class SessionFault extends Error {
  override readonly name = "SessionFault";
  /** The client can be told: it is not in the middle of an answer. */
  tellable = true;
}

/** Whatever was thrown, as a fault. */
export function faultOf(cause: unknown): SessionFault {
  return cause instanceof SessionFault ? cause : new SessionFault(String(cause), { cause });
}
