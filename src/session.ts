// The sans-I/O machine of one connection: octets in, actions out; all state of the connection that is not
// the protocol's own. It keeps what every protocol needs kept:
//   - lock-step: at most one command is outstanding at the server, and its whole reply is read first;
//   - one reply per client line, in order, one write each;
//   - bounded memory: one chunk of the client's read-ahead, one line of each side;
//   - deadlines, the budget of errors, and which end of a connection means what.
// It must not know sockets, clocks (times come in, in milliseconds), processes or a protocol's words.
//
//   greeting ──► command ──► reply ──► command …          stream protocols: command ◄─► command …
//                   ▲          ├─► upload ──► reply        (server octets pass at any time) ──► drain
//                   │          ├─► download ──► command
//                   └── delay ◄┘        any ──► closed
//
// Two kinds of trouble: a peer's fault is a Step of the conversation (reply, log, perhaps the end); our own
// or a protocol module's is a SessionFault, which the caller turns into a log line, 421 / -ERR and exit 70.

import type { AnyProtocol, Conversation, Expiry, Loss, Outcome, Step } from "./protocols/protocol.ts";
import { Account } from "./record/account.ts";
import type { Entry, Reason, Told } from "./record/entry.ts";
import type { Rule } from "./record/rules.ts";
import { Budget, SPENT_DELAY } from "./session/budget.ts";
import { Pace } from "./session/pace.ts";
import { Tally } from "./session/tally.ts";
import type { Body } from "./wire/body.ts";
import { encode } from "./wire/latin1.ts";
import { LineReader } from "./wire/lines.ts";
import { TEXT_LINE } from "./wire/message.ts";
import { LF } from "./wire/octets.ts";

/** What a session does to the world. Calls return at once; the octets given are valid only during them. */
export interface Output {
  toClient(octets: Uint8Array): void;
  toServer(octets: Uint8Array): void;
  /** Ends the server before its input closes: the process group is killed, a TCP connection reset. */
  abortServer(): void;
  /** Starts a fresh server in place of the one aborted. */
  restartServer(): void;
  /** Ends the server's input; its output still passes. */
  endServerInput(): void;
  /** Nothing more will be read or written: what was written is delivered, then both sides are closed. */
  close(): void;
  log(entry: Entry): void;
}

/** Limits of the session itself; 0 is "none" everywhere. */
export interface SessionLimits {
  /** Errors without an accepted message between them, before the session is ended. */
  readonly maxErrors: number;
  /** Seconds in which a client's next line must be complete, or the next octets of a body must come. */
  readonly idleTimeout: number;
  /** Seconds a session may last. */
  readonly sessionTimeout: number;
  /** Seconds a server may take for a reply. */
  readonly serverTimeout: number;
  /** Octets a second of a message. */
  readonly minRate: number;
  /** The highest level the log is read at; by default 4, which has everything but the text of messages. */
  readonly logLevel?: number;
}

/** Our own or a protocol module's mistake: never the client's, never the server's. */
export class SessionFault extends Error {
  override readonly name = "SessionFault";
  /** The client can be told: it is not in the middle of an answer. */
  tellable = true;
}

/** A server's line, with its end (octets): far above RFC 5321 section 4.5.3.1.5's 512 and RFC 2449's 512. */
const SERVER_LINE = 2048;

/** Seconds for a block of a message (RFC 5321 section 4.5.3.2.5), which here is a text line. */
const BODY_PATIENCE = 180;

/** Seconds of silence that end a server's output once nothing more is read of the client. */
const DRAIN_PATIENCE = 30;

/** Seconds an answer under way may still take when the administrator ends us. */
const SHUTDOWN_PATIENCE = 5;

/**
 * Seconds an answer may still take when the session's time is over, or when nobody is left to hear it: of what
 * the server decides we must know how it was decided, and whoever left must not have tried it at no cost. Of
 * anything else it is only the rest of a line under way.
 */
const LAST_ANSWER = { decides: 30, other: 5 };

/** Seconds until what is due at once. */
const SOON = 0.001;

