// Every reply the wrapper gives on its own in SMTP, as named constants (RFC 5321 section 4.2, enhanced
// codes RFC 3463). Knows no state. Texts are fixed: nothing of the client's is ever echoed.

export const START_INPUT = "354 End data with <CR><LF>.<CR><LF>\r\n";
export const OK = "250 2.0.0 OK\r\n";

export const BAD_SYNTAX = "500 5.5.2 Command not recognised\r\n";
export const LINE_TOO_LONG = "500 5.5.2 Line too long\r\n";
export const CONTROL_OCTET = "500 5.5.2 Control character in command\r\n";

export const BAD_ARGUMENT = "501 5.5.4 Syntax error in parameters or arguments\r\n";
export const BAD_SENDER = "501 5.1.7 Bad sender address syntax\r\n";
export const BAD_RECIPIENT = "501 5.1.3 Bad recipient address syntax\r\n";
export const NOT_IMPLEMENTED = "502 5.5.1 Command not implemented\r\n";
export const BAD_SEQUENCE = "503 5.5.1 Bad sequence of commands\r\n";
export const UNKNOWN_PARAMETER = "555 5.5.4 Parameter not recognised or not implemented\r\n";
export const NO_RECIPIENTS = "554 5.5.1 No valid recipients\r\n";
export const NOT_ASCII = "553 5.6.7 Non-ASCII addresses are not supported\r\n";
export const SENDER_ROUTE = "553 5.1.7 Source routes are not accepted\r\n";
export const RECIPIENT_ROUTE = "550 5.7.1 Source routes are not accepted\r\n";

export const RELAY_DENIED = "550 5.7.1 Relaying denied\r\n";
export const NO_SUCH_RECIPIENT = "550 5.1.1 No such recipient here\r\n";
export const RECIPIENTS_UNAVAILABLE = "451 4.3.0 Recipient cannot be looked up now, try again later\r\n";
export const ADDRESS_BLOCKED = "550 5.7.1 Address blocked\r\n";
export const CLIENT_LISTED = "550 5.7.1 Client address is on a blackhole list\r\n";
export const TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients\r\n";
export const MESSAGE_TOO_BIG = "552 5.3.4 Message size exceeds limit\r\n";
export const BARE_NEWLINE = "550 5.5.2 Bare CR or LF in message not allowed\r\n";
export const NUL_IN_MESSAGE = "550 5.6.0 NUL in message not allowed\r\n";
export const TEXT_LINE_TOO_LONG = "550 5.6.0 Text line too long\r\n";
export const TOO_COSTLY = "451 4.3.0 Message content takes too long to judge\r\n";
export const CONTENT_BLOCKED = "550 5.7.1 Message content blocked\r\n";

export const CANNOT_VERIFY = "252 2.5.0 Cannot VRFY user, but will accept message and attempt delivery\r\n";

export const START_TLS = "220 2.0.0 Ready to start TLS\r\n";
export const TLS_REQUIRED = "530 5.7.0 Must issue a STARTTLS command first\r\n";
/** RFC 4954 §4 */
export const LOGIN_NEEDS_TLS = "504 5.5.4 Authentication needs TLS here\r\n";
export const BEHIND_STARTTLS = "501 5.5.4 Nothing may follow STARTTLS\r\n";

export const NO_SUCH_MECHANISM = "504 5.5.4 Authentication mechanism not supported\r\n";
export const BAD_SASL = "501 5.5.2 Cannot decode authentication data\r\n";
export const SASL_TOO_LONG = "500 5.5.6 Authentication exchange line is too long\r\n";

export const LOGIN_FAILED = "535 5.7.8 Authentication credentials invalid\r\n";
export const TOO_MANY_LOGINS = "421 4.7.0 Too many failed logins\r\n";
export const LOGIN_THROTTLED = "454 4.7.0 Too many failed logins, try again later\r\n";
export const LOGIN_UNAVAILABLE = "454 4.7.0 Temporary authentication failure\r\n";

export const CLIENT_BLOCKED = "554 5.7.1 Access denied\r\n";
export const SYNCHRONIZATION = "554 5.5.0 SMTP protocol synchronization error\r\n";
export const NOT_SMTP = "421 4.7.0 This is an SMTP server\r\n";
export const TOO_MANY_ERRORS = "421 4.7.0 Too many errors\r\n";
export const TOO_MUCH_DATA = "421 4.7.0 Too much data\r\n";

export const greeting = (hostname: string) => `220 ${hostname} ESMTP\r\n`;
export const bye = (hostname: string) => `221 2.0.0 ${hostname} closing connection\r\n`;
export const unavailable = (hostname: string) =>
  `421 4.3.0 ${hostname} Service not available, closing transmission channel\r\n`;
export const shutdown = (hostname: string) => `421 4.3.2 ${hostname} Service shutting down\r\n`;
export const timedOut = (hostname: string) => `421 4.4.2 ${hostname} Timeout exceeded\r\n`;

/** A client that a listener does not let in. */
export const refusal = (hostname: string, why: "network" | "all" | "blocked") =>
  why === "blocked"
    ? CLIENT_BLOCKED
    : why === "network"
      ? `421 4.7.0 ${hostname} Too many connections from your network\r\n`
      : `421 4.3.2 ${hostname} Too many connections, try again later\r\n`;
