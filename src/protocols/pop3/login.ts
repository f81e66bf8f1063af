// The login policy (rule B4): how often, how slowly, and with which words a login fails. Counts failures
// over PASS, APOP and AUTH together; knows neither commands nor the session.

import * as replies from "./replies.ts";

export interface LoginLimits {
  /** Failed logins before the session is ended; 0 for no limit. */
  readonly maxLoginAttempts: number;
  /** Seconds an answer to a failed login is held back, doubled after each; 0 for none. */
  readonly loginDelay: number;
}

/** Seconds the delay grows to; longer ones make clients give up the connection instead of asking the user. */
const LONGEST_DELAY = 30;

export interface Failure {
  readonly attempt: number;
  readonly delay: number;
  readonly last: boolean;
}

export class LoginPolicy {
  readonly #limits: LoginLimits;
  #failures = 0;
  #delay: number;

  constructor(limits: LoginLimits) {
    this.#limits = limits;
    this.#delay = limits.loginDelay;
  }

  /** One more login has failed. */
  fail(): Failure {
    const { maxLoginAttempts, loginDelay } = this.#limits;
    const delay = this.#delay;
    this.#delay = Math.min(delay * 2, Math.max(LONGEST_DELAY, loginDelay));
    this.#failures++;
    return {
      attempt: this.#failures,
      delay,
      last: maxLoginAttempts > 0 && this.#failures >= maxLoginAttempts,
    };
  }
}

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
