// The server behind a ManageSieve conversation: what it is sent, and the forms of its answers: a status, lines of strings
// before one, a script that passes (RFC 5804 section 4). Knows strings and statuses; not what anybody asks.

import { CountedBody } from "../../wire/counted.ts";
import { HARD_LIMIT } from "../../wire/lines.ts";
import { download, literal } from "../next.ts";
import type { Step } from "../protocol.ts";
import { refusedByServer } from "../refusal.ts";
import { AskedServer, type OnReply } from "../server.ts";
import { type Command, writeCommand } from "./commands.ts";
import { type Status, statusIn, writeStatus } from "./status.ts";
import { toClient, type Word, wordsOf } from "./strings.ts";

/** More strings than any line of an answer has: what is held of one has an end. */
const MOST_STRINGS = 8;

type Words = readonly Word[];
type OnStatus = (status: Status) => Step | "fault";

/** Each reply is one line's words, whatever its strings are made of. */
export class Server extends AskedServer<Words> {
  #words: Word[] = [];
  /** Strings that the line has announced. */
  #strings = 0;
  /** The line goes on behind octets that it announced. */
  #isContinued = false;
  #isAsked = false;
  /** The octets of a string may be a script's: they pass. */
  #mayPass = false;
  #isPassing = false;

  /** The client has half an answer: nothing we said would be read as ours. */
  get isPassing(): boolean {
    return this.#isPassing;
  }

  ask(command: Command, onStatus: OnStatus): Step {
    return this.sendStatus(writeCommand(command), onStatus);
  }

  /** A line of ours, which a status answers. */
  sendStatus(line: string, onStatus: OnStatus): Step {
    return this.send(line, onStatusOnly(onStatus));
  }

  /** A line of ours. */
  send(line: string, onReply: OnReply<Words>): Step {
    this.#isAsked = true;
    this.expect(onReply);
    return { server: line, next: "reply" };
  }

  /** Lines that are no status come before it. @param onLine what one of those is for the client, null for a fault */
  askList(command: Command, onLine: (words: Words) => string | null): Step {
    return this.send(writeCommand(command), (words) => {
      const status = statusIn(words);
      if (status !== null) return pass(status, command.verb);
      const part = onLine(words);
      return part === null ? "fault" : { part, next: "reply" };
    });
  }

  /** A script comes before the status, of whatever size. */
  askScript(command: Command): Step {
    this.#mayPass = true;
    const last = onStatusOnly((status) => pass(status, command.verb));
    return this.send(writeCommand(command), (words) => {
      this.#mayPass = false;
      const [script, ...more] = words;
      if (script?.kind !== "string") return last(words);
      this.expect(last);
      return more.length > 0 ? "fault" : { part: `${toClient(script.text)}\r\n`, next: "reply" };
    });
  }

  line(text: string): Step | "fault" {
    if (this.#isPassing) return this.#passed(text);
    const line = wordsOf(text, { isContinued: this.#isContinued });
    this.#isContinued = false;
    if (line === null) return "fault";
    this.#words.push(...line.words);
    if (line.announced !== null)
      return line.announced.isSent ? "fault" : this.#announced(line.announced.octets);
    const words = this.#words;
    this.#words = [];
    this.#strings = 0;
    return this.replied(words);
  }

  /** Octets that were announced. */
  string(octets: string): void {
    this.#words.push({ kind: "string", text: octets });
    this.#isContinued = true;
  }

  #announced(octets: number): Step | "fault" {
    if (this.#mayPass && this.#words.length === 0) {
      this.#isPassing = true;
      return { part: `{${octets}}\r\n`, next: download(new CountedBody(octets), { owed: true }) };
    }
    // A greeting is kept by its lines, and told again inside TLS: no server announces strings in it.
    if (!this.#isAsked || octets > HARD_LIMIT || ++this.#strings > MOST_STRINGS) return "fault";
    return { next: literal(octets, "server") };
  }

  /** The line of a script ends behind its octets. */
  #passed(rest: string): Step | "fault" {
    if (rest !== "") return "fault";
    this.#isPassing = false;
    this.#mayPass = false;
    const onStatus = onStatusOnly((status) => pass(status, "GETSCRIPT"));
    this.expect(onStatus);
    return { part: "\r\n", next: "reply" };
  }
}

/** What is no status is a fault. */
function onStatusOnly(onStatus: OnStatus): OnReply<Words> {
  return (words) => {
    const status = statusIn(words);
    return status === null ? "fault" : onStatus(status);
  };
}

/** As the server says it. @param verb what it answers */
export function pass(status: Status, verb: string): Step {
  const client = writeStatus(status);
  if (status.word === "OK") return { client, next: "command" };
  const refused = { client, ...refusedByServer({ verb }, false) };
  return status.word === "NO"
    ? { ...refused, next: "command" }
    : { ...refused, next: "close", ends: "server-end" };
}
