// The SMTP conversation (RFC 5321; rules A1-A7): which command is legal now, what of it the server gets, and
// what the client is told. State moves on the server's reply, never on forwarding. Knows commands, replies
// and stages; grammar is in envelope.ts, the message's octets in wire/message.ts, who may relay in policy.
//
//   greeting ─► init ─HELO/EHLO─► ready ─MAIL─► mail ─RCPT─► rcpt ─DATA─► (message) ─► ready
//       └─► refused (the server's greeting was not 2xx, or the client is blocked)    any ─► dead

import { mayRelay, type RelayPolicy } from "../../policy/relay.ts";
import type { Told } from "../../record/entry.ts";
import type { Rule } from "../../record/rules.ts";
import { isAddressLiteral, isDomain } from "../../wire/domain.ts";
import type { Line } from "../../wire/lines.ts";
import { FAULTS, MessageBody, TERMINATOR, TEXT_LINE } from "../../wire/message.ts";
import { type FailureWords, LoginPolicy } from "../login.ts";
import { upload } from "../next.ts";
import {
  type Conversation,
  define,
  type Expiry,
  type Loss,
  type Outcome,
  type Setup,
  type Step,
} from "../protocol.ts";
import { isInitialResponse, MAX_SASL_LINE, SaslExchange } from "../sasl.ts";
import { refusalOf, showLine } from "./commands.ts";
import { type Envelope, parseEnvelope, writeEnvelope } from "./envelope.ts";
import { common, type Offer, rewriteEhlo } from "./extensions.ts";
import { ESMTP_ROOM, type SmtpOptions, smtpOptions } from "./options.ts";
import { type Mailbox, writePath } from "./path.ts";
import { queueIdOf } from "./queue.ts";
import * as replies from "./replies.ts";
import { type Reply, ReplyReader, writeReply } from "./reply.ts";

export const smtp = define({
  name: "smtp",
  dialogue: "lock-step",
  options: smtpOptions,
  server: ["/usr/sbin/sendmail", "-bs"],
  facility: "mail",
  converse: (setup, options) => new SmtpConversation(setup, options),
  unavailable: replies.unavailable,
  refusal: replies.refusal,
  /** A server over TCP sees our address, which is often one it relays for: nothing would be refused. */
  missingWithConnect: ({ relayDomain, relayIp, relaySenderDomain }) =>
    [...relayDomain, ...relayIp, ...relaySenderDomain].length === 0
      ? "--relay-domain, --relay-ip or --relay-sender-domain"
      : null,
});

type Stage = "greeting" | "refused" | "init" | "ready" | "mail" | "rcpt" | "dead";

/** A message that waits for the server's word. */
interface Message {
  readonly from: string;
  readonly to: readonly string[];
  readonly recipients: number;
  readonly octets: number;
}

/** What the server's reply to the command just sent means. */
type OnReply = (reply: Reply) => Step | "fault";

/** The fault of a message whose server went away while it came: no rule of ours forbids the rest. */
const SERVER_LOST: Rule = "server";

/** Recipients of a message that the log tells. */
const TOLD_RECIPIENTS = 10;

/** Seconds a server may take (RFC 5321 section 4.5.3.2), where less than ten minutes. */
const PATIENCE = { command: 300, data: 120, message: 600, quit: 5 };

const LOGIN_WORDS: FailureWords = { again: replies.LOGIN_FAILED, last: replies.TOO_MANY_LOGINS };

/** A refused message is swallowed up to this many times the size limit, then the client is cut off. */
const DISCARD_FACTOR = 10;

class SmtpConversation implements Conversation {
  readonly #setup: Setup;
  readonly #options: SmtpOptions;
  readonly #reader = new ReplyReader();

  #stage: Stage = "greeting";
  #onReply: OnReply = (reply) => this.#greeted(reply);
  readonly #logins: LoginPolicy;
  /** A SASL exchange is open: the next client line is data whatever it looks like (RFC 4954 section 4). */
  #sasl: SaslExchange | null = null;
  #authenticated = false;
  /** Who logged in, where that is known. */
  #user: string | undefined;
  #quitting = false;
  /** How the server was lost, if it was. */
  #lost: Loss | null = null;
  #body: MessageBody | null = null;

  #hello: string | null = null;
  #greetings = 0;
  /** What the client was told, and below what of it the server that is there now knows. */
  #promised: Offer | null = null;
  #offered: ReadonlySet<string> = new Set();
  #mechanisms: readonly string[] = [];
  #sizeIsOurs = false;

