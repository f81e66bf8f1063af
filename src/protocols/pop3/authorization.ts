// The state AUTHORIZATION (RFC 1939 sections 4 and 7, RFC 5034; rules B1, B4): who logs in, by which command, and
// how far that has come. Knows the server's answers to a login, and what of them a client may know; exchanges and
// their end are in ../sasl-login.ts, guesses in ../login.ts.
//
//   authorization ─USER─► user ─PASS─► transaction
//         └───── APOP, AUTH ────────────────┘

import { mayLogIn } from "../clear-login.ts";
import { type Login, LoginPolicy } from "../login.ts";
import type { Guess, Loss, Setup, Step } from "../protocol.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { filterMechanisms, isInitialResponse, isOffered, SaslExchange } from "../sasl.ts";
import { type LoginWords, SaslLogin, type Stop } from "../sasl-login.ts";
import { type Command, type State, writeCommand } from "./commands.ts";
import { failureReply } from "./failure.ts";
import type { Pop3Options } from "./options.ts";
import * as replies from "./replies.ts";
import { pass, type Server } from "./server.ts";
import { statusOf, writeChallenge, writeStatus } from "./status.ts";

/** All that a failed login is told, when the server says nothing. */
const WORDS: LoginWords = {
  again: replies.LOGIN_FAILED,
  last: replies.LOGIN_FAILED,
  unavailable: replies.UNAVAILABLE,
};

const NEEDS_TLS = refuse("login-without-tls", replies.LOGIN_NEEDS_TLS);

export class Authorization {
  readonly #server: Server;
  readonly #isSaslOff: boolean;
  readonly #mayLogIn: () => boolean;
  readonly #policy: LoginPolicy;
  /** The exchange under way. */
  readonly sasl: SaslLogin<string>;
  #state: State = "authorization";
  /** The name that USER gave, from the moment the server is told. */
  #user: string | null = null;
  #isStamped = false;

