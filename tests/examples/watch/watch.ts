// A mailbox that is watched (IMAP's way, RFC 9051 and RFC 2177, cut down): how a protocol has a server that speaks
// unasked. Its lines that begin with "*" may come at any time, between two commands too, and are no answer to any; they
// go on as parts. IDLE has both sides listened to: the server tells what happens until the client says DONE.

import type {
  Conversation,
  Kit,
  Line,
  Loss,
  Next,
  Protocol,
  Rule,
  Step,
  Table,
  ValuesOf,
} from "./protowrap-protocol.js";

function optionsOf(kit: Kit) {
  return kit.lineOptions(512, "refuse") satisfies Table;
}
type Options = ValuesOf<ReturnType<typeof optionsOf>>;

export default function watch(kit: Kit): Protocol<ReturnType<typeof optionsOf>> {
  return {
    ...{ name: "watch", dialogue: "lock-step", options: optionsOf(kit) },
    converse: (_setup, options) => new WatchConversation(kit, options),
    unavailable: () => "* BYE not available\r\n",
  };
}

const COMMANDS = /^(?:NOOP|IDLE|LOGOUT)$/;
/** What may be told at any time; `* 3 NOTE {5}` has a string in it, of any octets. */
const TOLD =
  /^\* (?:[0-9]+ (?:EXISTS|EXPUNGE)|[0-9]+ NOTE (?:"[ !#-~]*"|\{([0-9]{1,10})\})|(?:OK|BYE) [ -~]*)$/;
/** Octets: what servers tell of a mailbox may be longer than what they answer. */
const LONGEST_LINE = 8192;

class WatchConversation implements Conversation {
  readonly #kit: Kit;
  readonly #options: Options;
  /** Of the command that is being answered. */
  #tag: string | null = null;
  #idle: "asked for" | "under way" | "ending" = "ending";
  /** What the server answers is this instead. */
  #refused: Step | null = null;
  #isGreeted = false;
  /** The client has half a line of the server's. Behind the rest of it, what is listened to is this again. */
  #back: Next | null = null;

  constructor(kit: Kit, options: Options) {
    this.#kit = kit;
    this.#options = options;
  }

  lineLimit(): number {
    return this.#options.maxLineLength;
  }

  serverLineLimit(): number {
    return LONGEST_LINE;
  }

  /** A command; or, while IDLE is being answered, what ends it: the server is told so whatever it was. */
  clientLine({ text, tooLong }: Line): Step {
    if (this.#tag !== null) {
      this.#idle = "ending";
      if (text.toUpperCase() !== "DONE") this.#refused = refuse(this.#tag, "syntax", "expected DONE");
      return { server: "DONE\r\n", next: "reply", ...(this.#refused === null ? { shown: "DONE" } : {}) };
    }
    const [, tag = "*", word = ""] = /^([A-Za-z0-9]{1,6}) ([A-Za-z]+)$/.exec(text) ?? [];
    const verb = word.toUpperCase();
    if (tooLong) return refuse("*", "line-length", "line too long");
    if (!COMMANDS.test(verb)) return refuse(tag, "forbidden-command", "no such command");
    this.#tag = tag;
    this.#idle = verb === "IDLE" ? "asked for" : "ending";
    const line = `${tag} ${verb}`;
    return { server: `${line}\r\n`, next: "reply", shown: line, told: { verb } };
  }

  serverLine(text: string): Step | "fault" {
    if (this.#back !== null) return this.#rest(text, this.#back);
    if (!this.#isGreeted) {
      this.#isGreeted = true;
      return text.startsWith("* OK ") ? { client: "* OK watching\r\n", next: "command" } : "fault";
    }
    if (text.startsWith("* "))
      return this.#told(text, this.#idle === "under way" ? "either" : "reply") ?? "fault";
    if (text.startsWith("+ ") && this.#idle === "asked for") {
      this.#idle = "under way";
      return { part: "+ idling\r\n", next: "either" };
    }
    return this.#answer(text);
  }

  /** Between two commands: nobody waits for anything. What is none of what may be told gives the server up. */
  unsolicited(text: string): Step {
    return (
      this.#told(text, "command") ?? { ...this.#bye("the server has lost its way"), ends: "server-lost" }
    );
  }

  /** The string in a line has passed. */
  bodyEnd(): Step {
    return { next: "reply" };
  }

  serverLost(due: boolean, _how: Loss): Step {
    if (!due || this.#back !== null) return this.#bye("server lost");
    return { client: `${this.#tag ?? "*"} NO server lost\r\n`, next: "close" };
  }

  expired(): Step {
    return this.#bye("closing");
  }

  tooManyErrors(): Step {
    return this.#bye("too many errors");
  }

  #bye(why: string): Step {
    // Behind half a line of the server's it would be read as the rest of it.
    return { ...(this.#back === null ? { client: `* BYE ${why}\r\n` } : {}), next: "close" };
  }

  /** @returns what follows from a line nobody asked for; null where no server says it */
  #told(text: string, next: Next): Step | null {
    const [line, octets] = TOLD.exec(text) ?? [];
    if (line === undefined) return null;
    const part = `${line}\r\n`;
    if (octets === undefined) return { part, next };
    this.#back = next;
    const owed = this.#tag !== null;
    return { part, next: this.#kit.download(new this.#kit.CountedBody(Number(octets)), { owed }) };
  }

  #rest(text: string, next: Next): Step | "fault" {
    if (text !== "") return "fault";
    this.#back = null;
    return { part: "\r\n", next };
  }

  #answer(text: string): Step | "fault" {
    const [line] = /^([A-Za-z0-9]+) (?:OK|NO|BAD) [ -~]*$/.exec(text) ?? [];
    if (line?.split(" ")[0] !== this.#tag) return "fault";
    const step = this.#refused ?? { client: `${line}\r\n`, next: "command" };
    this.#tag = this.#refused = null;
    return step;
  }
}

function refuse(tag: string, refused: Rule, why: string): Step {
  return { client: `${tag} BAD ${why}\r\n`, refused, next: "command" };
}
