// The POP3 conversation (RFC 1939; rules B1-B5): which command is legal now, what of it the server gets, and
// what the client is told. State moves on the server's reply, never on forwarding. Knows commands, replies
// and states; grammar is in commands.ts, the messages in mailbox.ts, bodies in wire/listing.ts.
//
//   greeting ─► authorization ─USER─► user ─PASS─► transaction ─QUIT─► (over)
//                     └──── APOP, AUTH ──────────────┘

import type { Told } from "../../record/entry.ts";
import type { Rule } from "../../record/rules.ts";
import type { Body } from "../../wire/body.ts";
import { LineFeedBody } from "../../wire/linefeeds.ts";
import { endsBare, type Line } from "../../wire/lines.ts";
import { ListingBody } from "../../wire/listing.ts";
import { type FailureWords, type Login, LoginPolicy } from "../login.ts";
import { download } from "../next.ts";
import {
  type Conversation,
  define,
  type Expiry,
  type Loss,
  type Outcome,
  type Setup,
  type Step,
} from "../protocol.ts";
import { filterMechanisms, isInitialResponse, isOffered, MAX_SASL_LINE, SaslExchange } from "../sasl.ts";
import { filterCapabilities } from "./capabilities.ts";
import {
  type Command,
  parseCommand,
  type Refusal,
  type State,
  secretOf,
  showLine,
  verbOf,
  writeCommand,
} from "./commands.ts";
import { failureReply } from "./failure.ts";
import { List, writeList } from "./list.ts";
import { Mailbox } from "./mailbox.ts";
import { type Pop3Options, pop3Options } from "./options.ts";
import * as replies from "./replies.ts";
import { statusOf, writeChallenge, writeStatus } from "./status.ts";

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
});

/** What the server's next line means. */
type OnReply = (text: string, line: Line) => Step | "fault";

/** Told the numbers that the lines of a listing begin with; null for a mail. */
type OnNumber = ((number: string) => void) | null;

/** All that a failed login is told, when the server says nothing. */
const LOGIN_WORDS: FailureWords = { again: replies.LOGIN_FAILED, last: replies.LOGIN_FAILED };

/**
 * What every server has (RFC 1939 section 5 and 6): its -ERR is a refusal. Of the rest it is how a server says that it
 * has no such command, or that a login failed.
 */
const REQUIRED: ReadonlySet<string> = new Set(["STAT", "LIST", "RETR", "DELE", "RSET", "QUIT"]);

/** Seconds the server may take to answer a QUIT that changes nothing. */
const QUIT_PATIENCE = 5;

class Pop3Conversation implements Conversation {
  readonly #setup: Setup;
  readonly #options: Pop3Options;
  readonly #logins: LoginPolicy;
  readonly #mailbox = new Mailbox();

  #state: State = "authorization";
  #onReply: OnReply = (text, line) => this.#greeted(text, line);
  #stamped = false;
  /** The server ends its lines with LF: so its greeting did. */
  #lineFeeds = false;
  /** The name that USER gave, from the moment the server is told. */
  #user: string | null = null;
  /** The hidden STAT was sent. Without an answer to it, numbers are forwarded on their syntax alone. */
  #asked = false;
  /** A SASL exchange is open: the next client line is data whatever it looks like (RFC 5034 section 4). */
  #sasl: SaslExchange | null = null;
  /** How the server was lost, if it was. */
  #lost: Loss | null = null;
  #quitting = false;

  constructor(setup: Setup, options: Pop3Options) {
    this.#setup = setup;
    this.#options = options;
    this.#logins = new LoginPolicy(options);
  }

  lineLimit(): number {
    return this.#sasl === null ? this.#options.maxLineLength : MAX_SASL_LINE;
  }

