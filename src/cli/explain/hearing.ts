// A transcript before a real session: each line of the client is given to it, a server that agrees to
// everything answers, and what became of the line is written down with the rule that decided it. Knows what a
// session and a conversation tell; no protocol's words, and shows nothing the log would not show.

import type { AnyProtocol, Conversation, Obliging, Step } from "../../protocols/protocol.ts";
import type { Entry } from "../../record/entry.ts";
import type { Output, Speech } from "../../session/output.ts";
import { Session } from "../../session/session.ts";
import { decode, encode } from "../../wire/latin1.ts";
import type { Line } from "../../wire/lines.ts";
import type { Said } from "./transcript.ts";

export interface Verdict {
  /** The line in the transcript; null for what is no line: the connection, and its end. */
  readonly line: number | null;
  /** As the log may show it: secrets are masked. */
  readonly client: string;
  /** `text` is a line of a message; `unread` comes after the session's end. */
  readonly verdict: "forwarded" | "answered" | "refused" | "ignored" | "text" | "unread";
  /** The commands the server gets of it, without their ends. */
  readonly forwarded: readonly string[];
  /** What the client is told, line by line: by us, or by the server that agrees to everything. */
  readonly reply: readonly string[];
  /** What decided, when it was not the server. */
  readonly rule: string | null;
}

/** What is found out about one line, while it is. */
interface Notes {
  readonly said: Said | null;
  shown: string;
  isCommand: boolean;
  isMasked: boolean;
  readonly forwarded: string[];
  reply: string;
  rule: string | null;
  refused: boolean;
}

const MESSAGE = "(message)";

/** Time stands still, but for delays. */
const NOW = 0;

class Hearing implements Output {
  readonly verdicts: Verdict[] = [];
  readonly #session: Session;
  readonly #newServer: () => Obliging;
  #server: Obliging;
  /** Answers of the server that were not given yet. */
  #answers: string[] = [];
  #delayed = false;
  #securing = false;
  /** A fresh server takes the place of one that was ended: what it is told is no line of the client's. */
  #restarting = false;
  /** The rule a message fell by, until its end is answered. */
  #fallen: string | null = null;
  #notes = blank(null, "(connects)");

  constructor(protocol: Explained, converse: Speech["converse"], maxErrors: number) {
    this.#newServer = protocol.obliging ?? (() => () => "");
    this.#server = this.#newServer();
    const limits = { maxErrors, idleTimeout: 0, sessionTimeout: 0, serverTimeout: 0, minRate: 0 };
    const watched = (tls: boolean) => this.#watched(converse(tls));
    this.#session = new Session({ ...protocol, converse: watched }, this, limits);
  }