/** Who speaks first in lock-step. */
export type Greets = NonNullable<AnyProtocol["greets"]>;

/** What the log says of an end by the clock. */
const EXPIRED = {
  idle: "idle",
  "too-slow": "too-slow",
  session: "session-timeout",
  shutdown: "shutdown",
} as const satisfies Readonly<Record<Expiry, Reason<"end">>>;

/** A message, as a refusal of it may be told. */
const MESSAGE = "(message)";

type Mode = "greeting" | "command" | "reply" | "upload" | "download" | "delay" | "drain" | "closed";
type Deadline = "idle" | "server" | "delay" | "drain";

export class Session {
  readonly #dialogue: AnyProtocol["dialogue"];
  readonly #conversation: Conversation<string>;
  readonly #output: Output;
  readonly #limits: SessionLimits;

  #mode: Mode = "greeting";
  /** The body being streamed in mode `upload` or `download`. */
  #body: Body | null = null;
  /** A client line (or the connection itself) waits for its one reply. */
  #due: boolean;
  #deferred: Step<string> | null = null;
  /** Client lines are being read. After a fault of ours it stays so: no line is read any more. */
  #running = false;
  #serverGone = false;
  /** What a session ends of that cannot go on without its server. */
  #goneBy: Reason<"end"> = "server-lost";
  /** The server's last word refused a login: one that leaves after that says no more by it. */
  #farewell = false;
  #endedBy: Reason<"end"> | null = null;
  #uploadAborted = false;
  /** Octets of a message since its last line end. */
  #dripped = 0;
  /** The answer that is awaited may begin a message. */
  #mayUpload = false;
  /** The answer that is awaited decides something. */
  #decides = false;
  /** The client cannot be told anything any more; the session goes on for what the server was told. */
  #clientGone = false;
  /** What is being answered, as the log may show it. */
  #shown = "(connection)";
  /** When the client's line that is being answered was read. */
  #lineAt = 0;
  /** What is being answered is a message. */
  #answersMessage = false;
  /** The budget of errors has ended the session: what is answered now is the last. */
  #isSpent = false;
  readonly #budget: Budget;
  readonly #pace: Pace;

  readonly #clientLines = new LineReader();
  #serverLines = new LineReader();
  /** Client octets read ahead and not consumed yet: one chunk at most. */
  #ahead: Uint8Array | null = null;
  #aheadAt = 0;
  #clientEnded = false;

  #deadline: { kind: Deadline; seconds: number; at: number } | null = null;
  #end = Number.POSITIVE_INFINITY;
  /** What the end above is: the session's time, or the patience of an administrator who ends us. */
  #endOf: "session" | "shutdown" = "session";
  /** The end is near: an answer under way is still awaited, and nothing is begun. */
  #ending = false;
  #now = 0;

  /** The server was lost before it greeted: for whoever started us the service was not there. */
  unserved = false;
  /** What the log is told. */
  readonly account: Account;

  /** The server was told to deliver something: it may still be at it when the session is over. */
  mayDeliver = false;
  /** Counted for the log's last line. */
  readonly tally = new Tally();

  constructor(
    dialogue: AnyProtocol["dialogue"],
    conversation: Conversation<string>,
    output: Output,
    limits: SessionLimits,
    greets: Greets = "server",
  ) {
    this.#dialogue = dialogue;
    this.#conversation = conversation;
    this.#output = output;
    this.#limits = limits;
    this.#due = dialogue === "lock-step" && greets === "server";
    this.#budget = new Budget(limits.maxErrors);
    this.#pace = new Pace(limits.minRate);
    const statusOf = (reply: string) => conversation.statusOf?.(reply) ?? "";
    this.account = new Account((entry) => output.log(entry), limits.logLevel ?? 4, statusOf);
  }

