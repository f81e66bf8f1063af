// The SMTP conversation (RFC 5321; rules A1-A7): which command is legal now, who answers it, and what the client is
// told when the server, the time or its patience is at an end. Knows commands and the order of things; what a
// command means is in hello.ts, auth.ts, transaction.ts and delivery.ts, the server's side in server.ts.
//
//   (greeting) ─► admitted ─HELO/EHLO─► ready ─MAIL─► (transaction) ─DATA─► (delivery) ─► ready
//        └─► not admitted (the server's greeting was not 2xx, or the client is blocked)     any ─► server lost

import type { Rule } from "../../record/rules.ts";
import type { Line } from "../../wire/lines.ts";
import { offersTls } from "../clear-login.ts";
import {
  type BodyRefusal,
  type Conversation,
  define,
  type Expiry,
  type Loss,
  type Outcome,
  type Setup,
  type Step,
} from "../protocol.ts";
import { refuse } from "../refusal.ts";
import { MAX_SASL_LINE } from "../sasl.ts";
import { Admission } from "./admission.ts";
import { closing, isPositive, judged } from "./answers.ts";
import { Auth } from "./auth.ts";
import { refusalOf, showLine, split } from "./commands.ts";
import { Delivery } from "./delivery.ts";
import { Hello } from "./hello.ts";
import { ESMTP_ROOM, type SmtpOptions, smtpOptions } from "./options.ts";
import { repaired } from "./repair.ts";
import * as replies from "./replies.ts";
import type { Reply } from "./reply.ts";
import { Server } from "./server.ts";
import { SmtpStartTls } from "./start-tls.ts";
import { type Sending, Transaction } from "./transaction.ts";

export const smtp = define({
  name: "smtp",
  dialogue: "lock-step",
  options: smtpOptions,
  server: ["/usr/sbin/sendmail", "-bs"],
  facility: "mail",
  daemons: { dovecot: "submission-login" },
  converse: (setup, options) => new SmtpConversation(setup, options),
  unavailable: replies.unavailable,
  refusal: replies.refusal,
  asksForTls: true,
  startTls: (hostname) => new SmtpStartTls(hostname),
  /** A server over TCP sees our address, which is often one it relays for: nothing would be refused. */
  missingWithConnect: ({ relayDomain, relayIp, relaySenderDomain }) =>
    [...relayDomain, ...relayIp, ...relaySenderDomain].length === 0
      ? "--relay-domain, --relay-ip or --relay-sender-domain"
      : null,
});

/** Seconds the server may take to answer QUIT, which needs no answer. */
const QUIT_PATIENCE = 5;

class SmtpConversation implements Conversation {
  readonly #setup: Setup;
  readonly #options: SmtpOptions;
  readonly #admission: Admission;
  readonly #server: Server;
  readonly #hello: Hello;
  readonly #auth: Auth;
  readonly #transaction: Transaction;
  readonly #delivery: Delivery;
  /** The server greeted the client, and nothing forbids it to be here. */
  #isAdmitted = false;
  #isQuitting = false;

  constructor(setup: Setup, options: SmtpOptions) {
    this.#setup = setup;
    this.#options = options;
    this.#admission = new Admission(setup, options);
    this.#server = new Server((greeting) => this.#greeted(greeting));
    this.#auth = new Auth(this.#server, setup, options);
    this.#hello = new Hello(this.#server, setup, options, () => this.#auth.isOpen);
    this.#transaction = new Transaction(this.#server, this.#admission, options);
    this.#delivery = new Delivery(this.#server, this.#transaction, setup, options);
  }

