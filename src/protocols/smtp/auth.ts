// AUTH (RFC 4954; rules A6, B4): which of its forms the server gets, what its verdict is, and who has logged in.
// Knows the replies to a login; exchanges and their end are in sasl-login.ts, guesses in login.ts.

import { mayLogIn } from "../clear-login.ts";
import { LoginPolicy } from "../login.ts";
import type { Setup, Step } from "../protocol.ts";
import { refuse } from "../refusal.ts";
import { isInitialResponse, SaslExchange } from "../sasl.ts";
import { type LoginWords, SaslLogin, type Stop } from "../sasl-login.ts";
import { isPermanent, isPositive, judged, passed } from "./answers.ts";
import type { SmtpOptions } from "./options.ts";
import * as replies from "./replies.ts";
import { type Reply, writeReply } from "./reply.ts";
import type { Server } from "./server.ts";

const WORDS: LoginWords = {
  again: replies.LOGIN_FAILED,
  last: replies.TOO_MANY_LOGINS,
  unavailable: replies.LOGIN_UNAVAILABLE,
};

export class Auth {
  readonly #server: Server;
  readonly #isOff: boolean;
  readonly #mayLogIn: () => boolean;
  readonly #policy: LoginPolicy;
  /** The exchange under way. */
  readonly sasl: SaslLogin<Reply>;
  #isAuthenticated = false;
  #user: string | undefined;

  constructor(server: Server, setup: Setup, options: SmtpOptions) {
    this.#server = server;
    this.#isOff = options.auth === "off";
    this.#mayLogIn = () => mayLogIn(setup, options);
    this.#policy = new LoginPolicy(options);
    this.sasl = new SaslLogin(this.#policy, WORDS, {
      ask: (line, onReply) => server.ask(line, onReply),
      answered: (reply, exchange) => this.#answered(reply, exchange),
      stopped: (reply, why, exchange) => this.#stopped(reply, why, exchange),
    });
  }

  /** It can be offered. */
  get isOpen(): boolean {
    return !this.#isOff && this.#mayLogIn();
  }

  /** Somebody has logged in, or tried to. */
  get hasBeenTried(): boolean {
    return this.#isAuthenticated || this.#policy.hasFailed;
  }

  get isAuthenticated(): boolean {
    return this.#isAuthenticated;
  }

  /** The server has been asked about a login and has not decided. */
  get isPending(): boolean {
    return this.#policy.isPending;
  }

  /** Who logged in, where that is known, for the log. */
  get who(): { readonly user?: string } {
    return this.#user === undefined ? {} : { user: this.#user };
  }

  /** What a client who leaves now has not done. */
  get owed(): "login" | "credential" | null {
    if (this.sasl.isOpen) return "credential";
    return this.isOpen && !this.#isAuthenticated ? "login" : null;
  }

  throttled(): Step {
    return this.sasl.postpone(
      replies.LOGIN_THROTTLED,
      this.#server.lost,
      (reply) => !/^[23]/.test(reply.code),
    );
  }

  /** @param isLegal nothing stands against it now @param offered in upper case */
  command(argument: string, isLegal: boolean, offered: readonly string[]): Step {
    if (this.#isOff) return refuse("auth", replies.NOT_IMPLEMENTED);
    if (!this.#mayLogIn()) return refuse("login-without-tls", replies.LOGIN_NEEDS_TLS);
    if (!isLegal || this.#isAuthenticated) return refuse("sequence", replies.BAD_SEQUENCE);
    const [mechanism, initial, ...more] = argument.split(/ +/) as [string, ...string[]];
    if (mechanism === "" || more.length > 0) return refuse("syntax", replies.BAD_ARGUMENT);
    if (!offered.includes(mechanism.toUpperCase())) return refuse("mechanism", replies.NO_SUCH_MECHANISM);
    if (initial !== undefined && !isInitialResponse(initial)) return refuse("sasl", replies.BAD_SASL);
    const exchange = new SaslExchange(mechanism, initial);
    const words = ["AUTH", exchange.method, ...(initial === undefined ? [] : [initial])];
    return this.sasl.ask(exchange, `${words.join(" ")}\r\n`);
  }

  #answered(reply: Reply, exchange: SaslExchange): Step | "fault" {
    if (reply.code === "334") return this.sasl.challenge(exchange, writeReply(reply));
    // A server that says goodbye instead of an answer hangs up, in so many words.
    if (reply.code === "421" && this.#policy.isPending) {
      const how = "hung-up";
      this.#server.lose(how);
      return this.sasl.lost(how);
    }
    const step = judged(reply, { verb: "AUTH" }, true);
    if (step === "fault") return step;
    if (reply.code === "235") {
      this.#isAuthenticated = true;
      this.#user = exchange.login.user;
      this.#policy.begin(exchange.login);
      return { ...step, log: this.#policy.accept() };
    }
    // One text for all: servers word "no such user" and "bad password" differently.
    if (isPermanent(reply) && exchange.hasData) return { ...this.#policy.refuse(WORDS), error: true };
    const { isPending } = this.#policy;
    this.#policy.suspend();
    // It has no time for it, or says so: no guess is counted, and none is to be had for nothing.
    if (!isPending) return step;
    return { ...step, client: replies.LOGIN_UNAVAILABLE, delay: this.#policy.delay, undecided: true };
  }

  /** Its word for that is 501 (RFC 4954 §4), an error as any other of AUTH; of what was no data we say it ourselves. */
  #stopped(reply: Reply, why: Stop, exchange: SaslExchange): Step | "fault" {
    const step = passed(reply);
    if (step === "fault" || isPositive(reply)) return "fault";
    if (exchange.isTold) return { ...this.sasl.abandon(exchange), error: true };
    if (why === "bad") return refuse("sasl", replies.BAD_SASL);
    if (why === "too-long") return refuse("sasl", replies.SASL_TOO_LONG);
    return { ...step, error: true };
  }
}
