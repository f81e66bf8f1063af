// Every reply the wrapper gives on its own in POP3, as named constants. Texts are fixed: nothing of the
// client's is ever echoed. Knows no state.

export const GREETING = (hostname: string, stamp: string | null) =>
  `+OK ${hostname} ready${stamp === null ? "" : ` ${stamp}`}\r\n`;
/** The same for every name: whether the server knows it, only a password tells. */
export const USER_TAKEN = "+OK send the password\r\n";
export const ALIVE = "+OK\r\n";
export const BYE = "+OK bye\r\n";

export const LINE_TOO_LONG = "-ERR line too long\r\n";
export const CONTROL_OCTET = "-ERR control character in line\r\n";
export const EMPTY_LINE = "-ERR empty line\r\n";
export const UNKNOWN_COMMAND = "-ERR unknown command\r\n";
export const FORBIDDEN_COMMAND = "-ERR command not allowed\r\n";
export const WRONG_STATE = "-ERR command not valid in this state\r\n";
export const BAD_ARGUMENT = "-ERR bad argument\r\n";
export const NO_SUCH_MESSAGE = "-ERR no such message\r\n";
export const MESSAGE_DELETED = "-ERR message is deleted\r\n";

export const START_TLS = "+OK begin TLS\r\n";
export const LOGIN_NEEDS_TLS = "-ERR a login needs TLS here: STLS first\r\n";
export const BEHIND_STLS = "-ERR nothing may follow STLS\r\n";

export const LOGIN_FAILED = "-ERR authentication failed\r\n";
/** RFC 3206 section 4. */
export const LOGIN_THROTTLED = "-ERR [SYS/TEMP] too many failed logins, try again later\r\n";
export const NO_SUCH_MECHANISM = "-ERR authentication mechanism not supported\r\n";
export const BAD_SASL = "-ERR cannot decode authentication data\r\n";
export const CANCELLED = "-ERR authentication cancelled\r\n";

export const TOO_MANY_ERRORS = "-ERR too many errors\r\n";
/** RFC 3206 section 4; clients read the code as "try again later". */
export const UNAVAILABLE = "-ERR [SYS/TEMP] server unavailable\r\n";
export const SHUTTING_DOWN = "-ERR [SYS/TEMP] shutting down\r\n";
export const SESSION_OVER = "-ERR [SYS/TEMP] session time is over\r\n";
/** For a client that a listener does not let in. */
export const TOO_MANY = "-ERR [SYS/TEMP] too many connections\r\n";
