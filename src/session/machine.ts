// Steps and modes: who is listened to, what a step does to the world, and how a session ends. Every step is judged on
// one path, whoever gave it (`apply`). Knows no octets: what was heard, and when, it is told (hearing.ts, session.ts).

import { bodyOf, isListening, LINE, type Listening, NEXT, OWN } from "../protocols/next.ts";
import type { Conversation, Expiry, Loss, Step } from "../protocols/protocol.ts";
import { Account } from "../record/account.ts";
import type { Reason } from "../record/entry.ts";
import { encode } from "../wire/latin1.ts";
import { causeOf, EXPIRED } from "./causes.ts";
import { breachOf } from "./contract.ts";
import { Deadlines } from "./deadlines.ts";
import { SessionFault } from "./fault.ts";
import { Incoming } from "./incoming.ts";
import { Logins } from "./logins.ts";
import type { Judgement, Output, SessionLimits, Speech } from "./output.ts";
import { noPatience, Reckoning } from "./reckoning.ts";
import { ServerLink } from "./server-link.ts";
import { Turn } from "./turn.ts";

/** Seconds for a block of a message (RFC 5321 section 4.5.3.2.5), which here is a text line. */
const BODY_PATIENCE = 180;

/** Seconds of silence that end a server's output once nothing more is read of the client. */
const DRAIN_PATIENCE = 30;

export class Machine {
  readonly speech: Speech;
  readonly output: Output;
  readonly limits: SessionLimits;
  conversation: Conversation<string>;
  readonly client: Incoming = new Incoming();
  readonly server: ServerLink;
  readonly turn: Turn;
  readonly clock: Deadlines;
  readonly account: Account;
  readonly reckoning: Reckoning;
  readonly #logins: Logins;

  #at: Listening = OWN.greeting;
  #deferred: Step<string> | null = null;
  /** The client cannot be told anything any more; the session goes on for what the server was told. */
  isClientGone = false;
  /** The client speaks TLS: this is the second conversation. */
  #isSecured = false;
  /** A new conversation is told the greeting, and the client is not. */
  #isMute = false;
  /** The message under way was refused: the rest of it is swallowed. */
  isUploadAborted = false;
  endedBy: Reason<"end"> | null = null;
  /** The server was lost before it greeted: for whoever started us the service was not there. */
  unserved = false;

  constructor(speech: Speech, output: Output, limits: SessionLimits) {
    const { dialogue, greets = "server" } = speech;
    this.speech = speech;
    this.conversation = speech.converse(speech.isSecure === true);
    this.output = output;
    this.limits = limits;
    this.turn = new Turn(dialogue === "lock-step" && greets === "server");
    this.clock = new Deadlines(limits);
    this.server = new ServerLink(output);
    const statusOf = (reply: string) => this.conversation.statusOf?.(reply) ?? "";
    this.account = new Account((entry) => output.log(entry), limits.logLevel ?? 4, statusOf);
    this.#logins = new Logins(output, this.account);
    this.reckoning = new Reckoning(this.account, limits.maxErrors, dialogue === "stream");
  }

  start(now: number): void {
    this.clock.start(now);
    this.listen(this.turn.isDue ? OWN.greeting : this.#command);
  }

  // ------------------------------------------------------------------ who is listened to

  get at(): Listening {
    return this.#at;
  }

  get isClosed(): boolean {
    return this.#at === OWN.closed;
  }

  /** What a client says now it says too early. */
  get isGreeting(): boolean {
    return this.#at === OWN.greeting && !this.#isSecured;
  }

  get isUploading(): boolean {
    return this.#at.name === "upload";
  }

  /** What we said now would be taken for part of what is being said: of a body, or of a handshake. */
  get isMidWord(): boolean {
    const body = this.#at.client === null ? bodyOf(this.#at) : null;
    return this.#at === OWN.secure || (body !== null && body.isBetween !== true);
  }

  /** Whether the server is, or may be, in the middle of a message. */
  get holdsMessage(): boolean {
    const mayBegin = this.#at === NEXT.reply && this.server.mayUpload;
    return this.isUploading || this.server.isHolding || mayBegin;
  }

  /** What `command` listens to. */
  get #command(): Listening {
    return this.speech.dialogue === "stream" ? OWN.stream : NEXT.command;
  }

  /** Who is listened to from now on, and for how long. @param patience seconds for a server, where a rule says so */
  listen(at: Listening, patience = Number.POSITIVE_INFINITY): void {
    this.#at = at;
    const { idleTimeout, serverTimeout } = this.limits;
    if (at === OWN.drain) return this.clock.arm("drain", DRAIN_PATIENCE);
    if (at === OWN.login) return this.clock.arm("delay", 0); // whoever counts answers in time
    if (this.isUploading)
      return this.clock.arm("idle", Math.min(BODY_PATIENCE, idleTimeout || BODY_PATIENCE));
    if (at.client !== null || at === OWN.secure) return this.clock.arm("idle", idleTimeout);
    if (bodyOf(at) !== null) return this.clock.arm("server", serverTimeout);
    // With nobody left to hear it, the rest of an answer has the time that its start had.
    if (!this.isClientGone) this.clock.arm("server", Math.min(patience, serverTimeout || patience));
  }