  readonly #relay: RelayPolicy;
  #sender: Mailbox | null = null;
  #recipients = 0;
  /** The first of them, for the log. */
  #accepted: string[] = [];
  #recipientRefused = false;

  constructor(setup: Setup, options: SmtpOptions) {
    this.#setup = setup;
    this.#options = options;
    this.#logins = new LoginPolicy(options);
    this.#relay = {
      domains: options.relayDomain,
      senderDomains: options.relaySenderDomain,
      clientAllowed: options.relayIp.has(setup.clientAddress),
    };
  }

  lineLimit(): number {
    if (this.#sasl !== null) return MAX_SASL_LINE;
    return this.#options.maxLineLength === 0 ? 0 : this.#options.maxLineLength + ESMTP_ROOM;
  }

  clientLine(line: Line): Step {
    const step = this.#line(line);
    return { ...step, told: { ...step.told, ...this.#speaker } };
  }

  #line(line: Line): Step {
    if (this.#sasl !== null) return this.#saslLine(line, this.#sasl);
    if (line.tooLong) return this.#longLine();
    // NUL, bare CR and the like: refused whole, never cut, never glued to the next line.
    if (/[\0-\x1f\x7f]/.test(line.text)) return refuse("control-octet", replies.CONTROL_OCTET);
    const { verb, argument } = split(line.text);
    const limit = this.#options.maxLineLength;
    if (limit > 0 && line.octets > limit && !/^(?:MAIL|RCPT|AUTH)$/.test(verb)) return this.#longLine();
    const step = this.#command(verb, argument);
    const shown = showLine(verb, argument, line.text);
    if (shown === undefined) return step;
    const secret = verb === "AUTH" ? / +(.+)$/.exec(argument)?.[1] : undefined;
    return { shown, ...(secret === undefined ? {} : { secret }), ...step, told: { verb, ...step.told } };
  }

  serverLine(text: string): Step | "fault" {
    const reply = this.#reader.line(text);
    if (reply === null) return { next: "reply" };
    return reply === "fault" ? "fault" : this.#onReply(reply);
  }

  unsolicited(text: string): Step {
    // RFC 5321 section 3.8: a server may say 421 at any time. Nothing else may be believed from it again.
    if (/^421(?: |-|$)/.test(text)) return this.#closing({ code: "421", lines: [text.slice(4)] });
    return this.serverLost(false, "failed");
  }

  serverLost(due: boolean, how: Loss): Step {
    if (this.#body !== null) {
      this.#body.refuse(SERVER_LOST);
      return { next: upload(this.#body) };
    }
    this.#stage = "dead";
    this.#lost = how;
    if (due && this.#logins.isPending) return this.#loginLost(how);
    if (this.#quitting) return { client: replies.bye(this.#setup.hostname), next: "close", ends: "quit" };
    if (!due) return { next: "command" };
    // Of a message whose terminator was sent nobody knows whether it was taken: the client must try again,
    // never believe it delivered.
    return { client: replies.unavailable(this.#setup.hostname), next: "close" };
  }

  bodyEnd(): Step {
    const body = this.#body!;
    this.#body = null;
    const message = { ...this.#transaction, recipients: this.#recipients, octets: body.size };
    this.#resetTransaction();
    if (body.fault === null) {
      const step = this.#ask(TERMINATOR, (reply) => this.#committed(reply, message), PATIENCE.message);
      return { ...step, decides: "delivery" };
    }
    const unavailable = replies.unavailable(this.#setup.hostname);
    if (body.fault === SERVER_LOST) return { client: unavailable, next: "close" };
    if (body.hopeless) return { client: replies.TOO_MUCH_DATA, next: "close" };
    // The session has ended the server. A fresh one cannot be told who had logged in.
    const restart = this.#setup.canRestart && !this.#authenticated && this.#hello !== null;
    this.#stage = restart ? "ready" : "dead";
    return { client: faultReply(body.fault), next: restart ? "restart" : "command" };
  }

  bodyRefused(rule: Rule): { told: Told; reply: string } {
    const told = { verb: "DATA", ...this.#transaction, ...this.#speaker };
    return { told, reply: faultReply(rule).trimEnd() };
  }

  restarted(): Step {
    this.#onReply = (greeting) => {
      if (!isPositive(greeting)) return "fault";
      return this.#helloAgain(this.#hello!);
    };
    return { next: "reply", patience: PATIENCE.command };
  }

  earlyTalker(): Step | null {
    if (this.#options.earlyTalker === "hold") return null;
    return { client: replies.SYNCHRONIZATION, refused: "early-talker", next: "close" };
  }

  abandoned(): Step | null {
    if (this.#sasl?.isTold !== true || this.#lost !== null) return null;
    const { client: _, ...step } = this.#abandon(this.#sasl);
    return { ...step, next: "close" };
  }

  spared(): "always" | "for-now" | "never" {
    if (this.#authenticated || this.#relay.clientAllowed) return "always";
    return this.#recipients > 0 ? "for-now" : "never";
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
    if (this.#stage === "dead") return { client: replies.unavailable(this.#setup.hostname), next: "close" };
    // RFC 5321 section 3.1
    if (this.#stage === "refused") return refuse("sequence", replies.BAD_SEQUENCE);
    switch (verb) {
      case "EHLO":
      case "HELO":
        return this.#helo(verb, argument);
      case "MAIL":
        return this.#mail(argument);
      case "RCPT":
        return this.#rcpt(argument);
      case "DATA":
        return this.#data(argument);
      case "RSET":
        return argument === "" ? this.#rset() : refuse("syntax", replies.BAD_ARGUMENT);
      case "NOOP":
        return { client: replies.OK, idle: true, next: "command" };
      case "VRFY":
        return this.#vrfy(argument);
      case "AUTH":
        return this.#auth(argument);
      case "STARTTLS":
        return refuse("starttls", this.#inTransaction() ? replies.BAD_SEQUENCE : replies.NOT_IMPLEMENTED);
    }
    const refusal = refusalOf(verb);
    if (refusal === null) return refuse("unknown-command", replies.BAD_SYNTAX);
    return { ...refuse(refusal.rule, refusal.reply), next: refusal.close ? "close" : "command" };
  }

  #helo(verb: "EHLO" | "HELO", argument: string): Step {
    if (!isDomain(argument) && !isAddressLiteral(argument)) return refuse("syntax", replies.BAD_ARGUMENT);
    const extended = verb === "EHLO" && this.#options.ehlo === "esmtp";
    const command = `${extended ? "EHLO" : "HELO"} ${argument}\r\n`;
    const step = this.#ask(command, (reply) => {
      if (!isPositive(reply)) return this.#judged(reply, { verb }, false);
      this.#hello = command;
      this.#stage = "ready";
      this.#resetTransaction();
      this.#promised = this.#offerOf(reply, extended);
      this.#use(this.#promised);
      return { client: this.#promised.reply, next: "command" };
    });
    return this.#greetings++ === 0 ? step : { ...step, idle: true };
  }

  /** Tells a fresh server who the client is. It may be another one, even one that knows HELO only. */
  #helloAgain(command: string): Step {
    const extended = command.startsWith("EHLO");
    return this.#ask(command, (reply) => {
      // RFC 5321 section 3.2
      if (extended && reply.code.startsWith("5")) return this.#helloAgain(`HELO${command.slice(4)}`);
      if (!isPositive(reply)) return "fault";
      this.#use(common(this.#promised!, this.#offerOf(reply, extended)));
      return { next: "command" };
    });
  }

  #offerOf(reply: Reply, extended: boolean): Offer {
    return rewriteEhlo(extended ? reply.lines : [], {
      hostname: this.#setup.hostname,
      maxMessageSize: extended ? this.#options.maxMessageSize : 0,
      auth: this.#options.auth === "pass",
    });
  }

  #use({ offered, mechanisms, sizeIsOurs }: Offer): void {
    this.#offered = offered;
    this.#mechanisms = mechanisms;
    this.#sizeIsOurs = sizeIsOurs;
  }

  #mail(argument: string): Step {
    if (this.#stage !== "ready") return refuse("sequence", replies.BAD_SEQUENCE);
    const envelope = parseEnvelope("MAIL", argument, this.#offered);
    if ("rule" in envelope) return refuse(envelope.rule, envelope.reply);
    const { mailbox, declaredSize } = envelope;
    const limit = this.#options.maxMessageSize;
    if (limit > 0 && declaredSize !== null && declaredSize > BigInt(limit))
      return refuse("message-size", replies.MESSAGE_TOO_BIG);
    const told = { from: addressOf(mailbox) };
    if (this.#options.dnsbl.listedBy() !== null && !this.#authenticated)
      return { ...refuse("dnsbl", replies.CLIENT_LISTED), told };
    if (this.#isBlocked(mailbox)) return { ...refuse("block-address", replies.ADDRESS_BLOCKED), told };
    return this.#ask(this.#write(envelope), (reply) => {
      if (isPositive(reply)) {
        this.#stage = "mail";
        this.#sender = mailbox;
      }
      return this.#judged(reply, { verb: "MAIL", ...told }, false);
    });
  }

  #rcpt(argument: string): Step {
    if (!this.#inTransaction()) return refuse("sequence", replies.BAD_SEQUENCE);
    const step = this.#judgeRecipient(argument);
    if (step.refused !== undefined) this.#recipientRefused = true;
    return step;
  }

  #judgeRecipient(argument: string): Step {
    const envelope = parseEnvelope("RCPT", argument, this.#offered);
    if ("rule" in envelope) return refuse(envelope.rule, envelope.reply);
    const mailbox = envelope.mailbox!;
    const told = { from: addressOf(this.#sender), to: [addressOf(mailbox)] };
    if (!mayRelay(mailbox, this.#sender, this.#authenticated, this.#relay))
      return { ...refuse("relay", replies.RELAY_DENIED), told };
    if (this.#isBlocked(mailbox)) return { ...refuse("block-address", replies.ADDRESS_BLOCKED), told };
    if (this.#options.maxRecipients > 0 && this.#recipients >= this.#options.maxRecipients) {
      // RFC 5321 section 4.5.3.1.10: the client sends the rest in another transaction; no error of its own.
      return { ...refuse("max-recipients", replies.TOO_MANY_RECIPIENTS), error: false, told };
    }
    return this.#ask(this.#write(envelope), (reply) => {
      if (isPositive(reply)) {
        this.#stage = "rcpt";
        this.#recipients++;
        if (this.#accepted.length < TOLD_RECIPIENTS) this.#accepted.push(...told.to);
      } else this.#recipientRefused = true;
      // Whoever asks for one name after the other is told by the server which of them exist.
      return this.#judged(reply, { verb: "RCPT", ...told }, true);
    });
  }

  #data(argument: string): Step {
    if (argument !== "") return refuse("syntax", replies.BAD_ARGUMENT);
    if (this.#stage === "mail" && this.#recipientRefused)
      return refuse("no-recipients", replies.NO_RECIPIENTS);
    if (this.#stage !== "rcpt") return refuse("sequence", replies.BAD_SEQUENCE);
    const step = this.#ask(
      "DATA\r\n",
      (reply) => {
        if (reply.code !== "354") return this.#judged(reply, { verb: "DATA", ...this.#transaction }, false);
        this.#body = this.#newBody();
        return { client: replies.START_INPUT, next: upload(this.#body) };
      },
      PATIENCE.data,
    );
    return { ...step, mayUpload: true };
  }

  #newBody(): MessageBody {
    const { maxMessageSize, bareNewline, longText, blockBody } = this.#options;
    const limits = {
      size: maxMessageSize,
      line: longText === "reject" ? TEXT_LINE : 0,
      discard: maxMessageSize * DISCARD_FACTOR,
      bareNewline,
    };
    return new MessageBody(limits, blockBody?.() ?? null);
  }

  #committed(reply: Reply, { from, to, recipients, octets }: Message): Step | "fault" {
    const step = this.#judged(reply, { verb: "DATA", from, to }, true);
    if (step === "fault" || !isPositive(reply)) return step;
    const queue = queueIdOf(reply.lines.at(-1)!);
    const fields = {
      ...(queue === null ? {} : { queue }),
      ...{ octets, recipients, reply: writeReply(reply).trimEnd(), from, to, ...this.#speaker },
      ...(this.#user === undefined ? {} : { user: this.#user }),
    };
    return { ...step, log: { level: 1, event: "message", fields } };
  }

  #rset(): Step {
    const step = this.#ask("RSET\r\n", (reply) => {
      if (isPositive(reply)) this.#resetTransaction();
      return this.#judged(reply, { verb: "RSET" }, false);
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
    const bye: Step = { client: replies.bye(this.#setup.hostname), next: "close", ends: "quit" };
    if (this.#stage === "dead") return bye;
    this.#quitting = true;
    return this.#ask("QUIT\r\n", () => bye, PATIENCE.quit);
  }

  // ------------------------------------------------------------------ AUTH (RFC 4954)

  #auth(argument: string): Step {
    if (this.#options.auth === "off") return refuse("auth", replies.NOT_IMPLEMENTED);
    if (this.#stage !== "ready" || this.#authenticated) return refuse("sequence", replies.BAD_SEQUENCE);
    const [mechanism, initial, ...more] = argument.split(/ +/) as [string, ...string[]];
    if (mechanism === "" || more.length > 0) return refuse("syntax", replies.BAD_ARGUMENT);
    if (!this.#mechanisms.includes(mechanism.toUpperCase()))
      return refuse("mechanism", replies.NO_SUCH_MECHANISM);
    if (initial !== undefined && !isInitialResponse(initial)) return refuse("sasl", replies.BAD_SASL);
    const exchange = new SaslExchange(mechanism, initial);
    const words = ["AUTH", exchange.method, ...(initial === undefined ? [] : [initial])];
    return this.#askLogin(exchange, `${words.join(" ")}\r\n`);
  }

  #askLogin(exchange: SaslExchange, server: string): Step {
    const step = this.#ask(server, (reply) => this.#authReply(reply, exchange));
    // Until it has data the server can refuse the mechanism, and nobody.
    if (!exchange.hasData) return step;
    this.#logins.begin(exchange.login);
    return { ...step, decides: "login" };
  }

  #saslLine(line: Line, exchange: SaslExchange): Step {
    this.#sasl = null;
    const { verdict, server, hidden } = exchange.answer(line);
    if (this.#lost !== null) {
      // The server left while the client was asked: the rest of the exchange is as it would be with it.
      this.#logins.begin(exchange.login);
      return { ...this.#loginLost(this.#lost), ...hidden };
    }
    if (verdict === "data") return { ...this.#askLogin(exchange, server), ...hidden };
    // The server still waits for data: it is told to stop.
    return { ...this.#ask(server, (reply) => this.#stopped(reply, verdict, exchange)), ...hidden };
  }

  /** Its word for that is 501 (RFC 4954 §4), an error as any other of AUTH; of what was no data we say it ourselves. */
  #stopped(reply: Reply, verdict: "cancel" | "bad" | "too-long", exchange: SaslExchange): Step | "fault" {
    const step = this.#pass(reply);
    if (step === "fault" || isPositive(reply)) return "fault";
    if (exchange.isTold) return { ...this.#abandon(exchange), error: true };
    if (verdict === "bad") return refuse("sasl", replies.BAD_SASL);
    if (verdict === "too-long") return refuse("sasl", replies.SASL_TOO_LONG);
    return { ...step, error: true };
  }

  /** A guess is one whether or not its end was waited for. */
  #abandon(exchange: SaslExchange): Step {
    this.#logins.begin(exchange.login);
    return this.#logins.abandon(LOGIN_WORDS);
  }

  #authReply(reply: Reply, exchange: SaslExchange): Step | "fault" {
    if (reply.code === "334") {
      this.#logins.suspend();
      this.#sasl = exchange;
      const challenge: Step = { client: writeReply(reply), next: "command" };
      return exchange.isRefusedByChallenge ? { ...challenge, delay: this.#logins.delay } : challenge;
    }
    // A server that says goodbye instead of an answer hangs up, in so many words.
    if (reply.code === "421" && this.#logins.isPending) {
      this.#stage = "dead";
      this.#lost = "hung-up";
      return this.#loginLost("hung-up");
    }
    const step = this.#pass(reply);
    if (step === "fault") return step;
    if (reply.code === "235") {
      this.#authenticated = true;
      this.#user = exchange.login.user;
      this.#logins.begin(exchange.login);
      return { ...step, log: this.#logins.accept() };
    }
    // One text for all: servers word "no such user" and "bad password" differently.
    if (reply.code.startsWith("5") && exchange.hasData)
      return { ...this.#logins.refuse(LOGIN_WORDS), error: true };
    const isPending = this.#logins.isPending;
    this.#logins.suspend();
    const judged = this.#judged(reply, { verb: "AUTH" }, true);
    if (!isPending || judged === "fault") return judged;
    // It has no time for it, or says so: no guess is counted, and none is to be had for nothing.
    return { ...judged, client: replies.LOGIN_UNAVAILABLE, delay: this.#logins.delay };
  }

  /** The server left, and what it was asked was a login. */
  #loginLost(how: Loss): Step {
    const failure = this.#logins.lose(how, LOGIN_WORDS);
    return failure ?? { client: replies.LOGIN_UNAVAILABLE, next: "close" };
  }

  // ------------------------------------------------------------------ replies

  #greeted(reply: Reply): Step | "fault" {
    if (reply.code.startsWith("3")) return "fault";
    this.#stage = "refused";
    if (!isPositive(reply)) return this.#judged(reply, {}, false);
    if (this.#options.blockIp.has(this.#setup.clientAddress))
      return { ...refuse("block-ip", replies.CLIENT_BLOCKED), error: false };
    this.#stage = "init";
    return { client: replies.greeting(this.#setup.hostname), next: "command" };
  }

  /** The server's reply as it is, but for what no client should see in it. */
  #pass(reply: Reply): Step | "fault" {
    // 354 and 334 change what the next octets mean: only DATA and AUTH may get them.
    if (reply.code.startsWith("3")) return "fault";
    return reply.code === "421" ? this.#closing(reply) : { client: writeReply(reply), next: "command" };
  }

  /** RFC 5321 section 3.8: the server ends the session by it. */
  #closing(reply: Reply): Step {
    return { client: writeReply(reply), next: "close", ends: "server-end" };
  }

  /**
   * The same, and where it says no that is told like a refusal of ours.
   * @param counts whether a permanent one is an error of the client's
   */
  #judged(reply: Reply, told: Told, counts: boolean): Step | "fault" {
    const step = this.#pass(reply);
    if (step === "fault" || isPositive(reply)) return step;
    const error = counts && reply.code.startsWith("5");
    return { ...step, refused: "server", by: "server", error, told: { ...told, ...this.#speaker } };
  }

  #ask(server: string, onReply: OnReply, patience = PATIENCE.command): Step & { server: string } {
    this.#onReply = onReply;
    return { server, next: "reply", patience };
  }

  // ------------------------------------------------------------------ the transaction

  get #transaction(): { from: string; to: readonly string[] } {
    return { from: addressOf(this.#sender), to: this.#accepted };
  }

  /** The name the client gave. */
  get #speaker(): { helo?: string } {
    return this.#hello === null ? {} : { helo: this.#hello.slice("EHLO ".length).trimEnd() };
  }

  #inTransaction(): boolean {
    return this.#stage === "mail" || this.#stage === "rcpt";
  }

  #resetTransaction(): void {
    if (this.#inTransaction()) this.#stage = "ready";
    this.#sender = null;
    this.#recipients = 0;
    this.#accepted = [];
    this.#recipientRefused = false;
  }

  #isBlocked(mailbox: Mailbox | null): boolean {
    const text = addressOf(mailbox);
    return this.#options.blockAddress.some((pattern) => pattern.test(text));
  }

  #write(envelope: Envelope): string {
    return writeEnvelope(envelope, this.#sizeIsOurs ? "SIZE" : null);
  }
}

function refuse(rule: Rule, client: string): Step & { refused: Rule } {
  return { client, refused: rule, next: "command" };
}

/** Without its brackets; of the null sender nothing is left. */
function addressOf(mailbox: Mailbox | null): string {
  return writePath(mailbox).slice(1, -1);
}

function isPositive(reply: Reply): boolean {
  return reply.code.startsWith("2");
}

/** Blanks between verb and argument and at the end are tolerated (RFC 5321 section 4.1.1). */
function split(text: string): { verb: string; argument: string } {
  const end = text.indexOf(" ");
  if (end < 0) return { verb: text.toUpperCase(), argument: "" };
  let from = end;
  let to = text.length;
  while (text[from] === " ") from++;
  while (to > from && text[to - 1] === " ") to--;
  return { verb: text.slice(0, end).toUpperCase(), argument: text.slice(from, to) };
}

function faultReply(fault: Rule): string {
  switch (fault) {
    case FAULTS.bareNewline:
      return replies.BARE_NEWLINE;
    case FAULTS.nul:
      return replies.NUL_IN_MESSAGE;
    case FAULTS.size:
      return replies.MESSAGE_TOO_BIG;
    case FAULTS.line:
      return replies.TEXT_LINE_TOO_LONG;
    default: // what --block-body refuses
      return replies.CONTENT_BLOCKED;
  }
}
