// What is read of either side, and who is told of it: lines, literals and bodies, the server's before the client's.
// Knows what is listened to; what follows from anything that was heard is the machine's.

import { isListening, LINE, type Listening, NEXT, OWN, type Reading } from "../protocols/next.ts";
import type { Step } from "../protocols/protocol.ts";
import type { Rule } from "../record/rules.ts";
import type { Body } from "../wire/body.ts";
import type { Line } from "../wire/lines.ts";
import { TEXT_LINE } from "../wire/message.ts";
import { LF } from "../wire/octets.ts";
import { SessionFault } from "./fault.ts";
import type { Machine } from "./machine.ts";

/** A server's line, with its end (octets): far above RFC 5321 section 4.5.3.1.5's 512 and RFC 2449's 512. */
const SERVER_LINE = 2048;

/** Seconds for the other half of a line that nobody asked for, once something waits to be sent behind it. */
const HALF_LINE = 10;

/**
 * How a client begins that speaks TLS where nobody asked it to (RFC 8446 §5.1): it waits for an answer to what is no
 * line, and perhaps never becomes one. So these two octets are judged as one, however many come with them.
 */
const HANDSHAKE = "\x16\x03";

/** Where a server has no word, whatever it has to say. */
const UNASKED: ReadonlySet<Listening> = new Set([OWN.delay, OWN.secure, OWN.login]);

