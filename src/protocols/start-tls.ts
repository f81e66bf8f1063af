// How a server is asked for TLS in front of a session, as a protocol says it: types only, between protocol.ts, where
// they are declared of a protocol, and whoever plays the dialogue.

/** The dialogue by which a server is asked for TLS, from its greeting on. */
export interface StartTls {
  /** One line of the server, without its line end. */
  serverLine(text: string): StartTlsStep;
}

/** What follows from a line of a server that is asked for TLS. Strings are as in a `Step`. */
export type StartTlsStep =
  /** The reply has more lines. */
  | "more"
  /** It agrees: what comes next is the handshake. */
  | "secure"
  /** One command, when the whole reply has been read. */
  | { readonly server: string }
  /** There is no TLS to be had of it, and nothing else is wanted: what it did, for the log. */
  | { readonly failed: string };
