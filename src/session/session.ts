// The sans-I/O machine of one connection: octets in, actions out. It keeps what every protocol needs kept:
//   - lock-step: at most one command is outstanding at the server, and its whole reply is read first;
//   - one reply per command, in order;
//   - bounded memory: one chunk of the client's read-ahead, one line or literal of each side;
//   - deadlines, the budget of errors, and which end of a connection means what.
// Who is listened to is one table (protocols/next.ts), what a step must keep is one list (contract.ts), and every step
// is judged on one path, whoever gave it (machine.ts). It must not know sockets, clocks (times come in, in milliseconds),
// processes or a protocol's words.
//
//   greeting ──► command ──► reply ──► command …          stream protocols: command ◄─► command …
//                 ▲  │ ▲       ├─► upload ──► reply        (server octets pass at any time) ──► drain
//                 │  │ more    ├─► download ──► command
//                 │  secure    └─► literal, either …
//                 └── delay ◄─┘        any ──► closed
//
// Two kinds of trouble: a peer's fault is a Step of the conversation (reply, log, perhaps the end); our own
// or a protocol module's is a SessionFault, which the caller turns into a log line, 421 / -ERR and exit 70.

import { NEXT, OWN } from "../protocols/next.ts";
import type { Loss, Step } from "../protocols/protocol.ts";
import type { Reason } from "../record/entry.ts";
import { SessionFault } from "./fault.ts";
import { Hearing } from "./hearing.ts";
import { Machine } from "./machine.ts";
import type { Judgement, Output, SessionLimits, Speech } from "./output.ts";
import type { Tally } from "./tally.ts";

/** Of a connection, what happens to it, as calls; what follows, as calls of the output. */
export class Session {
  readonly #machine: Machine;
  readonly #hearing: Hearing;
  #clientEnded = false;

  constructor(speech: Speech, output: Output, limits: SessionLimits) {
    this.#machine = new Machine(speech, output, limits);
    this.#hearing = new Hearing(this.#machine);
  }

  /** The server has been started. @param now milliseconds, as in every other call */
  start(now: number): void {
    this.#machine.start(now);
  }