  clientLine(line: Line): Step {
    if (this.#sasl !== null) return this.#saslLine(line, this.#sasl);
    const step = this.#command(line);
    const [verb, shown, secret] = [verbOf(line.text), showLine(line.text), secretOf(line.text)];
    if (verb === undefined || shown === undefined) return step;
    return { shown, told: { verb }, ...(secret === undefined ? {} : { secret }), ...step };
  }

  serverLine(text: string, line: Line): Step | "fault" {
    return this.#onReply(text, line);
  }

  bodyEnd(): Step {
    return { next: "command" };
  }

  serverLost(due: boolean, how: Loss): Step {
    this.#lost = how;
    if (!due) return { next: "command" };
    const failure = this.#logins.lose(how, LOGIN_WORDS);
    if (failure !== null) this.#state = "authorization";
    // A server that hangs up on a name has told that it does not know it: the password is asked for all the same.
    if (this.#isNaming && how === "hung-up") return this.#named();
    return failure ?? this.#withoutServer();
  }

  abandoned(): Step | null {
    if (this.#sasl?.isTold !== true || this.#lost !== null) return null;
    const { client: _, ...step } = this.#abandon(this.#sasl);
    return { ...step, next: "close" };
  }

  /** Who has logged in may err as often as it likes: all it can do is its own mailbox. */
  spared(): "always" | "never" {
    return this.#state === "transaction" ? "always" : "never";
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

  // ------------------------------------------------------------------ commands

  #command(line: Line): Step {
    // Two octets for the line end that is written anew: the server's line is within the limit, too.
    const limit = this.#options.maxLineLength;
    if (line.tooLong || (limit > 0 && line.text.length + 2 > limit))
      return {
        ...refuse("line-length", replies.LINE_TOO_LONG),
        next: this.#options.onLongLine === "close" ? "close" : "command",
      };
    const command = parseCommand(line.text, this.#state);
    if (this.#lost !== null) return this.#lostCommand(command, this.#lost);
    if ("rule" in command) return refuse(command.rule, command.reply);
    switch (command.verb) {
      case "USER":
        this.#user = command.words[0]!;
        return this.#ask(command, (text) => (this.#pass(text) === "fault" ? "fault" : this.#named()));
      case "PASS":
        return this.#askLogin(command, this.#passLogin());
      case "APOP":
        return this.#apop(command);
      case "AUTH":
        return this.#auth(command);
      case "CAPA":
        return this.#ask(command, (text) =>
          this.#listReply(text, (lines) => filterCapabilities(lines, this.#options.auth === "pass")),
        );
      case "QUIT":
        return this.#quit(command);
      case "NOOP":
        return { client: replies.ALIVE, next: "command" };
      case "STAT":
        return this.#ask(command, (text) => {
          this.#mailbox.learnCount(text);
          return this.#pass(text);
        });
      case "RSET":
        return this.#ask(command, (text) => {
          if (statusOf(text) === "ok") this.#mailbox.restore();
          return this.#pass(text);
        });
      default:
        return command.words[0] === undefined ? this.#whole(command) : this.#numbered(command);
    }
  }

