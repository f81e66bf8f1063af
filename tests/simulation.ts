// A session between two made-up peers: a client that says what it is given, and a server model that hears
// lines and answers. Keeps who said what when, for invariants to be checked on. Knows no protocol.

import type { Arbitrary } from "fast-check";
import type { Conversation, Step } from "../src/protocols/protocol.ts";
import type { Judgement } from "../src/session/output.ts";
import { Session } from "../src/session/session.ts";
import { encode } from "../src/wire/latin1.ts";
import type { Line } from "../src/wire/lines.ts";
import { converse } from "./reading.ts";
import { Recorder } from "./recorder.ts";
import { ServerPart } from "./server-part.ts";
import { LIMITS, SETUP, type Subject } from "./transcripts.ts";

/** Never in what a server says, so that it is an echo wherever a client gets it. */
export const CANARY = "k4nari3";
/** Stands for passwords and the like; base64 and hexadecimal alike. */
export const SECRET = "5ec4e7000005ec4e7000005ec4e70000";

/** Decisions of a server, the same for the same conversation however it is cut. */
export type Choose = (most: number) => number;

export interface ServerModel {
  readonly greeting: string;
  /** So many octets are read before its next line, whatever they are; none by default. */
  readonly counted?: number;
  /** Hears those. */
  take?(octets: string): void;
  /** What was said in its name: its own answer, or hostile words instead. */
  said?(words: string): void;
  /**
   * Hears one line (without its end). Throws if an honest peer could not have sent it now.
   * @returns the whole answer, null if there is none to this line; `end` if it hangs up after it
   */
  hear(line: string): { answer: string; end?: boolean } | null;
}

/** What the invariants must know of a protocol's peers. */
export interface Peers {
  /** Options that make the outcome independent of time. */
  readonly options: object;
  /** How a client may begin, to get anywhere at all; complete lines. */
  readonly openings: readonly string[];
  /** A client's lines without their ends, good and bad; CANARY and SECRET in them. */
  readonly lines: Arbitrary<string>;
  server(choose: Choose): ServerModel;
  /** What a client may be told; printable ASCII by default. */
  readonly spoken?: RegExp;
  /** What a hostile server may say instead of an answer. */
  readonly hostile: readonly string[];
  /** What may reach a server. */
  isCommand(line: string): boolean;
  /** Commands the wrapper may send on its own. */
  isOwn(line: string, next?: string): boolean;
  /** What a client line and a line at the server have in common, when the second was made from the first. */
  verb(line: string): string;
  /** Whether the reply that starts with `status` has a body, ended by CRLF "." CRLF. */
  hasBody(line: string, status: string): boolean;
}

export interface Plan {
  readonly client: string;
  /** Sizes of the chunks and whose turn it is, both over and over. */
  readonly sizes: readonly number[];
  readonly turns: readonly boolean[];
  readonly choices: readonly number[];
  /** Per answer (over and over): which hostile words replace it, or -1. */
  readonly hostile: readonly number[];
  /** What is said of each login (over and over); undefined where nobody counts guesses. */
  readonly judgements?: readonly Judgement[] | undefined;
  /** What befalls the session before this turn, if it lasts so long. */
  readonly interruption?: Interruption | undefined;
}

export interface Interruption {
  readonly turn: number;
  readonly how: "shutdown" | "lost" | "pause";
}

/** What a peer said, or that it ended, and how much the session had written when it did. */
export interface Said {
  readonly who: "client" | "server";
  readonly octets: string | null;
  readonly after: number;
}

/** What whoever counts guesses may say of a login. */
export const JUDGEMENTS: readonly Judgement[] = [
  { isAllowed: true, delay: 0, isRepeat: false },
  { isAllowed: true, delay: 7, isRepeat: true },
  { isAllowed: false },
];

/** Of its clock, in seconds. */
const BEGINNING = 1000;

export class Simulation {
  readonly recorder = new Recorder();
  /** How often the client's SECRET was taken for one: in a literal, or in what a step says is a secret. */
  secretsTaken = 0;
  /** Octets of servers the session was given. */
  fed = "";
  /** The client's octets the session never took. */
  unread = "";
  readonly said: Said[] = [];

  readonly session: Session;
  readonly dialogue: Subject["protocol"]["dialogue"];
  readonly #plan: Plan;
  readonly #server: ServerPart;
  #ended = false;
  #seen = 0;
  #now = BEGINNING;
  /** A login was asked about, and nothing has been said of it. */
  #isAsked = false;
  #judged = 0;