  constructor(server: Server, setup: Setup, options: Pop3Options) {
    this.#server = server;
    this.#mayLogIn = () => mayLogIn(setup, options);
    this.#isSaslOff = options.auth === "off";
    this.#policy = new LoginPolicy(options);
    this.sasl = new SaslLogin(this.#policy, WORDS, {
      ask: (line, onReply) => server.send(line, onReply),
      answered: (text, exchange) => this.#answered(text, exchange),
      stopped: (text, why, exchange) => this.#stopped(text, why, exchange),
    });
  }

  /** Nothing stands against a login but what the server says. */
  get isLoginOpen(): boolean {
    return this.#mayLogIn();
  }

  get hasFailed(): boolean {
    return this.#policy.hasFailed;
  }

  get state(): State {
    return this.#state;
  }

  /** @returns the stamp in the server's greeting, which an APOP digest is made from (RFC 1939 section 7) */
  learnStamp(greeting: string): string | null {
    const stamp = /<[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}>/.exec(greeting)?.[0] ?? null;
    this.#isStamped = stamp !== null;
    return stamp;
  }

  user(command: Command): Step {
    if (!this.isLoginOpen) return NEEDS_TLS;
    this.#user = command.words[0]!;
    return this.#server.ask(command, (text) => (pass(text) === "fault" ? "fault" : this.#named()));
  }

  pass(command: Command): Step {
    return this.#ask(command, this.#guess, { user: this.#user!, password: command.words[0]! });
  }

  apop(command: Command): Step {
    if (!this.isLoginOpen) return NEEDS_TLS;
    if (!this.#isStamped) return refuse("no-stamp", replies.FORBIDDEN_COMMAND);
    const user = command.words[0]!;
    return this.#ask(command, { method: "APOP", user }, { user });
  }

  auth(command: Command): Step {
    if (this.#isSaslOff) return refuse("auth", replies.FORBIDDEN_COMMAND);
    if (!this.isLoginOpen) return NEEDS_TLS;
    const [mechanism, initial] = command.words;
    // Without argument it lists the mechanisms, by custom: Outlook and neomutt ask so.
    if (mechanism === undefined)
      return this.#server.ask(command, (text) => this.#server.passList(text, filterMechanisms));
    if (!isOffered(mechanism)) return refuse("mechanism", replies.NO_SUCH_MECHANISM);
    if (initial !== undefined && !isInitialResponse(initial)) return refuse("sasl", replies.BAD_SASL);
    return this.sasl.ask(new SaslExchange(mechanism, initial), writeCommand(command));
  }

  /** The server is gone while an answer of its is due. @returns null where that answers nothing */
  serverLost(how: Loss): Step | null {
    const failure = this.#policy.lose(how, WORDS);
    if (failure !== null) this.#state = "authorization";
    // A server that hangs up on a name has told that it does not know it: the password is asked for all the same.
    return this.#isNaming && how === "hung-up" ? this.#named() : failure;
  }

  /**
   * A command when the server is gone. After a name that it did not wait for, a password fails as it would with it.
   * @returns null where no name was given so
   */
  withoutServer(command: Command | Refusal, how: Loss): Step | null {
    if (this.#state !== "user" || how !== "hung-up") return null;
    if ("rule" in command) return refuse(command.rule, command.reply);
    if (command.verb === "QUIT") return null;
    this.#policy.begin(this.#guess);
    this.#state = "authorization";
    const failure = this.sasl.lost(how);
    // Asked for nothing else than whether the name was known: that is a guess, and costs what one costs.
    return command.verb === "PASS" ? failure : { ...failure, client: replies.UNAVAILABLE, next: "close" };
  }

  /** What a client who leaves now has not done. */
  get owed(): "login" | "credential" | null {
    if (this.#state === "transaction") return null;
    return this.#state === "user" || this.sasl.isOpen ? "credential" : "login";
  }

  throttled(): Step {
    this.#state = "authorization";
    return this.sasl.postpone(replies.LOGIN_THROTTLED, this.#server.lost, (text) => statusOf(text) === "err");
  }

  /** The server has been told a name and has not answered. */
  get #isNaming(): boolean {
    return this.#user !== null && this.#state === "authorization";
  }

  /** What the server says of the name is hidden: PASS is sent all the same, and fails as any other. */
  #named(): Step {
    this.#state = "user";
    return { client: replies.USER_TAKEN, next: "command" };
  }

  get #guess(): Login {
    return { method: "PASS", user: this.#user! };
  }

  #ask(command: Command, login: Login, guess: Guess): Step {
    this.#policy.begin(login);
    this.#user = null;
    return { ...this.#server.ask(command, (text) => this.#decided(text)), decides: "login", guess };
  }

  #answered(text: string, exchange: SaslExchange): Step | "fault" {
    const status = statusOf(text);
    if (status === "challenge") return this.sasl.challenge(exchange, writeChallenge(text));
    // The server does not know the mechanism: nobody has tried to log in yet.
    if (status === "err" && !exchange.hasData) return { client: replies.NO_SUCH_MECHANISM, next: "command" };
    this.#policy.begin(exchange.login);
    return this.#decided(text);
  }

  /** The server was told to stop, and its own words about that are nobody's business. */
  #stopped(text: string, why: Stop, exchange: SaslExchange): Step | "fault" {
    if (statusOf(text) !== "err") return "fault";
    if (exchange.isTold) return this.sasl.abandon(exchange);
    if (why === "cancel") return { client: replies.CANCELLED, error: true, next: "command" };
    return refuse("sasl", why === "bad" ? replies.BAD_SASL : replies.LINE_TOO_LONG);
  }

  #decided(text: string): Step | "fault" {
    switch (statusOf(text)) {
      case "ok":
        this.#state = "transaction";
        return { client: writeStatus(text), log: this.#policy.accept(), next: "command" };
      case "err": {
        this.#state = "authorization";
        const reply = failureReply(text);
        const failure = this.#policy.refuse({ again: reply, last: reply });
        // With a code that says that the password was not the reason it was no guess.
        return reply === replies.LOGIN_FAILED ? failure : { ...failure, undecided: true };
      }
      default:
        return "fault";
    }
  }
}
