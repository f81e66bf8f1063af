// Logging in (RFC 5804 section 2.1): AUTHENTICATE, and the strings of its exchange. Knows the server's answers to a login,
// and what of them a client may know; exchanges and their end are in ../sasl-login.ts, guesses in ../login.ts.

import { mayLogIn } from "../clear-login.ts";
import { LoginPolicy } from "../login.ts";
import type { Loss, Setup, Step } from "../protocol.ts";
import { refuse } from "../refusal.ts";
import { isOffered, judgeData, SaslExchange } from "../sasl.ts";
import { type LoginWords, SaslLogin, type Stop } from "../sasl-login.ts";
import { type Command, type State, writeCommand } from "./commands.ts";
import type { SieveOptions } from "./options.ts";
import * as replies from "./replies.ts";
import type { Server } from "./server.ts";
import { type Status, statusIn, writeStatus } from "./status.ts";
import { quote, toClient, toServer, type Word } from "./strings.ts";
import { readable } from "./text.ts";

type Words = readonly Word[];

/** All that a failed login is told, when the server says nothing. */
const WORDS: LoginWords = {
  again: replies.LOGIN_FAILED,
  last: replies.LAST_FAILED,
  unavailable: replies.UNAVAILABLE,
};
/** The server has not decided: without saying so, a client would ask its user for a new password. */
const LATER: LoginWords = { ...WORDS, again: replies.LOGIN_LATER, last: replies.UNAVAILABLE };

export class Authentication {
  readonly #server: Server;
  readonly #isOff: boolean;
  readonly #mayLogIn: () => boolean;
  readonly #policy: LoginPolicy;
  /** The exchange under way. */
  readonly sasl: SaslLogin<Words>;
  #state: State = "non-authenticated";

  constructor(server: Server, setup: Setup, options: SieveOptions) {
    this.#server = server;
    this.#mayLogIn = () => mayLogIn(setup, options);
    this.#isOff = options.auth === "off";
    this.#policy = new LoginPolicy(options);
    this.sasl = new SaslLogin(this.#policy, WORDS, {
      ask: (line, onReply) => server.send(line, onReply),
      written: (data) => `${toServer(data)}\r\n`,
      answered: (words, exchange) => this.#answered(words, exchange),
      stopped: (words, why, exchange) => this.#stopped(words, why, exchange),
    });
  }

  get state(): State {
    return this.#state;
  }

  get isLoginOpen(): boolean {
    return this.#mayLogIn();
  }

  get hasFailed(): boolean {
    return this.#policy.hasFailed;
  }

  /** What a client who leaves now has not done. */
  get owed(): "login" | "credential" | null {
    if (this.#state === "authenticated") return null;
    return this.sasl.isOpen ? "credential" : "login";
  }

  authenticate(command: Command): Step {
    if (this.#isOff) return refuse("auth", replies.FORBIDDEN_COMMAND);
    if (!this.isLoginOpen) return refuse("login-without-tls", replies.LOGIN_NEEDS_TLS);
    const mechanism = command.words[0]!;
    const initial = command.words[1];
    if (!isOffered(mechanism)) return refuse("mechanism", replies.NO_SUCH_MECHANISM);
    if (initial !== undefined && judgeData(initial) !== "data") return refuse("sasl", replies.BAD_SASL);
    return this.sasl.ask(new SaslExchange(mechanism, initial), writeCommand(command));
  }

  /** The server has forgotten who it is (RFC 5804 section 2.14). */
  leave(): void {
    this.#state = "non-authenticated";
  }

  /** The server is gone while an answer of its is due. @returns null where that answers nothing */
  serverLost(how: Loss): Step | null {
    return this.#policy.lose(how, WORDS);
  }

  throttled(): Step {
    return this.sasl.postpone(
      replies.LOGIN_THROTTLED,
      this.#server.lost,
      (words) => statusIn(words)?.word === "NO",
    );
  }

  #answered(words: Words, exchange: SaslExchange): Step | "fault" {
    const [challenge, ...more] = words;
    if (challenge?.kind === "string" && more.length === 0)
      return this.sasl.challenge(exchange, `${toClient(readable(challenge.text))}\r\n`);
    const status = statusIn(words);
    if (status === null) return "fault";
    // The server does not know the mechanism: nobody has tried to log in yet.
    if (status.word === "NO" && !exchange.hasData)
      return { client: replies.NO_SUCH_MECHANISM, next: "command" };
    this.#policy.begin(exchange.login);
    return this.#decided(status);
  }

  /** The server was told to stop, and its own words about that are nobody's business. */
  #stopped(words: Words, why: Stop, exchange: SaslExchange): Step | "fault" {
    const status = statusIn(words);
    if (status === null || status.word === "OK") return "fault";
    if (exchange.isTold) return this.sasl.abandon(exchange);
    if (why === "cancel") return { client: replies.CANCELLED, error: true, next: "command" };
    return refuse("sasl", replies.BAD_SASL);
  }

  /** Servers word "no such user" and "bad password" differently: the client hears neither, nor a last word. */
  #decided(status: Status): Step {
    if (status.word === "OK") {
      this.#state = "authenticated";
      return { client: writeSuccess(status), log: this.#policy.accept(), next: "command" };
    }
    if (status.code === "TRYLATER") return { ...this.#policy.refuse(LATER), undecided: true };
    return this.#policy.refuse(WORDS);
  }
}

/** What the mechanism says at its end comes with the status (RFC 5804 section 1.3: SASL). */
function writeSuccess(status: Status): string {
  const { code, data } = status;
  if (code !== "SASL" || data === null || judgeData(data) !== "data") return writeStatus(status);
  return `OK (SASL ${quote(data)})\r\n`;
}