  constructor(subject: Subject, peers: Peers, plan: Plan, setup = SETUP) {
    this.#plan = plan;
    this.#server = new ServerPart(peers, plan);
    const { protocol } = subject;
    this.dialogue = protocol.dialogue;
    const options = { ...subject.options, ...peers.options };
    const speech = { ...protocol, converse: () => this.#noting(converse(protocol, setup, options)) };
    // Everything that may ever be in a log.
    this.session = new Session(speech, this.recorder, { ...LIMITS, logLevel: 5 });
    this.#server.start();
    const ask = () => {
      this.#isAsked = true;
    };
    if (plan.judgements !== undefined) this.recorder.throttle = { ask, settle() {}, blame() {} };
    this.recorder.onAbort = () => {
      this.#listen(); // what it was told before is not for the next one
      this.#server.stop();
      this.#ended = true;
    };
    this.recorder.onRestart = () => {
      this.#server.start();
      this.#ended = false;
    };
  }

  /** Lines that reached the server, without ends, over all servers of the session. */
  get heard(): readonly string[] {
    return this.#server.heard;
  }

  /** All octets that reached a server, but for those it counted. */
  get told(): string {
    return this.#server.told;
  }

  get complaints(): readonly string[] {
    return this.#server.complaints;
  }

  /** A command came before the answer to the last one had been given whole. */
  get overlapped(): boolean {
    return this.#server.overlapped;
  }

  /** All servers of the session. */
  get servers(): readonly ServerModel[] {
    return this.#server.servers;
  }

  /** What it has taken by its own clock. */
  get seconds(): number {
    return this.#now - BEGINNING;
  }

  #noting(conversation: Conversation): Conversation {
    return new Proxy(conversation, {
      get: (target, name: keyof Conversation) => {
        const method = target[name] as ((...told: unknown[]) => unknown) | undefined;
        if (method === undefined || (name !== "clientLine" && name !== "literal"))
          return method?.bind(target);
        return (...told: unknown[]) => {
          const step = method.apply(target, told) as Step;
          const isLiteral = name === "literal" && told[1] === "client" && step.shown === undefined;
          const isLine = name === "clientLine" && step.secret?.includes(SECRET);
          if (isLiteral) this.secretsTaken += timesIn(told[0] as string, SECRET);
          if (isLine) this.secretsTaken += timesIn((told[0] as Line).text, SECRET);
          return step;
        };
      },
    });
  }

  run(): this {
    const { sizes, turns } = this.#plan;
    const { session } = this;
    let client = this.#plan.client;
    let clientEnded = false;
    session.start(this.#now);
    for (let turn = 0; !session.closed; turn++) {
      if (turn > 200_000) throw new Error("the session does not end");
      if (turn === this.#plan.interruption?.turn) this.#interrupt(this.#plan.interruption.how);
      if (session.closed) break;
      const size = sizes[turn % sizes.length]!;
      const mayClient = session.wantsClient && client !== "";
      const mayServer = !this.#ended && (this.#server.isSpeaking || this.#server.isDone);
      if (this.#isAsked && (!mayServer || turns[turn % turns.length]!)) this.#judge();
      else if (mayClient && (!mayServer || turns[turn % turns.length]!)) {
        this.#tell("client", client.slice(0, size));
        client = client.slice(size);
      } else if (mayServer) this.#feedServer(size);
      else if (session.wantsClient && !clientEnded) {
        clientEnded = true;
        this.#note("client", null);
        session.clientEnd(this.#now);
      } else this.#waitForDeadline();
      this.#listen();
    }
    this.#server.endTold();
    this.unread = client;
    return this;
  }

  #judge(): void {
    const judgements = this.#plan.judgements!;
    this.#isAsked = false;
    this.session.judged(judgements[this.#judged++ % judgements.length]!, this.#now);
  }

  #feedServer(size: number): void {
    if (!this.#server.isSpeaking) {
      this.#ended = true;
      this.#note("server", null);
      this.session.serverEnd(this.#now);
      return;
    }
    const chunk = this.#server.said(size);
    this.fed += chunk;
    this.#tell("server", chunk);
  }

  #note(who: Said["who"], octets: string | null): void {
    this.said.push({ who, octets, after: this.recorder.writes.length });
  }

  #tell(who: Said["who"], octets: string): void {
    this.#note(who, octets);
    if (who === "client") this.session.clientOctets(encode(octets), this.#now);
    else this.session.serverOctets(encode(octets), this.#now);
  }

  #interrupt(how: Interruption["how"]): void {
    if (how === "shutdown") this.session.shutdown(this.#now);
    else if (how === "lost") this.session.clientLost(this.#now);
    else this.session.resume(this.#now);
    this.#listen();
  }

  #waitForDeadline(): void {
    if (!Number.isFinite(this.session.deadline)) throw new Error("nothing to wait for, and not closed");
    this.#now = Math.max(this.#now, this.session.deadline);
    this.session.tick(this.#now);
  }

  /** Gives the server what the session has written to it since. */
  #listen(): void {
    const { writes } = this.recorder;
    for (; this.#seen < writes.length; this.#seen++) {
      const { side, text } = writes[this.#seen]!;
      if (side !== "server") continue;
      if (text.startsWith("⟦")) this.#server.endTold();
      else this.#server.hear(text);
    }
  }
}

export function timesIn(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Whether a client begins as one that speaks TLS (RFC 8446 §5.1): that is one line, whether it has an end or not. */
export function beginsTls(client: string): boolean {
  return client.startsWith("\x16\x03");
}

/** The client's complete lines the session has taken, without their ends. */
export function linesTaken(simulation: Simulation, client: string): string[] {
  const taken = simulation.unread === "" ? client : client.slice(0, -simulation.unread.length);
  if (beginsTls(taken)) return [taken.split("\n", 1)[0]!];
  return taken
    .split("\n")
    .slice(0, -1)
    .map((line) => line.replace(/\r$/, ""));
}
