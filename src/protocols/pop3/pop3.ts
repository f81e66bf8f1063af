// The POP3 conversation (RFC 1939; rules B1-B5): which command is legal now, what of it the server gets, and
// what the client is told. State moves on the server's reply, never on forwarding. Knows commands, replies
// and states; grammar is in commands.ts, the messages in mailbox.ts, bodies in wire/listing.ts.
//
//   greeting ─► authorization ─USER─► user ─PASS─► transaction ─QUIT─► (over)
//                     └──── APOP, AUTH ──────────────┘

import type { Body } from "../../wire/body.ts";
import { LineFeedBody } from "../../wire/linefeeds.ts";
import { endsBare, type Line } from "../../wire/lines.ts";
import { ListingBody } from "../../wire/listing.ts";
import type { Conversation, Protocol, Setup, Step } from "../protocol.ts";
import { CANCEL, filterMechanisms, isInitialResponse, isOffered, judgeData, MAX_SASL_LINE } from "../sasl.ts";
import { filterCapabilities } from "./capabilities.ts";
import {
  type Command,
  parseCommand,
  type State,
  secretOf,
  showLine,
  verbOf,
  writeCommand,
} from "./commands.ts";
import { List, writeList } from "./list.ts";
import { failureReply, type LoginLimits, LoginPolicy } from "./login.ts";
import { Mailbox } from "./mailbox.ts";
import { obliging } from "./obliging.ts";
import * as replies from "./replies.ts";
import { statusOf, writeChallenge, writeStatus } from "./status.ts";

export interface Pop3Options extends LoginLimits {
  /** Octets with line end (RFC 2449 section 4 says 255); 0 for no check. */
  readonly maxLineLength: number;
  readonly auth: "off" | "pass";
  readonly onLongLine: "refuse" | "close";
}

export const pop3: Protocol<Pop3Options> = {
  name: "pop3",
  dialogue: "lock-step",
  converse: (setup, options) => new Pop3Conversation(setup, options),
  unavailable: () => replies.UNAVAILABLE,
  obliging,
};

/** What the server's next line means. */
type OnReply = (text: string, line: Line) => Step | "fault";

/** Told the numbers that the lines of a listing begin with; null for a mail. */
type OnNumber = ((number: string) => void) | null;

/** Who tried to log in, and how: for the log. */
type Login = { method: string; user?: string };

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
  #user = "";
  /** The hidden STAT was sent. Without an answer to it, numbers are forwarded on their syntax alone. */
  #asked = false;
  /** A SASL exchange is open: the next client line is data whatever it looks like (RFC 5034 section 4). */
  #sasl: Login | null = null;
  #lost = false;
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

  serverLost(due: boolean): Step {
    this.#lost = true;
    this.#sasl = null;
    return due ? this.#withoutServer() : { next: "command" };
  }

  expired(what: "idle" | "session" | "shutdown"): Step {
    // RFC 1939 section 3: the autologout timer closes without a response, and without an UPDATE.
    if (what === "idle") return { next: "close" };
    return { client: what === "session" ? replies.SESSION_OVER : replies.SHUTTING_DOWN, next: "close" };
  }

  tooManyErrors(): Step {
    return { client: replies.TOO_MANY_ERRORS, next: "close" };
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
    if (this.#lost) {
      this.#quitting = "verb" in command && command.verb === "QUIT";
      return this.#withoutServer();
    }
    if ("rule" in command) return refuse(command.rule, command.reply);
    switch (command.verb) {
      case "USER":
        return this.#ask(command, (text) => this.#userReply(text, command.words[0]!));
      case "PASS":
        return this.#ask(command, (text) => this.#loginReply(text, { method: "PASS", user: this.#user }));
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
    return this.#state === "transaction" ? step : { ...step, patience: QUIT_PATIENCE };
  }

  #withoutServer(): Step {
    const nothingToUpdate = this.#state !== "transaction";
    const client = this.#quitting && nothingToUpdate ? replies.BYE : replies.UNAVAILABLE;
    return { client, next: "close" };
  }

  // ------------------------------------------------------------------ logging in

  /** What the server says of the name is hidden: PASS is sent all the same, and fails as any other. */
  #userReply(text: string, user: string): Step | "fault" {
    if (this.#pass(text) === "fault") return "fault";
    this.#state = "user";
    this.#user = user;
    return { client: replies.USER_TAKEN, next: "command" };
  }

  #apop(command: Command): Step {
    if (!this.#stamped) return refuse("no-stamp", replies.FORBIDDEN_COMMAND);
    return this.#ask(command, (text) => this.#loginReply(text, { method: "APOP", user: command.words[0]! }));
  }

  #auth(command: Command): Step {
    if (this.#options.auth === "off") return refuse("auth", replies.FORBIDDEN_COMMAND);
    const [mechanism, initial] = command.words;
    // Without argument it lists the mechanisms, by custom: Outlook and neomutt ask so.
    if (mechanism === undefined) return this.#ask(command, (text) => this.#listReply(text, filterMechanisms));
    if (!isOffered(mechanism)) return refuse("mechanism", replies.NO_SUCH_MECHANISM);
    if (initial !== undefined && !isInitialResponse(initial)) return refuse("sasl", replies.BAD_SASL);
    const login = { method: mechanism };
    if (initial !== undefined) return this.#ask(command, (text) => this.#saslReply(text, login));
    return this.#ask(command, (text) => {
      // The server does not know the mechanism: nobody has tried to log in yet.
      if (statusOf(text) === "err") return { client: replies.NO_SUCH_MECHANISM, next: "command" };
      return this.#saslReply(text, login);
    });
  }

  #saslLine(line: Line, login: Login): Step {
    this.#sasl = null;
    const verdict = line.tooLong ? "too-long" : judgeData(line.text);
    const hidden = { shown: "***", ...(verdict === "cancel" ? {} : { secret: line.text }) };
    if (verdict === "data") {
      this.#onReply = (text) => this.#saslReply(text, login);
      return { server: `${line.text}\r\n`, next: "reply", ...hidden };
    }
    // The server still waits for data: it is told to stop, and its own words about that are nobody's business.
    const answer: Step =
      verdict === "cancel"
        ? { client: replies.CANCELLED, next: "command" }
        : { ...refuse("sasl", verdict === "bad" ? replies.BAD_SASL : replies.LINE_TOO_LONG), ...hidden };
    this.#onReply = (text) => (statusOf(text) === "err" ? answer : "fault");
    return { server: `${CANCEL}\r\n`, next: "reply", ...hidden };
  }

  #saslReply(text: string, login: Login): Step | "fault" {
    if (statusOf(text) !== "challenge") return this.#loginReply(text, login);
    this.#sasl = login;
    return { client: writeChallenge(text), next: "command" };
  }

  #loginReply(text: string, login: Login): Step | "fault" {
    switch (statusOf(text)) {
      case "ok":
        this.#state = "transaction";
        return {
          client: writeStatus(text),
          log: { level: 2, event: "login", fields: { ...login } },
          next: "command",
        };
      case "err": {
        this.#state = "authorization";
        const { attempt, delay, last } = this.#logins.fail();
        return {
          client: failureReply(text),
          delay,
          log: { level: 1, event: "login-failed", fields: { ...login, attempt } },
          next: last ? "close" : "command",
        };
      }
      default:
        return "fault";
    }
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
        return { client: writeStatus(text), next: "close" };
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
      : { ...step, next: { download: this.#body(onNumber) } };
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
    this.#onReply = onReply;
    return { server: writeCommand(command), next: "reply" };
  }
}

function refuse(refused: string, client: string): Step {
  return { client, refused, next: "command" };
}