  hear(lines: readonly Said[]): void {
    this.#session.start(NOW);
    this.#ask("");
    this.#settle();
    if (this.#notes.reply !== "" || this.#notes.rule !== null) this.#conclude();
    for (const line of lines) {
      this.#notes = blank(line, `(${line.text.length + 2} octets)`);
      if (this.#session.wantsClient) {
        this.#session.clientOctets(encode(`${line.text}\r\n`), NOW);
        this.#settle();
        this.#conclude();
      } else this.verdicts.push(verdictOf(this.#notes, "unread"));
    }
    if (this.#session.closed) return;
    this.#notes = blank(null, "(leaves)");
    this.#session.clientEnd(NOW);
    if (this.#notes.rule !== null) this.#conclude();
  }

  // ------------------------------------------------------------------ what the session does

  toClient(octets: Uint8Array): void {
    this.#notes.reply += decode(octets);
  }

  /** Commands are taken from the steps, which tell what may be shown; the rest is a message's text. */
  toServer(): void {}

  abortServer(): void {
    this.#answers = [];
  }

  restartServer(): void {
    this.#restarting = true;
    this.#server = this.#newServer();
    this.#answers = [];
    this.#ask("");
  }

  endServerInput(): void {}

  /** Each line comes when the one before it is done with. */
  hasUnread(): boolean {
    return false;
  }

  /** No handshake is to be explained: it went well. */
  secureClient(): void {
    this.#securing = true;
  }

  close(): void {}

  log({ event, fields, level }: Entry): void {
    const notes = this.#notes;
    if (event === "refused") {
      notes.rule = String(fields.rule);
      notes.refused = true;
      if (!notes.isCommand && notes.said !== null) this.#fallen = notes.rule;
    } else if (level === 1 && event !== "message") notes.rule ??= event;
  }

  // ------------------------------------------------------------------ what the conversation says

  /** The conversation itself, whose steps are seen as they are taken. */
  #watched(conversation: Conversation<string>): Conversation<string> {
    return new Proxy(conversation, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return (...given: unknown[]) => {
          const result: unknown = member.apply(target, given);
          if (name === "clientLine") this.#notice(result as Step<string>, given[0] as Line);
          if (isStep(result)) this.#follow(result);
          return result;
        };
      },
    });
  }

  #notice({ shown }: Step<string>, { text }: Line): void {
    this.#notes.isCommand = true;
    if (shown === undefined) this.#notes.isMasked = true;
    else {
      this.#notes.shown = shown;
      this.#notes.isMasked = shown.includes("***") && shown !== text;
    }
  }

  #follow({ server, delay }: Step<string>): void {
    if (delay !== undefined && delay > 0) this.#delayed = true;
    if (server === undefined) return;
    const { forwarded, isMasked, shown } = this.#notes;
    // A command made from a line that is masked is made from its secret.
    if (!this.#restarting) forwarded.push(isMasked ? shown : server.replace(/\r\n$/, ""));
    this.#ask(server);
  }

  // ------------------------------------------------------------------ the server

  #ask(command: string): void {
    const answer = this.#server(command);
    if (answer !== "") this.#answers.push(answer);
  }

  /** Until nobody has anything more to say. */
  #settle(): void {
    while (!this.#session.closed) {
      const answer = this.#answers.shift();
      if (answer !== undefined) this.#session.serverOctets(encode(answer), NOW);
      else if (this.#delayed) {
        this.#delayed = false;
        this.#session.tick(this.#session.deadline);
      } else if (this.#securing) {
        this.#securing = false;
        this.#session.secured(NOW, "TLSv1.3");
      } else break;
    }
    this.#restarting = false;
  }

  // ------------------------------------------------------------------ the verdict

  #conclude(): void {
    const notes = this.#notes;
    if (!notes.isCommand && notes.reply !== "" && this.#fallen !== null) {
      notes.rule = this.#fallen;
      notes.refused = true;
      this.#fallen = null;
    }
    // A line of a message, or its end, which is no secret.
    if (!notes.isCommand && notes.said !== null) notes.shown = notes.reply === "" ? MESSAGE : notes.said.text;
    this.verdicts.push(verdictOf(notes, kindOf(notes)));
  }
}

/** What of a protocol is needed to hear it. */
export type Explained = Pick<AnyProtocol, "dialogue" | "greets" | "greetsSecured" | "obliging">;

/** @param converse makes the conversation of that protocol @param maxErrors the one limit of a session that is no time */
export function hear(
  protocol: Explained,
  converse: Speech["converse"],
  maxErrors: number,
  lines: readonly Said[],
): readonly Verdict[] {
  const hearing = new Hearing(protocol, converse, maxErrors);
  hearing.hear(lines);
  return hearing.verdicts;
}

function blank(said: Said | null, shown: string): Notes {
  const isCommand = false;
  const isMasked = false;
  return { said, shown, isCommand, isMasked, forwarded: [], reply: "", rule: null, refused: false };
}

function kindOf(notes: Notes): Verdict["verdict"] {
  if (notes.refused) return "refused";
  if (notes.forwarded.length > 0) return "forwarded";
  if (notes.reply !== "") return "answered";
  return notes.isCommand || notes.said === null ? "ignored" : "text";
}

function verdictOf({ said, shown, forwarded, reply, rule }: Notes, verdict: Verdict["verdict"]): Verdict {
  const lines = reply === "" ? [] : reply.replace(/\r\n$/, "").split("\r\n");
  return { line: said?.number ?? null, client: shown, verdict, forwarded, reply: lines, rule };
}

function isStep(result: unknown): result is Step<string> {
  return typeof result === "object" && result !== null && "next" in result;
}