  lineLimit(): number {
    if (this.#auth.sasl.isOpen) return MAX_SASL_LINE;
    return this.#options.maxLineLength === 0 ? 0 : this.#options.maxLineLength + ESMTP_ROOM;
  }

  clientLine(line: Line): Step {
    return this.#tellingWho(this.#line(line));
  }

  #line(line: Line): Step {
    if (this.#auth.sasl.isOpen) return this.#auth.sasl.clientLine(line, this.#server.lost);
    if (line.tooLong) return this.#longLine();
    // NUL, bare CR and the like: refused whole, never cut, never glued to the next line.
    if (/[\0-\x1f\x7f]/.test(line.text)) return refuse("control-octet", replies.CONTROL_OCTET);
    const { verb, argument } = split(line.text);
    const limit = this.#options.maxLineLength;
    if (limit > 0 && line.octets > limit && !/^(?:MAIL|RCPT|AUTH)$/.test(verb)) return this.#longLine();
    const step = this.#command(verb, this.#options.syntax === "lax" ? repaired(verb, argument) : argument);
    // As the client wrote it.
    const shown = showLine(verb, argument, line.text);
    if (shown === undefined) return step;
    const secret = verb === "AUTH" ? / +(.+)$/.exec(argument)?.[1] : undefined;
    return { shown, ...(secret === undefined ? {} : { secret }), ...step, told: { verb, ...step.told } };
  }

  serverLine(text: string): Step | "fault" {
    const step = this.#server.line(text);
    return step === "fault" || step.told === undefined ? step : this.#tellingWho(step);
  }

  unsolicited(text: string): Step {
    // RFC 5321 section 3.8: a server may say 421 at any time. Nothing else may be believed from it again.
    if (/^421(?: |-|$)/.test(text)) return closing({ code: "421", lines: [text.slice(4)] });
    return this.serverLost(false, "failed");
  }

  serverLost(due: boolean, how: Loss): Step {
    const upload = this.#delivery.serverLost();
    if (upload !== null) return upload;
    this.#server.lose(how);
    if (due && this.#auth.isPending) return this.#auth.sasl.lost(how);
    if (this.#isQuitting) return this.#bye();
    if (!due) return { next: "command" };
    // Of a message whose terminator was sent nobody knows whether it was taken: the client must try again,
    // never believe it delivered.
    return this.#unavailable();
  }

  bodyEnd(): Step {
    const step = this.#delivery.end({ ...this.#hello.speaker, ...this.#auth.who });
    if (step.next !== "restart") return step;
    // A fresh server cannot be told who had logged in.
    if (this.#setup.canRestart && !this.#auth.isAuthenticated) return step;
    this.#server.lose("failed");
    return { ...step, next: "command" };
  }

  bodyRefused(rule: Rule): BodyRefusal {
    const refusal = this.#delivery.refusal(rule);
    return { ...refusal, told: { ...refusal.told, ...this.#hello.speaker } };
  }

  restarted(): Step {
    return this.#hello.again();
  }

  injected(): Step {
    return { client: replies.BEHIND_STARTTLS, next: "close" };
  }

  earlyTalker(): Step | null {
    if (this.#options.earlyTalker === "hold") return null;
    return { client: replies.SYNCHRONIZATION, refused: "early-talker", next: "close" };
  }

  abandoned(): Step | null {
    return this.#auth.sasl.clientGone(this.#server.lost);
  }

  throttled(): Step {
    return this.#auth.throttled();
  }

  owes(): "login" | "credential" | null {
    return this.#auth.owed;
  }

  spared(): "always" | "for-now" | "never" {
    if (this.#auth.isAuthenticated || this.#admission.isTrusted) return "always";
    return this.#transaction.recipients > 0 ? "for-now" : "never";
  }

  expired(what: Expiry): Step {
    const say = what === "shutdown" ? replies.shutdown : replies.timedOut;
    return { client: say(this.#setup.hostname), next: "close" };
  }

  tooManyErrors(): Step {
    return { client: replies.TOO_MANY_ERRORS, next: "close" };
  }

  statusOf(reply: string): string {
    return /^[0-9]{3}(?![A-Za-z0-9])/.exec(reply)?.[0] ?? "";
  }

  outcome(reply: string): Outcome {
    if (reply.startsWith("3")) return "more";
    return reply.startsWith("2") ? "done" : "refused";
  }

  // ------------------------------------------------------------------ commands

  #longLine(): Step {
    const next = this.#options.onLongLine === "close" ? "close" : "command";
    return { ...refuse("line-length", replies.LINE_TOO_LONG), next };
  }

  /** @param verb upper case @param argument what follows, without blanks at its ends */
  #command(verb: string, argument: string): Step {
    if (verb === "QUIT") return argument === "" ? this.#quit() : refuse("syntax", replies.BAD_ARGUMENT);
    if (this.#server.lost !== null) return this.#unavailable();
    // RFC 5321 section 3.1
    if (!this.#isAdmitted) return refuse("sequence", replies.BAD_SEQUENCE);
    if (this.#isTooSoon(verb)) return refuse("tls-required", replies.TLS_REQUIRED);
    switch (verb) {
      case "EHLO":
      case "HELO":
        return this.#hello.say(verb, argument, () => this.#transaction.reset());
      case "MAIL":
        if (!this.#isReady) return refuse("sequence", replies.BAD_SEQUENCE);
        return this.#transaction.mail(argument, this.#sending);
      case "RCPT":
        return this.#transaction.rcpt(argument, this.#sending);
      case "DATA":
        return this.#delivery.data(argument);
      case "RSET":
        return argument === "" ? this.#rset() : refuse("syntax", replies.BAD_ARGUMENT);
      case "NOOP":
        return { client: replies.OK, idle: true, next: "command" };
      case "VRFY":
        return this.#vrfy(argument);
      case "AUTH":
        return this.#auth.command(argument, this.#isReady, this.#hello.offer.mechanisms);
      case "STARTTLS":
        return this.#startTls(argument);
    }
    const refusal = refusalOf(verb);
    if (refusal === null) return refuse("unknown-command", replies.BAD_SYNTAX);
    return { ...refuse(refusal.rule, refusal.reply), next: refusal.close ? "close" : "command" };
  }

  /** RFC 3207 §4, and HELO, which tells no more than EHLO; what must end the session ends it. */
  #isTooSoon(verb: string): boolean {
    if (this.#setup.tlsOffer !== "required" || this.#setup.tls) return false;
    return !/^(?:EHLO|HELO|NOOP|STARTTLS)$/.test(verb) && refusalOf(verb)?.close !== true;
  }

  /**
   * RFC 3207 §4. A client that has failed to log in in the clear stays there: the conversation in TLS would count its
   * guesses anew.
   */
  #startTls(argument: string): Step {
    if (this.#setup.tls || this.#transaction.isOpen || this.#auth.hasBeenTried)
      return refuse("starttls", replies.BAD_SEQUENCE);
    if (!offersTls(this.#setup)) return refuse("starttls", replies.NOT_IMPLEMENTED);
    if (argument !== "") return refuse("syntax", replies.BAD_ARGUMENT);
    return { client: replies.START_TLS, next: "secure" };
  }

  /** Greeted by name, and not in a transaction. */
  get #isReady(): boolean {
    return this.#hello.isSaid && !this.#transaction.isOpen;
  }

  get #sending(): Sending {
    return { offer: this.#hello.offer, isAuthenticated: this.#auth.isAuthenticated };
  }

  #rset(): Step {
    const step = this.#server.ask("RSET\r\n", (reply) => {
      if (isPositive(reply)) this.#transaction.reset();
      return judged(reply, { verb: "RSET" }, false);
    });
    return { ...step, idle: true };
  }

  #vrfy(argument: string): Step {
    if (this.#options.vrfy === "502") return refuse("probe", replies.NOT_IMPLEMENTED);
    if (argument === "") return refuse("syntax", replies.BAD_ARGUMENT);
    return { client: replies.CANNOT_VERIFY, idle: true, next: "command" };
  }

  /** The client's wish to leave needs no server: whatever that says, or does not say, the answer is 221. */
  #quit(): Step {
    if (this.#server.lost !== null) return this.#bye();
    this.#isQuitting = true;
    return this.#server.ask("QUIT\r\n", () => this.#bye(), QUIT_PATIENCE);
  }

  // ------------------------------------------------------------------ beginning and end

  #greeted(greeting: Reply): Step | "fault" {
    if (!isPositive(greeting)) return judged(greeting, {}, false);
    const refusal = this.#admission.client();
    if (refusal !== null) return { ...refuse(refusal.rule, refusal.reply), error: false };
    this.#isAdmitted = true;
    return { client: replies.greeting(this.#setup.hostname), next: "command" };
  }

  /** Whatever is told of the client, the name it gave belongs to it. */
  #tellingWho(step: Step): Step {
    return { ...step, told: { ...step.told, ...this.#hello.speaker } };
  }

  #bye(): Step {
    return { client: replies.bye(this.#setup.hostname), next: "close", ends: "quit" };
  }

  #unavailable(): Step {
    return { client: replies.unavailable(this.#setup.hostname), next: "close" };
  }
}