  /** The server has been started. @param now milliseconds, as in every other call */
  start(now: number): void {
    this.#now = now;
    if (this.#limits.sessionTimeout > 0) this.#end = now + this.#limits.sessionTimeout * 1000;
    this.#enter(this.#due ? "greeting" : "command");
  }

  /** Whether the client may be read: one chunk is read ahead, never two. */
  get wantsClient(): boolean {
    if (this.#clientGone || this.#clientEnded || this.#ahead !== null) return false;
    return this.#mode !== "closed" && this.#mode !== "drain";
  }

  /** Whether what a client says now is said too early. */
  get isGreeting(): boolean {
    return this.#mode === "greeting";
  }

  /** Whether a line of ours would be read as one. */
  get tellable(): boolean {
    return this.#dialogue === "lock-step" && this.#mode !== "download" && this.#mode !== "closed";
  }

  get closed(): boolean {
    return this.#mode === "closed";
  }

  /** Why the session ended. One that has not is ended by a fault. */
  get reason(): Reason<"end"> {
    return this.#endedBy ?? "fault";
  }

  /** Whether the server is, or may be, in the middle of a message. */
  get holdsMessage(): boolean {
    return this.#mode === "upload" || (this.#mode === "reply" && this.#mayUpload);
  }

  /** When the session is over whatever its peers do (milliseconds), or infinity. */
  get end(): number {
    return this.#end;
  }

  /** When `tick` is due (milliseconds), or infinity. */
  get deadline(): number {
    return this.#mode === "closed"
      ? Number.POSITIVE_INFINITY
      : Math.min(this.#deadline?.at ?? this.#end, this.#end, this.#pace.due);
  }

  /** Octets of the client. Only when `wantsClient`; the chunk is the session's until it wants more. */
  clientOctets(chunk: Uint8Array, now: number): void {
    this.#now = now;
    if (!this.wantsClient) throw new SessionFault("client octets nobody asked for");
    if (this.#mode === "greeting") {
      const step = this.#conversation.earlyTalker?.() ?? null;
      if (step !== null) return this.#apply(step, `(${chunk.length} octets)`);
    }
    this.#ahead = chunk;
    this.#aheadAt = 0;
    this.#run();
  }

  /** The client ended its side; what it sent before is still served (half-close). */
  clientEnd(now: number): void {
    this.#now = now;
    this.#clientEnded = true;
    // It asked for nothing, and may be gone altogether: who never greets is not waited for on its behalf.
    if (this.#mode === "greeting" && this.#ahead === null) this.#awaitLast();
    // A reply held back stays held back: a failed login that ended at once for whoever half-closes would tell
    // its result without the delay, and a delay that can be skipped is none. A reset ends it (clientLost).
    this.#run();
  }

  /**
   * The connection to the client is broken: nothing can be delivered any more. What the server was told counts
   * all the same: its answer is awaited, and a client that leaves before the answer to a wrong password keeps
   * its place for as long as one that stays.
   */
  clientLost(now: number): void {
    this.#now = now;
    if (this.#clientGone) return;
    this.#clientGone = true;
    this.#ahead = null;
    if (this.#mode === "closed") return;
    this.#endedBy ??= "client-lost";
    if (this.#mode === "delay") return;
    if (this.#mode === "command") return this.#perform(this.#conversation.abandoned?.() ?? { next: "close" });
    // Nothing was decided yet by whom a message is awaited from, and it must not be begun.
    if (this.#mode !== "reply" || !this.#due || this.#mayUpload) return this.#close("client-lost");
    this.#awaitLast();
  }

  /** Octets of the server, valid during the call. */
  serverOctets(chunk: Uint8Array, now: number): void {
    this.#now = now;
    if (this.#serverGone) return;
    if (this.#dialogue === "stream") {
      if (this.#mode === "closed") return;
      const octets = this.#conversation.serverOctets?.(chunk) ?? chunk;
      if (octets.length > 0) this.#output.toClient(octets);
      this.account.tellText("server", chunk, 0, chunk.length);
      // What is waited for is silence: a long answer is no idle one.
      this.#enter(this.#mode === "drain" ? "drain" : "command");
      return;
    }
    let at = 0;
    while (at < chunk.length && this.#mode !== "closed" && !this.#serverGone) {
      if (this.#mode === "download") at = this.#download(chunk, at);
      else at = this.#serverLine(chunk, at);
    }
    this.#run();
  }

  /** The server closed its output, or cannot be written to any more. @param how `failed`: it did not go by itself */
  serverEnd(now: number, how: Loss = "hung-up"): void {
    this.#now = now;
    if (this.#serverGone || this.#mode === "closed") return;
    if (this.#dialogue === "stream") {
      const rest = this.#conversation.serverRest?.();
      if (rest !== undefined && rest.length > 0) this.#output.toClient(rest);
    }
    if (this.#mode === "drain" || this.#dialogue === "stream")
      return this.#close(how === "failed" ? "server-lost" : "server-end");
    this.#lose("closed", how);
    this.#run();
  }

  /** A deadline may have passed. */
  tick(now: number): void {
    this.#now = now;
    if (this.#mode === "closed") return;
    if (now >= this.#end && this.#end <= (this.#deadline?.at ?? this.#end)) return this.#atEnd();
    if (now >= this.#pace.due) {
      if (this.#pace.isTooSlow(now)) this.#expire("too-slow");
      return;
    }
    if (this.#deadline === null || now < this.#deadline.at) return;
    switch (this.#deadline.kind) {
      case "delay": {
        const step = this.#deferred!;
        this.#deferred = null;
        this.#perform(step);
        break;
      }
      case "server":
        this.#lose("timeout", this.#clientGone ? "unanswered" : "failed");
        break;
      case "drain":
        this.#close("idle");
        break;
      default:
        this.#deadline.kind satisfies "idle";
        this.#expire("idle");
    }
    this.#run();
  }

  /** The client is not read for a while, because the server does not read what came of it. */
  pause(now: number): void {
    this.#pace.pause(now);
  }

  /** One side read nothing for a while and reads again: waiting for it was nobody else's delay. */
  resume(now: number): void {
    this.#now = now;
    this.#pace.resume(now);
    const deadline = this.#deadline;
    if (deadline !== null && deadline.kind !== "delay") this.#arm(deadline.kind, deadline.seconds);
  }

  /**
   * The administrator ends us. An answer under way is finished, within bounds; a message under way is not.
   */
  shutdown(now: number): void {
    this.#now = now;
    if (this.#mode === "closed" || this.#endOf === "shutdown") return;
    this.#endOf = "shutdown";
    this.#ending = true;
    this.#end = Math.min(this.#end, now + SHUTDOWN_PATIENCE * 1000);
    if (this.#mode !== "reply" && this.#mode !== "download" && this.#mode !== "drain")
      this.#perform(this.#lastWords("shutdown"));
  }

  /** The session's time is over, or that of an administrator who waits for an answer under way. */
  #atEnd(): void {
    // Last words in the middle of a body would be taken for its text.
    if (this.#mode === "download" || this.#mode === "drain") return this.#close(EXPIRED[this.#endOf]);
    const last = this.#lastWords(this.#endOf);
    if (this.#mode === "delay" && this.#endOf === "session") {
      // What is held back is an answer that was had in time: nobody is told sooner for having come late.
      this.#ending = true;
      this.#end = Number.POSITIVE_INFINITY;
      return;
    }
    if (this.#mode !== "reply" || !this.#due) return this.#perform(last);
    if (!this.#ending) {
      // The answer may be that a message was delivered: never "try again" when it could be had.
      this.#ending = true;
      this.#end = this.#now + this.#lastAnswer * 1000;
      return;
    }
    this.account.tell(1, "server-lost", { reason: "timeout", mode: this.#mode });
    const { log } = this.#conversation.serverLost(true, "unanswered");
    this.#perform(log === undefined ? last : { ...last, log });
  }

  /** Nobody asks for more than the answer that is awaited. */
  #awaitLast(): void {
    const at = this.#deadline?.at ?? Number.POSITIVE_INFINITY;
    // What was due while the client did not read is due now: no time at all would be no deadline.
    const left = Math.max(SOON, (at - this.#now) / 1000);
    this.#arm("server", Math.min(this.#lastAnswer, left));
  }

  #expire(why: Expiry): void {
    this.#perform(this.#lastWords(why));
  }

  #lastWords(why: Expiry): Step<string> {
    return { ...this.#conversation.expired(why), ends: EXPIRED[why] };
  }

  /** Seconds for the answer that is awaited, once it is the last. */
  get #lastAnswer(): number {
    return LAST_ANSWER[this.#decides ? "decides" : "other"];
  }

  // ------------------------------------------------------------------ the client's octets

  /** Consumes the read-ahead as far as the mode allows; the only place where client lines are read. */
  #run(): void {
    if (this.#running) return;
    this.#running = true;
    while (this.#ahead !== null && (this.#mode === "command" || this.#mode === "upload")) {
      if (this.#mode === "upload") this.#upload();
      else this.#clientLine();
      if (this.#ahead !== null && this.#aheadAt >= this.#ahead.length) this.#ahead = null;
    }
    this.#running = false;
    if (this.#ahead === null && this.#clientEnded) this.#atClientEnd();
  }

  #atClientEnd(): void {
    if (this.#mode === "upload") {
      // RFC 5321 section 4.1.1.10: the message is not delivered, not even by a server that takes an end of
      // input for an end of message.
      this.#close("client-end");
    } else if (this.#mode === "command") {
      const rest = this.#clientLines.rest;
      this.#endedBy ??= "client-end";
      const step: Step<string> = this.#conversation.clientEnd?.(rest) ??
        this.#conversation.abandoned?.() ?? { next: "close" };
      this.#apply(step, step.shown ?? `(${rest.length} octets)`);
    }
  }

  #clientLine(): void {
    const { line, next } = this.#clientLines.read(
      this.#ahead!,
      this.#aheadAt,
      this.#conversation.lineLimit(),
    );
    this.#aheadAt = next;
    if (line === null) return;
    this.tally.commands++;
    this.#due = true;
    this.#lineAt = this.#now;
    this.#answersMessage = false;
    const step = this.#conversation.clientLine(line);
    const shown = step.shown ?? `(${line.octets} octets)`;
    this.#shown = shown;
    const verb = step.told?.verb;
    this.account.keepSecret(step.secret);
    this.account.tell(3, "command", { ...(verb === undefined ? {} : { verb }), line: shown });
    this.tally.begin(verb);
    this.#apply(step, shown);
  }

  #upload(): void {
    const body = this.#body!;
    const from = this.#aheadAt;
    this.#aheadAt = body.scan(this.#ahead!, this.#aheadAt, (octets) => {
      if (!this.#serverGone) this.#output.toServer(octets);
    });
    this.account.tellText("client", this.#ahead!, from, this.#aheadAt);
    this.#pace.took(this.#aheadAt - from);
    if (body.fault !== null) this.#abortUpload(body.fault);
    if (body.ended) this.#endBody();
    else this.#expectText(this.#aheadAt - from, this.#ahead!.indexOf(LF, from) >= 0);
  }

  /** Time starts anew with a line, or what would be one: a client that drips octets gains nothing by each. */
  #expectText(octets: number, line: boolean): void {
    this.#dripped += octets;
    if (!line && this.#dripped < TEXT_LINE) return;
    this.#dripped = 0;
    this.#enter("upload");
  }

  /** The rest of the message is swallowed; the server must not take what it has for a whole one. */
  #abortUpload(rule: Rule): void {
    if (this.#uploadAborted) return;
    this.#uploadAborted = true;
    const { reply, told } = this.#conversation.bodyRefused?.(rule) ?? {};
    this.#tellRefused(rule, { by: "us", told, reply, line: MESSAGE });
    this.#budget.error();
    this.#goneBy = "refused";
    this.#abort();
  }

  #endBody(): void {
    // The message as a whole is answered, as a command is; a body for the client was itself the answer.
    if (this.#mode === "upload") {
      this.#due = true;
      this.#shown = MESSAGE;
      this.#lineAt = this.#now;
      this.#answersMessage = true;
      this.#pace.end();
    }
    this.#body = null;
    this.#uploadAborted = false;
    const step = this.#conversation.bodyEnd?.();
    if (step === undefined) throw new SessionFault("a body ended and the protocol has no bodyEnd");
    this.#apply(step);
  }

  // ------------------------------------------------------------------ the server's octets

  #download(chunk: Uint8Array, at: number): number {
    const body = this.#body!;
    const next = body.scan(chunk, at, (octets) => this.#output.toClient(octets));
    this.account.tellText("server", chunk, at, next);
    this.#arm("server", this.#limits.serverTimeout);
    if (body.ended) this.#endBody();
    return next;
  }

  #serverLine(chunk: Uint8Array, at: number): number {
    const { line, next } = this.#serverLines.read(chunk, at, SERVER_LINE);
    if (line === null ? this.#serverLines.pending > SERVER_LINE : line.tooLong) {
      this.#lose("line-too-long", "failed");
      return chunk.length;
    }
    if (line === null) return next;
    this.#farewell = false;
    this.account.tellLine(4, "server-line", line.text);
    if (this.#mode === "upload" || this.#mode === "delay") {
      this.#lose("out-of-turn", "failed");
      return chunk.length;
    }
    if (this.#mode !== "greeting" && this.#mode !== "reply") {
      this.account.tellLine(1, "unsolicited", line.text);
      this.#abort();
      this.#apply(
        this.#conversation.unsolicited?.(line.text) ?? this.#conversation.serverLost(false, "failed"),
      );
      return chunk.length;
    }
    const step = this.#conversation.serverLine?.(line.text, line);
    if (step === undefined) throw new SessionFault("a lock-step protocol has no serverLine");
    if (step === "fault") {
      this.#lose("protocol", "failed");
      return chunk.length;
    }
    // Octets that came before the next hidden command was sent cannot be its reply.
    if (step.server !== undefined && next < chunk.length) {
      this.#lose("out-of-turn", "failed");
      return chunk.length;
    }
    this.#apply(step);
    return next;
  }

  /** The server is given up; the conversation says what the client is told, now or at its next command. */
  #lose(reason: Reason<"server-lost">, how: Loss): void {
    const mode = this.#mode;
    if (mode === "greeting") this.unserved = true;
    this.#abort();
    // In the middle of a body there is nothing honest to say: never an invented end (RFC 1939 section 3).
    const step =
      mode === "download" ? null : this.#conversation.serverLost(mode !== "delay" && this.#due, how);
    // One that goes after a wrong password, or instead of saying so, goes as its protocol has it: no news for anybody.
    const isFarewell = how === "hung-up" && (this.#farewell || step?.log?.event === "login-failed");
    if (isFarewell) this.#goneBy = "server-end";
    else this.account.tell(1, "server-lost", { reason, mode });
    if (step === null) return this.#close("server-lost");
    if (mode === "delay") {
      // The reply held back stays the answer to its line: a server that hangs up must not shorten the delay.
      if (step.next === "close") this.#deferred = { ...this.#deferred!, next: "close" };
      return;
    }
    if (mode === "upload") this.#uploadAborted = true;
    this.#apply(step);
  }

  #abort(): void {
    if (!this.#serverGone) this.#output.abortServer();
    this.#serverGone = true;
  }

  // ------------------------------------------------------------------ steps

  /**
   * Judges a step, then does it: the one way of all answers to a client, whoever gave them.
   * @param shown the client's line, as a refusal of it may be told
   */
  #apply(given: Step<string>, shown = given.shown ?? this.#shown): void {
    const isIdleError = given.idle === true && this.#budget.idle();
    const isError = given.error ?? given.refused !== undefined;
    if (isError) this.#budget.error();
    if (given.log?.event === "message") this.#budget.renew();
    const step = this.#budget.isSpent ? this.#spent(given, isError || isIdleError) : given;
    if (given.refused !== undefined)
      this.#tellRefused(given.refused, {
        ...{ by: given.by ?? "us", told: given.told, line: shown },
        reply: step.client?.trimEnd(),
      });
    if (given.client !== undefined) this.tally.conclude(this.#outcomeOf(given, given.client));
    this.#perform(step);
  }

  #tellRefused(rule: string, { by, told, reply, line }: Refusal): void {
    const { verb, ...addresses } = told ?? {};
    this.tally.refused++;
    this.account.tellRefused({
      ...{ rule, by },
      ...(verb === undefined ? {} : { verb }),
      ...(reply === undefined ? {} : { reply }),
      ...{ ...addresses, line },
    });
  }

  #outcomeOf({ refused, log }: Step<string>, reply: string): Outcome {
    if (refused !== undefined || log?.event === "login-failed") return "refused";
    return this.#conversation.outcome?.(reply) ?? "done";
  }

  /** What becomes of a step when the client has made its last error. */
  #spent(step: Step<string>, isError: boolean): Step<string> {
    const spared = this.#conversation.spared?.() ?? "never";
    if (spared === "always") return step;
    if (spared === "for-now")
      return isError ? { ...step, delay: Math.max(step.delay ?? 0, SPENT_DELAY) } : step;
    // What is no answer yet goes on until there is one: the end is an answer, too.
    const answers = this.#dialogue === "stream" || step.client !== undefined || step.idle === true;
    if (!answers) return step;
    // A message is answered for good: its sender must not try it again because of the errors beside it.
    this.#isSpent = true;
    if (this.#answersMessage && step.client !== undefined) return { ...step, next: "command" };
    const { log, delay } = step;
    return {
      ...this.#noPatience(),
      ...(log === undefined ? {} : { log }),
      // What a login costs it costs to the end.
      ...(delay === undefined ? {} : { delay }),
    };
  }

  #noPatience(): Step<string> {
    return { ...this.#conversation.tooManyErrors(), ends: "too-many-errors" };
  }

  #perform(given: Step<string>): void {
    const step = this.#ending ? this.#unbegun(given) : given;
    if (step.log !== undefined) {
      if (step.log.event === "message") this.tally.messages++;
      if (step.log.event === "login-failed") this.#farewell = true;
      this.account.tellEntry(step.log);
    }
    const wait = this.#lineAt + (step.delay ?? 0) * 1000 - this.#now;
    if (step.delay !== undefined && wait > 0) {
      const { delay, log, ...later } = step;
      this.#deferred = later;
      this.#mode = "delay";
      this.#arm("delay", wait / 1000);
      return;
    }
    // Nobody is left to be answered, and nothing is begun on behalf of nobody: only a reply under way is read on.
    if (this.#clientGone && (step.next !== "reply" || step.server !== undefined))
      return this.#close("client-lost");
    if (step.server !== undefined) {
      // Half a line nobody asked for would become the start of the reply to this command.
      if (this.#serverLines.partial) return this.#lose("out-of-turn", "failed");
      this.#send(step.server, step);
    }
    if (step.client !== undefined) this.#reply(step.client, step);
    this.#follow(step);
  }

  /**
   * At the end no message is begun: the last words come instead. They come instead of an answer that is held
   * back, too, when the administrator ends us, who does not wait.
   */
  #unbegun(step: Step<string>): Step<string> {
    const begins = this.#mode === "reply" && typeof step.next === "object" && "upload" in step.next;
    if (begins) this.#abort(); // it waits for a message, and may take an end of input for the end of one
    const isHeld = this.#endOf === "shutdown" && step.delay !== undefined && step.delay > 0;
    if (!begins && !isHeld) return step;
    const last = this.#lastWords(this.#endOf);
    return step.log === undefined ? last : { ...last, log: step.log };
  }

  #send(command: string, step: Step<string>): void {
    if (this.#dialogue === "lock-step" && step.next !== "reply")
      throw new SessionFault("a command was sent and its reply is not awaited");
    if (this.#serverGone) throw new SessionFault("a command for a server that is gone");
    if (!isRegular(command)) throw new SessionFault("a command with octets no server may see");
    this.#mayUpload = step.mayUpload === true;
    this.#decides = step.decides !== undefined;
    if (step.decides === "delivery") this.mayDeliver = true;
    this.#output.toServer(encode(command));
  }

  #reply(reply: string, step: Step<string>): void {
    if (this.#dialogue === "lock-step" && !this.#due && step.next !== "close")
      throw new SessionFault("a second reply to one line");
    if (!reply.endsWith("\r\n")) throw new SessionFault("a reply without its line end");
    this.#due = false;
    this.account.tellLine(4, "reply-line", reply.trimEnd());
    this.#output.toClient(encode(reply));
  }

  #follow(step: Step<string>): void {
    const next = step.next;
    switch (next) {
      case "command":
        if (this.#dialogue === "lock-step" && this.#due) throw new SessionFault("a line without a reply");
        this.#enter("command");
        if (this.#ending) return this.#perform(this.#lastWords(this.#endOf));
        if (this.#isSpent) this.#perform(this.#noPatience());
        return;
      case "reply": {
        // A greeting of several lines is awaited until its last.
        const greeting = this.#mode === "greeting" && step.server === undefined;
        return this.#enter(greeting ? "greeting" : "reply", step.patience);
      }
      case "restart":
        this.#serverGone = false;
        this.#goneBy = "server-lost";
        this.#serverLines = new LineReader();
        this.#output.restartServer();
        return this.#apply(this.#conversation.restarted?.() ?? { next: "close" });
      case "drain":
        this.#ahead = null;
        this.#enter("drain");
        return this.#output.endServerInput();
      case "close":
        return this.#close(this.#causeOf(step));
      default:
        this.#body = "upload" in next ? next.upload : next.download;
        if ("upload" in next && this.#mode !== "upload") this.#pace.begin(this.#now);
        return this.#enter("upload" in next ? "upload" : "download");
    }
  }

  #enter(mode: Exclude<Mode, "closed" | "delay">, patience = Number.POSITIVE_INFINITY): void {
    this.#mode = mode;
    const { idleTimeout, serverTimeout } = this.#limits;
    switch (mode) {
      case "greeting":
      case "reply":
        // With nobody left to hear it, the rest of an answer has the time that its start had.
        if (this.#clientGone) return;
        return this.#arm("server", Math.min(patience, serverTimeout || patience));
      case "download":
        return this.#arm("server", serverTimeout);
      case "command":
        return this.#arm("idle", idleTimeout);
      case "upload":
        return this.#arm("idle", Math.min(BODY_PATIENCE, idleTimeout || BODY_PATIENCE));
      default:
        mode satisfies "drain";
        return this.#arm("drain", DRAIN_PATIENCE);
    }
  }

  #arm(kind: Deadline, seconds: number): void {
    this.#deadline =
      seconds > 0 && Number.isFinite(seconds) ? { kind, seconds, at: this.#now + seconds * 1000 } : null;
  }

  /** Why a step ends the session. */
  #causeOf({ ends, refused, by }: Step<string>): Reason<"end"> {
    if (ends !== undefined) return ends;
    if (refused === "early-talker") return refused;
    if (refused !== undefined && by === undefined) return "refused";
    return this.#serverGone ? this.#goneBy : "quit";
  }

  /**
   * Ends the session; a server that is, or may be, in the middle of a message is aborted, not merely closed.
   * @param reason unless something else has ended it before
   */
  #close(reason: Reason<"end">): void {
    this.#endedBy ??= reason;
    if (this.#mode === "upload") this.account.tell(1, "incomplete-message", {});
    if (this.holdsMessage) this.#abort();
    this.#mode = "closed";
    this.#ahead = null;
    this.#output.close();
  }
}

/** What the log is told of a refusal; undefined is what nobody knows. */
interface Refusal {
  readonly by: "us" | "server";
  readonly told: Told | undefined;
  readonly reply: string | undefined;
  readonly line: string;
}

/** One line, CRLF at its end and no other control octet a server could take for structure. */
function isRegular(command: string): boolean {
  return /^[^\0\r\n]*\r\n$/.test(command);
}
