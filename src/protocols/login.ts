// The one login policy (rule B4): how often, how slowly and with which outcome a login fails, the same for every
// protocol and for every way to log in. It knows neither commands nor replies: the protocol gives the words.

import type { Entry, Reason } from "../record/entry.ts";
import type { Loss, Step } from "./protocol.ts";

export interface LoginLimits {
  /** Failed logins before the session is ended; 0 for no limit. */
  readonly maxLoginAttempts: number;
  /**
   * Seconds from the client's line to the answer to a failed login, at least; doubled after each, 0 for none.
   * A floor and no addition: a server that is slower for the users it has tells nothing by it.
   */
  readonly loginDelay: number;
}

/** Who tries to log in, and how: for the log. */
export interface Login {
  readonly method: string;
  readonly user?: string;
}

/** The protocol's words for a login that failed: while it may be tried again, and for the last time. */
export interface FailureWords {
  readonly again: string;
  readonly last: string;
}

/** Octets of a user's name that are told. */
const TOLD_USER = 200;

/** Seconds the delay grows to; longer ones make clients give up the connection instead of asking the user. */
const LONGEST_DELAY = 30;

export class LoginPolicy {
  readonly #limits: LoginLimits;
  /** The login the server has been asked about and has not decided. */
  #pending: Login | null = null;
  #attempts = 0;
  #failures = 0;
  #delay: number;

  constructor(limits: LoginLimits) {
    this.#limits = limits;
    this.#delay = limits.loginDelay;
  }

  /** Whether the server has been asked about a login and has not decided. */
  get isPending(): boolean {
    return this.#pending !== null;
  }

  /** A login has failed. */
  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** The server is told what decides this login. */
  begin(login: Login): void {
    this.#pending = login;
  }

  /** The exchange goes on, or was given up: nothing is decided. */
  suspend(): void {
    this.#pending = null;
  }

  /** The server has accepted it. */
  accept(): Entry {
    return { level: 2, event: "login", fields: this.#decided() };
  }

  /** The server has refused it. */
  refuse(words: FailureWords): Step {
    return this.#fail("refused", words);
  }

  /** The client gave up once it had told its credential: it has seen that this was wrong, or did not want to. */
  abandon(words: FailureWords): Step {
    return this.#fail("abandoned", words);
  }

  /** It may not be tried now, which says nothing of it. @param reply a temporary one */
  postpone(reply: string): Step {
    this.#pending = null;
    return { client: reply, delay: this.#delay, error: true, next: "command" };
  }

  /** Seconds that the answer to the next failure takes at least. */
  get delay(): number {
    return this.#delay;
  }

  /**
   * The server is gone.
   * @returns null when that decided no login. A server that hangs up has refused it, with the same words after
   *   the same time; one that failed has decided nothing, and the client may know at once.
   */
  lose(how: Loss, words: FailureWords): Step | null {
    if (this.#pending !== null && how !== "failed") return this.#fail(how, words);
    this.#pending = null;
    return null;
  }

  #fail(reason: Reason<"login-failed">, words: FailureWords): Step {
    const { maxLoginAttempts, loginDelay } = this.#limits;
    const delay = this.#delay;
    this.#delay = Math.min(delay * 2, Math.max(LONGEST_DELAY, loginDelay));
    this.#failures++;
    const { method, attempt, ...user } = this.#decided();
    const last = maxLoginAttempts > 0 && this.#failures >= maxLoginAttempts;
    return {
      client: last ? words.last : words.again,
      delay,
      log: { level: 1, event: "login-failed", fields: { method, attempt, reason, delay, ...user } },
      ...(last ? { next: "close", ends: "login-failures" } : { next: "command" }),
    };
  }

  #decided(): { method: string; attempt: number; user?: string } {
    const { method, user } = this.#pending!;
    this.#pending = null;
    this.#attempts++;
    return {
      ...{ method, attempt: this.#attempts },
      ...(user === undefined ? {} : { user: user.slice(0, TOLD_USER) }),
    };
  }
}
