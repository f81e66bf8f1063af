// Every answer the wrapper gives on its own in ManageSieve, as named constants. Texts are fixed: nothing of the client's
// is ever echoed, but for the tag of NOOP, which is there to be. Knows no state.

import { toClient } from "./strings.ts";

export const READY = (hostname: string) => `OK "${hostname} ready"\r\n`;
export const CAPABILITIES_DONE = 'OK "these are all"\r\n';
export const BYE = 'OK "bye"\r\n';
/** RFC 5804 section 2.13. */
export const ALIVE = (tag: string | undefined) =>
  tag === undefined ? 'OK "alive"\r\n' : `OK (TAG ${toClient(tag)}) "alive"\r\n`;

export const LINE_TOO_LONG = 'BYE "line too long"\r\n';
export const LOST = 'BYE "nobody knows where this command ends"\r\n';
export const EMPTY_LINE = 'NO "empty line"\r\n';
export const BAD_SYNTAX = 'NO "expected a command: words and strings"\r\n';
export const UNKNOWN_COMMAND = 'NO "unknown command"\r\n';
export const FORBIDDEN_COMMAND = 'NO "command not allowed"\r\n';
export const WRONG_STATE = 'NO "command not valid in this state"\r\n';
export const BAD_ARGUMENT = 'NO "bad argument"\r\n';
export const TOO_LARGE = 'NO (QUOTA/MAXSIZE) "script too large"\r\n';

export const START_TLS = 'OK "begin TLS"\r\n';
/** RFC 5804 section 1.3. */
export const LOGIN_NEEDS_TLS = 'NO (ENCRYPT-NEEDED) "a login needs TLS here: STARTTLS first"\r\n';
export const BEHIND_STARTTLS = 'BYE "nothing may follow STARTTLS"\r\n';

export const LOGIN_FAILED = 'NO "authentication failed"\r\n';
export const LAST_FAILED = 'BYE "too many failed logins"\r\n';
export const LOGIN_LATER = 'NO (TRYLATER) "the server cannot tell now"\r\n';
export const LOGIN_THROTTLED = 'NO (TRYLATER) "too many failed logins, try again later"\r\n';
export const NO_SUCH_MECHANISM = 'NO "authentication mechanism not supported"\r\n';
export const BAD_SASL = 'NO "cannot decode authentication data"\r\n';
export const CANCELLED = 'NO "authentication cancelled"\r\n';

export const TOO_MANY_ERRORS = 'BYE "too many errors"\r\n';
export const UNAVAILABLE = 'BYE (TRYLATER) "server unavailable"\r\n';
export const TOO_SLOW = 'BYE "too slow"\r\n';
export const IDLE = 'BYE "idle for too long"\r\n';
export const SHUTTING_DOWN = 'BYE (TRYLATER) "shutting down"\r\n';
export const SESSION_OVER = 'BYE (TRYLATER) "session time is over"\r\n';
/** For a client that a listener does not let in. */
export const TOO_MANY = 'BYE (TRYLATER) "too many connections"\r\n';
