// The POP3 conversation (RFC 1939; rules B1-B5): who answers a command, and what the client is told when the server,
// the time or its patience is at an end. Knows commands and the order of things; logging in is in authorization.ts,
// the messages in messages.ts, the server's side in server.ts, grammar in commands.ts.
//
//   greeting ─► (authorization) ─► transaction ─QUIT─► (over)

import type { Line } from "../../wire/lines.ts";
import { offersTls } from "../clear-login.ts";
import {
  type Conversation,
  define,
  type Expiry,
  type Loss,
  type Outcome,
  type Setup,
  type Step,
} from "../protocol.ts";
import { type Refusal, refuse, refusedByServer } from "../refusal.ts";
import { MAX_SASL_LINE } from "../sasl.ts";
import { writeXclient, XCLIENT_MISSING, xclientRefused } from "../xclient.ts";
import { Authorization } from "./authorization.ts";
import { filterCapabilities, leastCapabilities } from "./capabilities.ts";
import { type Command, parseCommand, secretOf, showLine, verbOf } from "./commands.ts";
import { writeList } from "./list.ts";
import { Messages } from "./messages.ts";
import { type Pop3Options, pop3Options } from "./options.ts";
import * as replies from "./replies.ts";
import { pass, Server } from "./server.ts";
import { Pop3StartTls } from "./start-tls.ts";
import { statusOf, writeStatus } from "./status.ts";
import { offersXclient } from "./xclient.ts";

export const pop3 = define({
  name: "pop3",
  dialogue: "lock-step",
  options: pop3Options,
  // RFC 1939 section 3: ten minutes at least.
  defaults: { "idle-timeout": "600" },
  server: ["/usr/sbin/popa3d"],
  facility: "mail",
  converse: (setup, options) => new Pop3Conversation(setup, options),
  unavailable: () => replies.UNAVAILABLE,
  refusal: () => replies.TOO_MANY,
  asksForTls: true,
  startTls: () => new Pop3StartTls(),
});

/** Seconds the server may take to answer a QUIT that changes nothing. */
const QUIT_PATIENCE = 5;

class Pop3Conversation implements Conversation {
  readonly #setup: Setup;
  readonly #options: Pop3Options;
  readonly #server: Server;
  readonly #authorization: Authorization;
  readonly #messages: Messages;
  #isQuitting = false;

  constructor(setup: Setup, options: Pop3Options) {
    this.#setup = setup;
    this.#options = options;
    this.#server = new Server((greeting) => this.#greeted(greeting));
    this.#authorization = new Authorization(this.#server, setup, options);
    this.#messages = new Messages(this.#server);
  }

  lineLimit(): number {
    return this.#authorization.sasl.isOpen ? MAX_SASL_LINE : this.#options.maxLineLength;
  }

