// The words of a login that failed, in POP3: which of a server's reasons a client may know. Knows no policy.

import * as replies from "./replies.ts";

/**
 * Codes that say the password was not the reason (RFC 2449 section 8.1, RFC 3206 section 4): without them a
 * client asks its user for a new password and throws a good one away. They tell a guesser nothing that a
 * right guess would not; whether the server gave one to USER is never told.
 */
const CODES: ReadonlyMap<string, string> = new Map([
  ["IN-USE", "-ERR [IN-USE] mailbox is in use\r\n"],
  ["LOGIN-DELAY", "-ERR [LOGIN-DELAY] too soon after the last login\r\n"],
  ["SYS/TEMP", "-ERR [SYS/TEMP] temporary failure\r\n"],
  ["SYS/PERM", "-ERR [SYS/PERM] permanent failure\r\n"],
]);

/**
 * The answer to a failed login: the same text whatever the server says, since servers word "no such user"
 * and "bad password" differently. [AUTH] is left out: it adds nothing, and needs a capability.
 */
export function failureReply(serverText: string): string {
  const code = /^-ERR \[([A-Z/-]+)\]/i.exec(serverText)?.[1]?.toUpperCase() ?? "";
  return CODES.get(code) ?? replies.LOGIN_FAILED;
}
