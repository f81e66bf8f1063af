// The server behind a POP3 conversation: what it is sent, and the three forms of its answers: one line, a list that
// is read whole, a body that passes (rules B5). Knows how a line says yes or no; not what anybody asks.

import type { Body } from "../../wire/body.ts";
import { LineFeedBody } from "../../wire/linefeeds.ts";
import { endsBare, type Line } from "../../wire/lines.ts";
import { ListingBody } from "../../wire/listing.ts";
import { download } from "../next.ts";
import type { Step } from "../protocol.ts";
import { refusedByServer } from "../refusal.ts";
import { AskedServer, type OnReply } from "../server.ts";
import { type Command, writeCommand } from "./commands.ts";
import { List, writeList } from "./list.ts";
import { statusOf, writeStatus } from "./status.ts";

/** Told the numbers that the lines of a listing begin with; null for a mail. */
type OnNumber = ((number: string) => void) | null;

/**
 * What every server has (RFC 1939 section 5 and 6): its -ERR is a refusal. Of the rest it is how a server says that it
 * has no such command, or that a login failed.
 */
const REQUIRED: ReadonlySet<string> = new Set(["STAT", "LIST", "RETR", "DELE", "RSET", "QUIT"]);

/** Each line of its is a reply, but for those of a list. */
export class Server extends AskedServer<string> {
  /** It ends its lines with LF; null until it has greeted. */
  #lineFeeds: boolean | null = null;

  ask(command: Command, onReply: OnReply<string>): Step {
    return this.send(writeCommand(command), (text) => {
      const step = onReply(text);
      const isRefusal = step !== "fault" && statusOf(text) === "err" && REQUIRED.has(command.verb);
      return isRefusal ? { ...step, ...refusedByServer({ verb: command.verb }, false) } : step;
    });
  }

  /** The same for a line whose refusal is told otherwise, or not at all: of a login, and of what we ask ourselves. */
  send(line: string, onReply: OnReply<string>): Step {
    this.expect(onReply);
    return { server: line, next: "reply" };
  }

  /**
   * How the greeting ends says what a line is to this server, once and for all: no client and no mail has had a word
   * in it yet. Whatever comes later cannot change that, or a mail's own line ends could.
   */
  line(text: string, line: Line): Step | "fault" {
    this.#lineFeeds ??= endsBare(line);
    return this.replied(text);
  }

  /** One line, and on +OK a body behind it; -ERR never has one (RFC 1939 section 3). */
  passBody(text: string, onNumber: OnNumber): Step | "fault" {
    const step = pass(text);
    return step === "fault" || statusOf(text) === "err"
      ? step
      : { ...step, next: download(this.#body(onNumber)) };
  }

  /** One line, and on +OK a list that is read whole and filtered. */
  passList(status: string, filter: (lines: readonly string[]) => string[]): Step | "fault" {
    const step = pass(status);
    if (step === "fault" || statusOf(status) === "err") return step;
    const list = new List();
    this.expect((text) => {
      const verdict = list.add(text);
      if (verdict !== "end") return verdict === "fault" ? "fault" : { next: "reply" };
      return { client: writeList("+OK", filter(list.lines)), next: "command" };
    });
    return { next: "reply" };
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
}

/** One line, as the server says it. */
export function pass(text: string): Step | "fault" {
  const status = statusOf(text);
  return status === "ok" || status === "err" ? { client: writeStatus(text), next: "command" } : "fault";
}