  /** LAST, and LIST and UIDL of the whole mailbox. */
  #whole(command: Command): Step {
    if (command.verb === "LAST") return this.#ask(command, (text) => this.#pass(text));
    return this.#ask(command, (text) => this.#bodyReply(text, (number) => this.#mailbox.learnNumber(number)));
  }

  /** A command about one message. How many there are is asked of the server once, if nobody asked yet. */
  #numbered(command: Command): Step {
    const number = command.words[0]!;
    if (this.#asked || this.#mailbox.judge(number) !== "unknown") return this.#forwardNumbered(command);
    this.#asked = true;
    this.#onReply = (text) => {
      const answer = this.#pass(text);
      if (answer === "fault") return answer;
      this.#mailbox.learnCount(text);
      return this.#forwardNumbered(command);
    };
    return { server: "STAT\r\n", next: "reply" };
  }

  #forwardNumbered(command: Command): Step {
    const number = command.words[0]!;
    const verdict = this.#mailbox.judge(number);
    const line = { shown: writeCommand(command).trimEnd(), told: { verb: command.verb } };
    if (verdict === "deleted") return { ...refuse("deleted-message", replies.MESSAGE_DELETED), ...line };
    if (verdict === "missing") return { ...refuse("no-such-message", replies.NO_SUCH_MESSAGE), ...line };
    switch (command.verb) {
      case "RETR":
      case "TOP":
        return this.#ask(command, (text) => this.#bodyReply(text, null));
      case "DELE":
        return this.#ask(command, (text) => {
          if (statusOf(text) === "ok") this.#mailbox.delete(number);
          return this.#pass(text);
        });
      default: // LIST and UIDL of one message: one line (RFC 1939 sections 5 and 7)
        return this.#ask(command, (text) => this.#pass(text));
    }
  }

  /**
   * QUIT in AUTHORIZATION changes nothing, so a server that is slow about it need not be waited for. In
   * TRANSACTION it is the UPDATE (RFC 1939 section 6): that may take its time, and only the server can say
   * that it was done.
   */
  #quit(command: Command): Step {
    this.#quitting = true;
    const step = this.#ask(command, (text) => {
      const answer = this.#pass(text);
      return answer === "fault" ? answer : { ...answer, next: "close" };
    });
    return this.#state === "transaction"
      ? { ...step, decides: "delivery" }
      : { ...step, patience: QUIT_PATIENCE };
  }

  /** After a name the server did not wait for, a password fails as it would with it. */
  #lostCommand(command: Command | Refusal, how: Loss): Step {
    if (this.#state === "user" && how === "hung-up") {
      if ("rule" in command) return refuse(command.rule, command.reply);
      if (command.verb === "PASS") return this.#loginLost(this.#passLogin(), how);
      // Asked for nothing else than whether the name was known: that is a guess, and costs what one costs.
      if (command.verb !== "QUIT")
        return { ...this.#loginLost(this.#passLogin(), how), client: replies.UNAVAILABLE, next: "close" };
    }
    this.#quitting = "verb" in command && command.verb === "QUIT";
    return this.#withoutServer();
  }

  #withoutServer(): Step {
    const nothingToUpdate = this.#state !== "transaction";
    if (this.#quitting && nothingToUpdate) return { client: replies.BYE, next: "close", ends: "quit" };
    return { client: replies.UNAVAILABLE, next: "close" };
  }

  // ------------------------------------------------------------------ logging in

  /** The server has been told a name and has not answered. */
  get #isNaming(): boolean {
    return this.#user !== null && this.#state === "authorization";
  }

  /** What the server says of the name is hidden: PASS is sent all the same, and fails as any other. */
  #named(): Step {
    this.#state = "user";
    return { client: replies.USER_TAKEN, next: "command" };
  }

  #passLogin(): Login {
    return { method: "PASS", user: this.#user! };
  }

  #apop(command: Command): Step {
    if (!this.#stamped) return refuse("no-stamp", replies.FORBIDDEN_COMMAND);
    return this.#askLogin(command, { method: "APOP", user: command.words[0]! });
  }

  #auth(command: Command): Step {
    if (this.#options.auth === "off") return refuse("auth", replies.FORBIDDEN_COMMAND);
    const [mechanism, initial] = command.words;
    // Without argument it lists the mechanisms, by custom: Outlook and neomutt ask so.
    if (mechanism === undefined) return this.#ask(command, (text) => this.#listReply(text, filterMechanisms));
    if (!isOffered(mechanism)) return refuse("mechanism", replies.NO_SUCH_MECHANISM);
    if (initial !== undefined && !isInitialResponse(initial)) return refuse("sasl", replies.BAD_SASL);
    return this.#askSasl(new SaslExchange(mechanism, initial), writeCommand(command));
  }

  #askSasl(exchange: SaslExchange, server: string): Step {
    this.#onReply = (text) => this.#saslReply(text, exchange);
    if (!exchange.hasData) return { server, next: "reply" };
    this.#logins.begin(exchange.login);
    return { server, next: "reply", decides: "login" };
  }

  #saslLine(line: Line, exchange: SaslExchange): Step {
    this.#sasl = null;
    const { verdict, server, hidden } = exchange.answer(line);
    if (this.#lost !== null) return { ...this.#loginLost(exchange.login, this.#lost), ...hidden };
    if (verdict === "data") return { ...this.#askSasl(exchange, server), ...hidden };
    // The server still waits for data: it is told to stop, and its own words about that are nobody's business.
    this.#onReply = (text) => {
      if (statusOf(text) !== "err") return "fault";
      if (exchange.isTold) return this.#abandon(exchange);
      if (verdict === "cancel") return { client: replies.CANCELLED, error: true, next: "command" };
      return { ...refuse("sasl", verdict === "bad" ? replies.BAD_SASL : replies.LINE_TOO_LONG), ...hidden };
    };
    return { server, next: "reply", ...hidden };
  }

  /** A guess is one whether or not its end was waited for. */
  #abandon(exchange: SaslExchange): Step {
    this.#logins.begin(exchange.login);
    return this.#logins.abandon(LOGIN_WORDS);
  }

  #saslReply(text: string, exchange: SaslExchange): Step | "fault" {
    const status = statusOf(text);
    if (status === "challenge") {
      this.#logins.suspend();
      this.#sasl = exchange;
      const challenge: Step = { client: writeChallenge(text), next: "command" };
      return exchange.isRefusedByChallenge ? { ...challenge, delay: this.#logins.delay } : challenge;
    }
    // The server does not know the mechanism: nobody has tried to log in yet.
    if (status === "err" && !exchange.hasData) return { client: replies.NO_SUCH_MECHANISM, next: "command" };
    this.#logins.begin(exchange.login);
    return this.#loginReply(text);
  }

  #askLogin(command: Command, login: Login): Step {
    this.#logins.begin(login);
    this.#user = null;
    return { ...this.#ask(command, (text) => this.#loginReply(text)), decides: "login" };
  }

  #loginReply(text: string): Step | "fault" {
    switch (statusOf(text)) {
      case "ok":
        this.#state = "transaction";
        return { client: writeStatus(text), log: this.#logins.accept(), next: "command" };
      case "err": {
        this.#state = "authorization";
        const reply = failureReply(text);
        return this.#logins.refuse({ again: reply, last: reply });
      }
      default:
        return "fault";
    }
  }

  /** The server left, and what it would have been asked is a login. */
  #loginLost(login: Login, how: Loss): Step {
    this.#logins.begin(login);
    this.#user = null;
    this.#state = "authorization";
    return this.#logins.lose(how, LOGIN_WORDS) ?? this.#withoutServer();
  }

  // ------------------------------------------------------------------ replies

  /**
   * The server's name never shows. Its stamp must: an APOP digest is made from it (RFC 1939 section 7). How the
   * greeting ends says what a line is to this server, once and for all: no client and no mail has had a word in
   * it yet. Whatever comes later cannot change that, or a mail's own line ends could.
   */
  #greeted(text: string, line: Line): Step | "fault" {
    this.#lineFeeds = endsBare(line);
    switch (statusOf(text)) {
      case "ok": {
        const stamp = /<[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}>/.exec(text)?.[0] ?? null;
        this.#stamped = stamp !== null;
        return { client: replies.GREETING(this.#setup.hostname, stamp), next: "command" };
      }
      case "err":
        return { client: writeStatus(text), next: "close", ends: "server-end", ...refusedByServer({}) };
      default:
        return "fault";
    }
  }

  /** One line, as the server says it. */
  #pass(text: string): Step | "fault" {
    const status = statusOf(text);
    return status === "ok" || status === "err" ? { client: writeStatus(text), next: "command" } : "fault";
  }

  /** One line, and on +OK a body behind it; -ERR never has one (RFC 1939 section 3). */
  #bodyReply(text: string, onNumber: OnNumber): Step | "fault" {
    const step = this.#pass(text);
    return step === "fault" || statusOf(text) === "err"
      ? step
      : { ...step, next: download(this.#body(onNumber)) };
  }

  /**
   * What ends a body is only what this server takes for lines, since those are the ones it stuffs a dot of:
   *   - greeted with CRLF: CRLF "." CRLF and nothing else. Of a server whose answers end with LF "." LF all the
   *     same nothing tells the end from a mail's text: it is given up after --server-timeout, without an end.
   *   - greeted with LF: a "." between LFs, with or without a CR before either, as a client would take it. A
   *     server that greets so and yet stuffs only what follows CRLF lets a mail end itself, wrapper or not.
   * Status lines and short lists hold no mail, and are read with either end.
   */
  #body(onNumber: OnNumber): Body {
    const body = new ListingBody(onNumber);
    return this.#lineFeeds ? new LineFeedBody(body) : body;
  }

  /** One line, and on +OK a list that is read whole and filtered. */
  #listReply(status: string, filter: (lines: readonly string[]) => string[]): Step | "fault" {
    const step = this.#pass(status);
    if (step === "fault" || statusOf(status) === "err") return step;
    const list = new List();
    this.#onReply = (text) => {
      const verdict = list.add(text);
      if (verdict !== "end") return verdict === "fault" ? "fault" : { next: "reply" };
      return { client: writeList("+OK", filter(list.lines)), next: "command" };
    };
    return { next: "reply" };
  }

  #ask(command: Command, onReply: OnReply): Step {
    this.#onReply = (text, line) => {
      const step = onReply(text, line);
      const isRefusal = step !== "fault" && statusOf(text) === "err" && REQUIRED.has(command.verb);
      return isRefusal ? { ...step, ...refusedByServer({ verb: command.verb }) } : step;
    };
    return { server: writeCommand(command), next: "reply" };
  }
}

/** Told like a refusal of ours, and no error of the client's. */
function refusedByServer(told: Told) {
  return { refused: "server", by: "server", error: false, told } as const;
}

function refuse(refused: Rule, client: string): Step {
  return { client, refused, next: "command" };
}