export class Hearing {
  readonly #machine: Machine;
  /** What has come is being read. After a fault of ours it stays so: nothing is read any more. */
  #isRunning = false;
  /** The client is not read until the server has said its line. */
  #isHeld = false;
  /** Nothing of the client has been read. */
  #isFirst = true;
  /** Octets of a message since its last line end. */
  #dripped = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /**
   * Reads what has come as far as anybody wants it, the server first; the only place where anything is read.
   * @returns whether it was read to its end: not after a fault
   */
  run(): boolean {
    if (this.#isRunning) return false;
    this.#isRunning = true;
    while (this.#hearServer() || this.#hearClient());
    this.#isRunning = false;
    return true;
  }

  /** @returns whether there was anything to hear */
  #hearServer(): boolean {
    const { at, conversation, server } = this.#machine;
    const { incoming } = server;
    const reading = at.server;
    // It was told how a command begins, and not yet its end.
    const isEarly = at.owed && server.isHolding && conversation.refusesEarly !== undefined;
    if (!isEarly) server.hearEarly();
    if (incoming.left === 0 && !isWhole(reading)) return false;
    if (server.isGone || at === OWN.closed) {
      incoming.drop();
      return false;
    }
    if (isEarly) this.#early();
    else if (reading === "any") this.#pass(incoming.all());
    else if (reading === null || reading === LINE) this.#serverLine();
    else if ("body" in reading) this.#download(reading.body);
    else {
      const octets = incoming.literal(reading.octets);
      if (octets !== null) this.#machine.apply(this.#literal(octets, "server"));
    }
    return true;
  }

  /** @returns whether there was anything to hear */
  #hearClient(): boolean {
    const reading = this.#machine.at.client;
    if (reading === null || (this.#machine.client.left === 0 && !isWhole(reading))) return false;
    if (this.#mustWait(reading)) return false;
    if (reading === LINE || reading === "any") this.#clientLine();
    else if ("body" in reading) {
      if (this.#machine.isUploading) this.#upload(reading.body);
      else this.#swallow(reading.body);
    } else {
      const octets = this.#machine.client.literal(reading.octets);
      if (octets !== null) this.#clientLiteral(octets);
    }
    return true;
  }

  /**
   * Half a line of a server that may speak now: it would be answered by the rest of that, whatever is sent behind it.
   * A body is sent to a server that must be silent.
   */
  #mustWait(reading: Reading): boolean {
    const { at, clock, conversation, server } = this.#machine;
    const maySpeak = at === NEXT.either || conversation.unsolicited !== undefined;
    const isBody = typeof reading === "object" && "body" in reading;
    const mustWait = maySpeak && !isBody && !server.isGone && server.incoming.pending > 0;
    if (mustWait && !this.#isHeld) clock.arm("server", HALF_LINE);
    if (!mustWait && this.#isHeld) this.#machine.listen(at);
    this.#isHeld = mustWait;
    return mustWait;
  }

  #clientLine(): void {
    const { client } = this.#machine;
    const whole = client.line(this.#machine.conversation.lineLimit());
    const isHandshake = this.#isFirst && (whole?.text ?? client.rest).startsWith(HANDSHAKE);
    if (whole === null && !isHandshake) return;
    this.#isFirst = false;
    if (isHandshake) client.drop();
    const line = isHandshake ? { text: HANDSHAKE, octets: HANDSHAKE.length, tooLong: false } : whole!;
    if (!this.#machine.at.owed) {
      this.#machine.reckoning.tally.commands++;
      this.#machine.account.begin();
      this.#machine.turn.begin(this.#machine.clock.now, { isMessage: false });
    }
    const step = this.#machine.conversation.clientLine(line);
    // A protocol that does not refuse it is not made for it either.
    const refused = step.refused === undefined ? ({} as const) : step;
    this.#heard(isHandshake ? { ...refused, next: "close" } : step, line.octets);
  }

  #clientLiteral(octets: string): void {
    const step = this.#literal(octets, "client");
    // What is not said to be fit for the log is a secret, and so is what the server makes of it.
    if (step.shown === undefined) this.#machine.account.keepSecret(octets);
    this.#heard(step, octets.length);
  }

  #literal(octets: string, side: "client" | "server"): Step<string> {
    const step = this.#machine.conversation.literal?.(octets, side);
    if (step === undefined) throw new SessionFault("a literal came and the protocol has no literal");
    return step;
  }

  /** Of a command that comes in parts the log has the one that says what it is, or what became of it. */
  #heard(step: Step<string>, octets: number): void {
    const { at, turn, reckoning } = this.#machine;
    const shown = step.shown ?? (at.owed ? turn.shown : `(${octets} octets)`);
    if (step.shown !== undefined || (!at.owed && !isBeginning(step))) reckoning.command(step, shown);
    this.#machine.apply(step, shown);
  }

  #upload(body: Body): void {
    const read = this.#machine.client.body(body, (octets) => this.#machine.server.forward(octets));
    this.#machine.account.tellText("client", read, 0, read.length);
    this.#machine.clock.pace.took(read.length);
    if (body.fault !== null) this.#abortUpload(body.fault);
    if (body.ended) {
      this.#machine.clock.pace.end();
      this.#endBody({ isMessage: !this.#machine.at.owed });
    } else this.#expectText(read);
  }

  /** It reaches nobody: neither the server nor the log. */
  #swallow(body: Body): void {
    const read = this.#machine.client.body(body, () => {});
    this.#machine.clock.pace.took(read.length);
    if (body.ended) {
      this.#machine.clock.pace.end();
      this.#endBody({ isMessage: false });
    } else this.#expectText(read);
  }

  /** Time starts anew with a line, or what would be one: a client that drips octets gains nothing by each. */
  #expectText(read: Uint8Array): void {
    this.#dripped += read.length;
    if (!read.includes(LF) && this.#dripped < TEXT_LINE) return;
    this.#dripped = 0;
    this.#machine.listen(this.#machine.at);
  }

  /** The rest of the message is swallowed; the server must not take what it has for a whole one. */
  #abortUpload(rule: Rule): void {
    if (this.#machine.isUploadAborted) return;
    this.#machine.isUploadAborted = true;
    const { reply, told, log } = this.#machine.conversation.bodyRefused?.(rule) ?? {};
    this.#machine.reckoning.refuseMessage(rule, told, reply);
    if (log !== undefined) this.#machine.account.tellEntry(log);
    this.#machine.server.goneBy = "refused";
    this.#machine.server.abort();
  }