  /** The client speaks TLS now: a new conversation is told of the server what it said when it came. */
  beginAnew(): void {
    this.conversation = this.speech.converse(true);
    this.#isSecured = true;
    if (this.server.isGone) return this.apply(this.conversation.serverLost(false, "failed"));
    if (this.speech.greets === "nobody") return this.listen(this.#command);
    this.#isMute = this.speech.greetsSecured !== true;
    this.turn.isDue = true;
    this.listen(OWN.greeting);
    for (const line of this.server.greeting) {
      const step = this.conversation.serverLine!(line.text, line);
      if (step === "fault") return this.lose("protocol", "failed");
      this.apply(step);
    }
  }

  // ------------------------------------------------------------------ steps

  /**
   * Judges a step, then does it: the one way of all answers, whoever gave them.
   * @param shown what is being answered, as a refusal of it may be told
   */
  apply(given: Step<string>, shown = given.shown ?? this.turn.shown): void {
    this.turn.shown = shown;
    this.#perform(this.reckoning.enter(given, this.turn, this.conversation));
  }

  /** Whether the login may be tried that was asked about. */
  judge(judgement: Judgement): void {
    const judged = this.#logins.judged(judgement, this.conversation);
    if (judged === null) return;
    const { step, after } = judged;
    const wait = this.turn.at + after * 1000 - this.clock.now;
    if (after > 0 && wait > 0) return this.clock.arm("delay", wait / 1000);
    this.#decide(judgement.isAllowed ? step : this.reckoning.enter(step, this.turn, this.conversation));
  }

  /** What was held back is due. */
  release(): void {
    const step = this.#logins.take() ?? this.#deferred!;
    this.#deferred = null;
    this.#perform(step);
  }

  #perform(given: Step<string>): void {
    const step = this.clock.isEnding ? this.#unbegun(given) : given;
    if (this.#logins.holds(step, !this.isClientGone)) this.listen(OWN.login);
    else this.#decide(step);
  }

  #decide(step: Step<string>): void {
    this.#logins.drop();
    this.#logins.settle(step);
    if (step.log !== undefined) {
      if (step.log.event === "message") this.reckoning.tally.messages++;
      if (step.log.event === "login-failed") this.server.isFarewell = true;
      this.account.tellEntry(step.log);
    }
    const wait = this.turn.at + (step.delay ?? 0) * 1000 - this.clock.now;
    if (step.delay !== undefined && wait > 0) {
      const { delay, log, ...later } = step;
      this.#deferred = later;
      this.#at = OWN.delay;
      return this.clock.arm("delay", wait / 1000);
    }
    // Nobody is left to be answered, and nothing is begun on behalf of nobody: only a reply under way is read on.
    if (this.isClientGone && (step.next !== "reply" || step.server !== undefined))
      return this.close("client-lost");
    // Half a line nobody asked for would become the start of the reply to this command.
    if (step.server !== undefined && this.server.incoming.pending > 0)
      return this.lose("out-of-turn", "failed");
    if (step.next === "secure" && (this.client.left > 0 || this.output.hasUnread())) return this.#injected();
    this.#do(step);
  }