  clientLine(line: Line): Step {
    const { sasl } = this.#authorization;
    if (sasl.isOpen) return sasl.clientLine(line, this.#server.lost);
    const step = this.#line(line);
    const [verb, shown, secret] = [verbOf(line.text), showLine(line.text), secretOf(line.text)];
    if (verb === undefined || shown === undefined) return step;
    return { shown, told: { verb }, ...(secret === undefined ? {} : { secret }), ...step };
  }

  serverLine(text: string, line: Line): Step | "fault" {
    return this.#server.line(text, line);
  }

  bodyEnd(): Step {
    return { next: "command" };
  }

  serverLost(due: boolean, how: Loss): Step {
    this.#server.lose(how);
    if (!due) return { next: "command" };
    return this.#authorization.serverLost(how) ?? this.#withoutServer();
  }

  injected(): Step {
    return { client: replies.BEHIND_STLS, next: "close" };
  }

  abandoned(): Step | null {
    return this.#authorization.sasl.clientGone(this.#server.lost);
  }

  throttled(): Step {
    return this.#authorization.throttled();
  }

  owes(): "login" | "credential" | null {
    return this.#authorization.owed;
  }

  /** Who has logged in may err as often as it likes: all it can do is its own mailbox. */
  spared(): "always" | "never" {
    return this.#isLoggedIn ? "always" : "never";
  }

  expired(what: Expiry): Step {
    // RFC 1939 section 3: the autologout timer closes without a response, and without an UPDATE.
    if (what === "idle") return { next: "close" };
    return { client: what === "shutdown" ? replies.SHUTTING_DOWN : replies.SESSION_OVER, next: "close" };
  }

  tooManyErrors(): Step {
    return { client: replies.TOO_MANY_ERRORS, next: "close" };
  }

  statusOf(reply: string): string {
    return /^(?:\+(?:OK)?|-ERR)(?![A-Za-z0-9])/.exec(reply)?.[0] ?? "";
  }

  outcome(reply: string): Outcome {
    const status = statusOf(reply);
    return status === "challenge" ? "more" : status === "ok" ? "done" : "refused";
  }

  /** The server's name never shows. Its stamp must. */
  #greeted(text: string): Step | "fault" {
    switch (statusOf(text)) {
      case "ok": {
        const stamp = this.#authorization.learnStamp(text);
        return this.#introduced(text, {
          client: replies.GREETING(this.#setup.hostname, stamp),
          next: "command",
        });
      }
      case "err": {
        const refused = refusedByServer({}, false);
        return { client: writeStatus(text), next: "close", ends: "server-end", ...refused };
      }
      default:
        return "fault";
    }
  }

  /** @param greeting of the server @param step what follows once it has heard whom we speak for */
  #introduced(greeting: string, step: Step): Step {
    if (!this.#options.xclient) return step;
    if (!offersXclient(greeting)) return { ...step, log: XCLIENT_MISSING };
    return this.#server.send(writeXclient(this.#setup), (text) => {
      if (statusOf(text) === "ok") return step;
      const log = xclientRefused(text);
      return { client: replies.UNAVAILABLE, next: "close", ends: "server-unavailable", log };
    });
  }

  // ------------------------------------------------------------------ commands

  #line(line: Line): Step {
    // Two octets for the line end that is written anew: the server's line is within the limit, too.
    const limit = this.#options.maxLineLength;
    if (line.tooLong || (limit > 0 && line.text.length + 2 > limit))
      return {
        ...refuse("line-length", replies.LINE_TOO_LONG),
        next: this.#options.onLongLine === "close" ? "close" : "command",
      };
    const command = parseCommand(line.text, this.#authorization.state, offersTls(this.#setup));
    if (this.#server.lost !== null) return this.#lostCommand(command, this.#server.lost);
    return "rule" in command ? refuse(command.rule, command.reply) : this.#command(command);
  }

  #command(command: Command): Step {
    switch (command.verb) {
      case "USER":
        return this.#authorization.user(command);
      case "PASS":
        return this.#authorization.pass(command);
      case "APOP":
        return this.#authorization.apop(command);
      case "AUTH":
        return this.#authorization.auth(command);
      case "STLS":
        return this.#startTls();
      case "CAPA":
        return this.#capabilities(command);
      case "QUIT":
        return this.#quit(command);
      case "NOOP":
        return { client: replies.ALIVE, next: "command" };
      default:
        return this.#messages.command(command);
    }
  }

  #capabilities(command: Command): Step {
    const startsTls = offersTls(this.#setup) && !this.#isLoggedIn;
    const { isLoginOpen } = this.#authorization;
    const policy = { auth: this.#options.auth === "pass", isLoginOpen, startsTls };
    const filter = (lines: readonly string[]) => filterCapabilities(lines, policy);
    return this.#server.ask(command, (text) => {
      // popa3d knows no CAPA, and TLS must be found all the same.
      const isOurs = startsTls && statusOf(text) === "err";
      if (isOurs) return { client: writeList("+OK", leastCapabilities(policy)), next: "command" };
      return this.#server.passList(text, filter);
    });
  }

  /**
   * RFC 2595 §4. A client that has failed to log in in the clear stays there: the conversation in TLS would count its
   * guesses anew.
   */
  #startTls(): Step {
    if (this.#authorization.hasFailed) return refuse("starttls", replies.WRONG_STATE);
    return { client: replies.START_TLS, next: "secure" };
  }

  /**
   * QUIT in AUTHORIZATION changes nothing, so a server that is slow about it need not be waited for. In
   * TRANSACTION it is the UPDATE (RFC 1939 section 6): that may take its time, and only the server can say
   * that it was done.
   */
  #quit(command: Command): Step {
    this.#isQuitting = true;
    const step = this.#server.ask(command, (text) => {
      const answer = pass(text);
      return answer === "fault" ? answer : { ...answer, next: "close" };
    });
    return this.#isLoggedIn ? { ...step, decides: "delivery" } : { ...step, patience: QUIT_PATIENCE };
  }

  #lostCommand(command: Command | Refusal, how: Loss): Step {
    const guess = this.#authorization.withoutServer(command, how);
    if (guess !== null) return guess;
    this.#isQuitting = "verb" in command && command.verb === "QUIT";
    return this.#withoutServer();
  }

  #withoutServer(): Step {
    const nothingToUpdate = !this.#isLoggedIn;
    if (this.#isQuitting && nothingToUpdate) return { client: replies.BYE, next: "close", ends: "quit" };
    return { client: replies.UNAVAILABLE, next: "close" };
  }

  get #isLoggedIn(): boolean {
    return this.#authorization.state === "transaction";
  }
}
