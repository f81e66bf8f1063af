// The session's side of its server: what it said and nobody read, what it was told last, and whether it is still
// there. Knows no protocol; when to give a server up is the session's to say.

import type { Step } from "../protocols/protocol.ts";
import type { Reason } from "../record/entry.ts";
import { decode, encode } from "../wire/latin1.ts";
import type { Line } from "../wire/lines.ts";
import { Incoming } from "./incoming.ts";
import type { Output } from "./output.ts";

/** Octets of a greeting, which is kept: one that is longer is none. */
const GREETING = 65536;

/** Octets that it may say of a command before it has all of that. */
const EARLY = 65536;

/**
 * Seconds an answer may still take when the session's time is over, or when nobody is left to hear it: of what
 * the server decides we must know how it was decided, and whoever left must not have tried it at no cost. Of
 * anything else it is only the rest of a line under way.
 */
const LAST_ANSWER = { decides: 30, other: 5 };

export class ServerLink {
  readonly #output: Output;
  incoming = new Incoming();
  #greeting: Line[] = [];
  #greetingOctets = 0;
  /** What it has said of a command that is not whole yet. */
  #early = "";
  #isGone = false;
  /** It was sent a command. */
  #isTold = false;
  /** What a session ends of that cannot go on without its server. */
  goneBy: Reason<"end"> = "server-lost";
  /** The server's last word refused a login: one that leaves after that says no more by it. */
  isFarewell = false;
  /** The answer that is awaited may begin a message. */
  #mayUpload = false;
  /** The answer that is awaited decides something. */
  #decides = false;
  #mayDeliver = false;
  #isHolding = false;

  constructor(output: Output) {
    this.#output = output;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get mayUpload(): boolean {
    return this.#mayUpload;
  }

  /** It was told a message, or is being told one, and not that this was its end. */
  get isHolding(): boolean {
    return this.#isHolding;
  }

  /** It was told to deliver something: it may still be at it when the session is over. */
  get mayDeliver(): boolean {
    return this.#mayDeliver;
  }

  /** Seconds for the answer that is awaited, once it is the last. */
  get lastAnswer(): number {
    return LAST_ANSWER[this.#decides ? "decides" : "other"];
  }

  /** The lines of its greeting. */
  get greeting(): readonly Line[] {
    return this.#greeting;
  }

  /**
   * A line that was waited for. What comes before the first command is the greeting, and kept: who speaks TLS is told
   * it again, in another conversation.
   * @returns whether it may be what it is: no greeting is without end
   */
  keep(line: Line): boolean {
    if (this.#isTold) return true;
    this.#greetingOctets += line.octets;
    this.#greeting.push(line);
    return this.#greetingOctets <= GREETING;
  }

  /** @param command as contract.ts wants it */
  send(command: string, { mayUpload, decides }: Step<string>): void {
    this.#isTold = true;
    this.#mayUpload = mayUpload === true;
    this.#decides = decides !== undefined;
    if (decides === "delivery") this.#mayDeliver = true;
    this.#isHolding = false;
    this.#output.toServer(encode(command));
  }

  /**
   * What it says now is kept until the command is whole, and heard then: who heard it before would have to forget a
   * command that is still being told.
   * @returns all that is kept, or null where that is too much
   */
  keepEarly(): string | null {
    this.#early += this.#unread();
    return this.#early.length <= EARLY ? this.#early : null;
  }

  /** What was kept is what it says now. */
  hearEarly(): void {
    if (this.#early === "") return;
    this.incoming.give(encode(this.#early + this.#unread()));
    this.#early = "";
  }

  /** What it is told now is a message. */
  beginMessage(): void {
    this.#isHolding = !this.#isGone;
  }

  /** Octets of a message. */
  forward(octets: Uint8Array): void {
    if (!this.#isGone) this.#output.toServer(octets);
  }

  abort(): void {
    if (!this.#isGone) this.#output.abortServer();
    this.#isGone = true;
    this.#isHolding = false;
  }

  /** A fresh one in the place of the one that is gone: nothing of it counts any more. */
  restart(): void {
    this.#isGone = false;
    this.#isTold = false;
    this.goneBy = "server-lost";
    this.incoming = new Incoming();
    this.#early = "";
    this.#greeting = [];
    this.#greetingOctets = 0;
    this.#output.restartServer();
  }

  #unread(): string {
    const octets = this.incoming.all();
    return decode(octets, 0, octets.length);
  }
}