  /** Whether the client may be read: one chunk is read ahead, never two. */
  get wantsClient(): boolean {
    const { isClientGone, client, at } = this.#machine;
    if (isClientGone || this.#clientEnded || client.left > 0) return false;
    return at !== OWN.closed && at !== OWN.drain && at !== OWN.secure;
  }

  /** Whether what a client says now is said too early. */
  get isGreeting(): boolean {
    return this.#machine.isGreeting;
  }

  /** The server was lost before it greeted: for whoever started us the service was not there. */
  get unserved(): boolean {
    return this.#machine.unserved;
  }

  /** Whether a line of ours would be read as one. */
  get tellable(): boolean {
    const { speech, isClosed, isMidWord } = this.#machine;
    return speech.dialogue === "lock-step" && !isClosed && !isMidWord;
  }

  get closed(): boolean {
    return this.#machine.isClosed;
  }

  /** Why the session ended. One that has not is ended by a fault. */
  get reason(): Reason<"end"> {
    return this.#machine.endedBy ?? "fault";
  }

  /** Whether the server is, or may be, in the middle of a message. */
  get holdsMessage(): boolean {
    return this.#machine.holdsMessage;
  }

  /** The server was told to deliver something: it may still be at it when the session is over. */
  get mayDeliver(): boolean {
    return this.#machine.server.mayDeliver;
  }

  /** Text of the server as the log may tell it: it may repeat a secret it was told. */
  masked(text: string): string {
    return this.#machine.account.masked(text);
  }

  /** Counted for the log's last line. */
  get tally(): Tally {
    return this.#machine.reckoning.tally;
  }

  /** When the session is over whatever its peers do (milliseconds), or infinity. */
  get end(): number {
    return this.#machine.clock.end;
  }

  /** When `tick` is due (milliseconds), or infinity. */
  get deadline(): number {
    return this.closed ? Number.POSITIVE_INFINITY : this.#machine.clock.due;
  }

  // ------------------------------------------------------------------ what happens

  /** Octets of the client. Only when `wantsClient`; the chunk is the session's until it wants more. */
  clientOctets(chunk: Uint8Array, now: number): void {
    this.#machine.clock.now = now;
    if (!this.wantsClient) throw new SessionFault("client octets nobody asked for");
    if (this.isGreeting) {
      const step = this.#machine.conversation.earlyTalker?.() ?? null;
      if (step !== null) return this.#machine.apply(step, `(${chunk.length} octets)`);
    }
    this.#machine.client.give(chunk);
    this.#run();
  }

  /** The client ended its side; what it sent before is still served (half-close). */
  clientEnd(now: number): void {
    this.#machine.clock.now = now;
    this.#clientEnded = true;
    // It asked for nothing, and may be gone altogether: who never greets is not waited for on its behalf.
    if (this.#machine.at === OWN.greeting && this.#machine.client.left === 0) this.#machine.awaitLast();
    // A reply held back stays held back: a failed login that ended at once for whoever half-closes would tell
    // its result without the delay, and a delay that can be skipped is none. A reset ends it (clientLost).
    this.#run();
  }

  /**
   * The connection to the client is broken: nothing can be delivered any more. What the server was told counts
   * all the same: its answer is awaited, and a client that leaves before the answer to a wrong password keeps
   * its place for as long as one that stays.
   */
  clientLost(now: number, why: "client-lost" | "tls-failed" = "client-lost"): void {
    this.#machine.clock.now = now;
    if (this.#machine.isClientGone) return;
    this.#machine.isClientGone = true;
    this.#machine.client.drop();
    if (this.closed) return;
    this.#machine.endedBy ??= why;
    if (this.#machine.at === OWN.delay) return;
    if (this.#machine.at.client !== null && !this.#machine.isUploading)
      return this.#machine.apply(this.#machine.conversation.abandoned?.() ?? { next: "close" });
    // Nothing was decided yet by whom a message is awaited from, and it must not be begun.
    if (this.#machine.at !== NEXT.reply || !this.#machine.turn.isDue || this.#machine.server.mayUpload)
      return this.#machine.close(why);
    this.#machine.awaitLast();
  }

  /**
   * The client speaks TLS, as it began or as `secureClient` asked for: then the session begins anew, and nothing is
   * remembered.
   * @param version of TLS, as the log tells it
   */
  secured(now: number, version: string): void {
    this.#machine.clock.now = now;
    this.#machine.account.tls = version;
    if (this.closed || this.#machine.speech.isSecure === true) return; // it took too long, or nothing else was spoken
    if (this.#machine.at !== OWN.secure) throw new SessionFault("a handshake nobody asked for");
    this.#machine.beginAnew();
  }

  /** Octets of the server, valid during the call. */
  serverOctets(chunk: Uint8Array, now: number): void {
    this.#machine.clock.now = now;
    if (this.#machine.server.isGone || this.closed) return;
    this.#machine.server.incoming.give(chunk);
    this.#run();
  }

  /** The server closed its output, or cannot be written to any more. @param how `failed`: it did not go by itself */
  serverEnd(now: number, how: Loss = "hung-up"): void {
    this.#machine.clock.now = now;
    if (this.#machine.server.isGone || this.closed) return;
    if (this.#machine.speech.dialogue === "stream") {
      const rest = this.#machine.conversation.serverRest?.();
      if (rest !== undefined && rest.length > 0) this.#machine.output.toClient(rest);
    }
    if (this.#machine.at.server === "any")
      return this.#machine.close(how === "failed" ? "server-lost" : "server-end");
    this.#machine.lose("closed", how);
    this.#run();
  }

  /** Whether the login may be tried that the output was asked about. */
  judged(judgement: Judgement, now: number): void {
    this.#machine.clock.now = now;
    if (this.closed) return;
    this.#machine.judge(judgement);
    this.#run();
  }

  /** A deadline may have passed. */
  tick(now: number): void {
    this.#machine.clock.now = now;
    if (this.closed) return;
    const passed = this.#machine.clock.passed();
    switch (passed) {
      case null:
        return;
      case "end":
        return this.#machine.atEnd();
      case "delay":
        this.#machine.release();
        break;
      case "server":
        this.#machine.lose("timeout", this.#machine.isClientGone ? "unanswered" : "failed");
        break;
      case "drain":
        this.#machine.close("idle");
        break;
      default:
        passed satisfies "idle" | "too-slow";
        this.#machine.sayLast(passed);
    }
    this.#run();
  }

  /** The client is not read for a while, because the server does not read what came of it. */
  pause(now: number): void {
    this.#machine.clock.pace.pause(now);
  }

  /** One side read nothing for a while and reads again. */
  resume(now: number): void {
    this.#machine.clock.resume(now);
  }

  /** The administrator ends us. An answer under way is finished, within bounds; a message under way is not. */
  shutdown(now: number): void {
    this.#machine.clock.now = now;
    if (this.closed || this.#machine.clock.endOf === "shutdown") return;
    this.#machine.clock.shutdown();
    const { at, isMidWord } = this.#machine;
    if (at !== NEXT.reply && at !== OWN.drain && !isMidWord) this.#machine.sayLast("shutdown");
  }

  #run(): void {
    const isRead = this.#hearing.run();
    if (isRead && this.#clientEnded && this.#machine.client.left === 0) this.#atClientEnd();
  }

  #atClientEnd(): void {
    const { at, client, conversation, isUploading, server } = this.#machine;
    // RFC 5321 section 4.1.1.10: the message is not delivered, not even by a server that takes an end of
    // input for an end of message. Nor is there a handshake without a client.
    if (isUploading || server.isHolding || at === OWN.secure) return this.#machine.close("client-end");
    if (at.client === null) return;
    this.#machine.endedBy ??= "client-end";
    const step: Step<string> = conversation.clientEnd?.(client.rest) ??
      conversation.abandoned?.() ?? { next: "close" };
    this.#machine.apply(step, step.shown ?? `(${client.rest.length} octets)`);
  }
}