  /** A message as a whole is answered, as a command is; any other body is part of a command, or of an answer. */
  #endBody({ isMessage }: { readonly isMessage: boolean }): void {
    if (isMessage) this.#machine.turn.begin(this.#machine.clock.now, { isMessage });
    this.#machine.isUploadAborted = false;
    const step = this.#machine.conversation.bodyEnd?.();
    if (step === undefined) throw new SessionFault("a body ended and the protocol has no bodyEnd");
    this.#machine.apply(step);
  }

  #download(body: Body): void {
    const read = this.#machine.server.incoming.body(body, (octets) => this.#machine.output.toClient(octets));
    this.#machine.account.tellText("server", read, 0, read.length);
    this.#machine.clock.arm("server", this.#machine.limits.serverTimeout);
    if (body.fault !== null) this.#machine.lose("protocol", "failed");
    else if (body.ended) this.#endBody({ isMessage: false });
  }

  /** The server's octets, on their way to the client as they are. */
  #pass(chunk: Uint8Array): void {
    const octets = this.#machine.conversation.serverOctets?.(chunk) ?? chunk;
    if (octets.length > 0) this.#machine.output.toClient(octets);
    this.#machine.account.tellText("server", chunk, 0, chunk.length);
    // What is waited for is silence: a long answer is no idle one.
    this.#machine.listen(this.#machine.at);
  }

  /** Half a line may be anything. */
  #early(): void {
    const kept = this.#machine.server.keepEarly();
    const end = kept?.indexOf("\n") ?? -1;
    const line = kept?.slice(0, end).replace(/\r$/, "") ?? "";
    const mayBe = end < 0 || this.#machine.conversation.refusesEarly!(line);
    if (kept === null || !mayBe) this.#machine.lose("out-of-turn", "failed");
  }

  #serverLine(): void {
    const { incoming } = this.#machine.server;
    const limit = this.#machine.conversation.serverLineLimit?.() || SERVER_LINE;
    const line = incoming.line(limit);
    if (line === null ? incoming.pending > limit : line.tooLong)
      this.#machine.lose("line-too-long", "failed");
    else if (line !== null) this.#answer(line);
  }

  #answer(line: Line): void {
    this.#machine.server.isFarewell = false;
    this.#machine.account.tellLine(4, "server-line", line.text);
    if (this.#machine.isUploading || UNASKED.has(this.#machine.at))
      return this.#machine.lose("out-of-turn", "failed");
    if (this.#machine.at.server === null) return this.#unasked(line.text);
    if (!this.#machine.server.keep(line)) return this.#machine.lose("protocol", "failed");
    const { at } = this.#machine;
    const step = this.#machine.conversation.serverLine?.(line.text, line);
    if (step === undefined) throw new SessionFault("a lock-step protocol has no serverLine");
    if (step === "fault") return this.#machine.lose("protocol", "failed");
    // Octets that came before the next hidden command was sent cannot be its reply.
    if (step.server !== undefined && this.#machine.server.incoming.left > 0)
      return this.#machine.lose("out-of-turn", "failed");
    if (at === NEXT.either && isAside(step, at)) return this.#machine.tellPart(step.part);
    this.#machine.apply(step);
  }

  /** A line nobody waited for: the word of a server that speaks so, or of one that has lost its way. */
  #unasked(text: string): void {
    const step = this.#machine.conversation.unsolicited?.(text);
    if (step !== undefined && isAside(step, this.#machine.at)) return this.#machine.tellPart(step.part);
    if (step?.part === undefined) {
      this.#machine.account.tellLine(1, "unsolicited", text);
      this.#machine.server.abort();
    }
    // A command may be half read.
    const { conversation, turn } = this.#machine;
    this.#machine.apply(step ?? conversation.serverLost(turn.isDue, "failed"));
  }
}

/** Words beside what is going on, which goes on as it was: the client has gained no time by them. */
function isAside(step: Step<string>, at: Listening): step is Step<string> & { readonly part: string } {
  const { part, next, client, server, log, refused } = step;
  const isMore = [client, server, log, refused].some((told) => told !== undefined);
  return part !== undefined && (next === at || next === at.name) && !isMore;
}

/** What it is shows when more of it has come. */
function isBeginning({ client, server, next }: Step<string>): boolean {
  const isMore = next === "more" || (isListening(next) && next.owed && next.server === null);
  return isMore && client === undefined && server === undefined;
}

/** Nothing more need come for it. */
function isWhole(reading: Reading | null): boolean {
  if (reading === null || typeof reading === "string") return false;
  return "body" in reading ? reading.body.ended : reading.octets === 0;
}