  /** Nothing of it is read, let alone answered: the last words are said to whoever asked for TLS. */
  #injected(): void {
    this.account.tell(1, "tls-failed", { reason: "injected" });
    this.client.drop();
    return this.apply({ ...this.conversation.injected?.(), next: "close", ends: "tls-failed" });
  }

  #do(step: Step<string>): void {
    const { dialogue } = this.speech;
    const isClientHeard = this.#at.client === LINE;
    const standing = { dialogue, isDue: this.turn.isDue, isServerGone: this.server.isGone, isClientHeard };
    const breach = breachOf(step, standing);
    if (breach !== null) throw new SessionFault(breach);
    if (step.server !== undefined) this.server.send(step.server, step);
    if (step.part !== undefined) this.tellPart(step.part);
    if (step.client !== undefined) {
      this.turn.isDue = false;
      this.#tell(step.client);
    }
    this.#follow(step);
  }

  tellPart(part: string): void {
    if (part !== "") this.#tell(part);
  }

  #tell(lines: string): void {
    if (this.#isMute) return;
    this.account.tellLine(4, "reply-line", lines.trimEnd());
    this.output.toClient(encode(lines));
  }

  #follow(step: Step<string>): void {
    const { next } = step;
    if (isListening(next)) {
      if (next.name === "upload" && !this.isUploading) {
        this.clock.pace.begin(this.clock.now);
        this.server.beginMessage();
      }
      // What is refused keeps a place, too, as long as it comes.
      if (next.name === "swallow") this.clock.pace.begin(this.clock.now);
      return this.listen(next);
    }
    switch (next) {
      case "command":
        this.#isMute = false;
        this.listen(this.#command);
        if (this.clock.isEnding) return this.sayLast(this.clock.endOf);
        if (this.reckoning.isClosed) this.#perform(noPatience(this.conversation));
        return;
      case "reply": {
        // A greeting of several lines is awaited until its last.
        const isGreeting = this.#at === OWN.greeting && step.server === undefined;
        return this.listen(isGreeting ? OWN.greeting : NEXT.reply, step.patience);
      }
      case "restart":
        this.server.restart();
        return this.apply(this.conversation.restarted?.() ?? { next: "close" });
      case "secure":
        this.listen(OWN.secure);
        return this.output.secureClient();
      case "drain":
        this.client.drop();
        this.listen(OWN.drain);
        return this.output.endServerInput();
      case "close":
        return this.close(causeOf(step, this.server));
      default:
        return this.listen(NEXT[next]);
    }
  }

  // ------------------------------------------------------------------ ends

  /** The session's time is over, or that of an administrator who waits for an answer under way. */
  atEnd(): void {
    const { endOf, isEnding } = this.clock;
    if (this.#at === OWN.drain || this.isMidWord) return this.close(EXPIRED[endOf]);
    // What is held back is an answer that was had in time: nobody is told sooner for having come late.
    if (this.#at === OWN.delay && endOf === "session") return this.clock.prolong(Number.POSITIVE_INFINITY);
    if (this.#at !== NEXT.reply || !this.turn.isDue) return this.sayLast(endOf);
    // The answer may be that a message was delivered: never "try again" when it could be had.
    if (!isEnding) return this.clock.prolong(this.server.lastAnswer);
    this.account.tell(1, "server-lost", { reason: "timeout", mode: this.#at.name });
    const { log } = this.conversation.serverLost(true, "unanswered");
    this.#perform({ ...this.#lastWords(endOf), ...(log === undefined ? {} : { log }) });
  }

  /** The last words, but where they would be taken for something else. */
  sayLast(why: Expiry): void {
    if (this.isMidWord) this.close(EXPIRED[why]);
    else this.#perform(this.#lastWords(why));
  }

  #lastWords(why: Expiry): Step<string> {
    return { ...this.conversation.expired(why), ends: EXPIRED[why] };
  }

  /**
   * At the end no message is begun: the last words come instead. They come instead of an answer that is held
   * back, too, when the administrator ends us, who does not wait.
   */
  #unbegun(step: Step<string>): Step<string> {
    const { endOf } = this.clock;
    const begins = !this.isUploading && isListening(step.next) && step.next.name === "upload";
    if (begins) this.server.abort(); // it waits for a message, and may take an end of input for the end of one
    const isHeld = endOf === "shutdown" && step.delay !== undefined && step.delay > 0;
    if (!begins && !isHeld) return step;
    const last = this.#lastWords(endOf);
    return step.log === undefined ? last : { ...last, log: step.log };
  }

  /** Nobody asks for more than the answer that is awaited. */
  awaitLast(): void {
    this.clock.arm("server", Math.min(this.server.lastAnswer, this.clock.left));
  }

  /** The server is given up; the conversation says what the client is told, now or at its next command. */
  lose(reason: Reason<"server-lost">, how: Loss): void {
    const at = this.#at;
    if (this.isGreeting) this.unserved = true;
    this.server.abort();
    // In the middle of a body there is nothing honest to say: never an invented end (RFC 1939 section 3).
    const isHeld = at === OWN.delay;
    const step = this.isMidWord ? null : this.conversation.serverLost(!isHeld && this.turn.isDue, how);
    // One that goes after a wrong password, or instead of saying so, goes as its protocol has it: no news for anybody.
    const isFarewell = how === "hung-up" && (this.server.isFarewell || step?.log?.event === "login-failed");
    if (isFarewell) this.server.goneBy = "server-end";
    else this.account.tell(1, "server-lost", { reason, mode: at.name });
    if (step === null) return this.close("server-lost");
    if (isHeld) {
      // The reply held back stays the answer to its line: a server that hangs up must not shorten the delay.
      if (step.next === "close") this.#deferred = { ...this.#deferred!, next: "close" };
      return;
    }
    if (this.isUploading) this.isUploadAborted = true;
    this.apply(step);
  }

  /**
   * Ends the session; a server that is, or may be, in the middle of a message is aborted, not merely closed.
   * @param reason unless something else has ended it before
   */
  close(reason: Reason<"end">): void {
    this.#logins.leave(this.endedBy ?? reason, this);
    this.endedBy ??= reason;
    if (this.isUploading || this.server.isHolding) this.account.tell(1, "incomplete-message", {});
    if (this.holdsMessage) this.server.abort();
    this.#at = OWN.closed;
    this.client.drop();
    this.output.close();
  }
}
