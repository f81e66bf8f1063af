// A mailbox by IMAP's strings (RFC 9051, much cut down): how a protocol has literals. A string is a word, a quoted one,
// or octets that the line announces: `{5}` asks for leave and `{5+}` does not (RFC 7888). The command is read to its
// end, whatever it is made of, and written anew as one line; only a message is passed on as it comes.

import { type Options, type Own, optionsOf, RULES } from "./options.ts";
import type {
  Conversation,
  Kit,
  Line,
  LoginPolicy,
  Loss,
  Outcome,
  Protocol,
  Rule,
  Step,
} from "./protowrap-protocol.js";
import { quoted, wordsOf } from "./words.ts";

export default function strings(kit: Kit): Protocol<ReturnType<typeof optionsOf>, Own> {
  return {
    ...{ name: "strings", dialogue: "lock-step", facility: "mail", rules: RULES, options: optionsOf(kit) },
    converse: (_setup, options) => new StringsConversation(kit, options),
    unavailable: () => "* BYE not available\r\n",
  };
}

/** How many words each has. What ID tells of a client is nobody's business: it may have any number. */
const ARGUMENTS: Readonly<Record<string, number>> = {
  ...{ APPEND: 1, FETCH: 1, ID: Number.NaN, LIST: 2, LOGIN: 2, LOGOUT: 0, NOOP: 0 },
};
const BEFORE_LOGIN = new Set(["ID", "LOGIN", "LOGOUT", "NOOP"]);
const MOST_WORDS = 64;
/** A mailbox of the server's, in its answers. */
const LONGEST_NAME = 1000;

/** What of a command has come; it ends with the first line that announces no string. */
interface Command {
  readonly tag: string;
  readonly verb: string;
  /** Behind the verb. */
  readonly words: string[];
  /** Why it is refused when its end has come, as the log and as the client has it; the first fault counts. */
  refused: readonly [rule: Rule | Own, why: string] | null;
}

type OnReply = (text: string) => Step<Own> | "fault";

class StringsConversation implements Conversation<Own> {
  readonly #kit: Kit;
  readonly #options: Options;
  readonly #logins: LoginPolicy;
  #onReply: OnReply = (text) => this.#greeting(text);
  #command: Command | null = null;
  #isIn = false;
  /** The server has been told a message: the end of the line ends it. */
  #isAppending = false;
  /** The client has half a line of the server's: nothing we said would be read as ours. */
  #isMidLine = false;
  /** The start of a line of LIST, whose name is a string. */
  #listed = "";

  constructor(kit: Kit, options: Options) {
    this.#kit = kit;
    this.#options = options;
    this.#logins = new kit.LoginPolicy(options);
  }

  lineLimit(): number {
    return this.#options.maxLineLength;
  }

  clientLine({ text, tooLong }: Line): Step<Own> {
    // Its end may announce a string: whoever does not know takes the octets of that for commands.
    if (tooLong) return { ...this.#bye("line too long"), refused: "line-length" };
    if (this.#command !== null) return this.#more(this.#command, text);
    const [, tag, verb, rest] = /^([A-Za-z0-9]{1,6}) (?:([A-Za-z]+)(?= |$))?(.*)$/.exec(text) ?? [];
    this.#command = { tag: tag ?? "*", verb: verb?.toUpperCase() ?? "", words: [], refused: null };
    if (verb === undefined) this.#fail("syntax", "expected a tag and a command");
    return this.#more(this.#command, rest ?? text);
  }

  /** A string of the client's, or the name of a mailbox in the server's answer. */
  literal(octets: string, side: "client" | "server"): Step<Own> {
    if (side === "server") return this.#name(octets);
    this.#command!.words.push(octets);
    return { next: "more" };
  }

  /** What was streamed: a message of the client's or the server's, or octets that were refused. */
  bodyEnd(): Step<Own> {
    return { next: this.#isMidLine ? "reply" : "more" };
  }

  serverLine(text: string): Step<Own> | "fault" {
    // What is said outside of literals is printable; the client must not get anything else for our word.
    return /^[ -~]*$/.test(text) ? this.#onReply(text) : "fault";
  }

  serverLost(due: boolean, how: Loss): Step<Own> {
    if (!due || this.#isMidLine) return this.#bye("server lost");
    const failed = `${this.#tag} NO login failed\r\n`;
    const failure = this.#logins.lose(how, { again: failed, last: failed });
    return { ...(failure ?? { client: `${this.#tag} NO server lost\r\n` }), next: "close" };
  }

  throttled(): Step<Own> {
    const tag = this.#tag;
    this.#command = null;
    return this.#logins.postpone(`${tag} NO (TRYLATER) too many failed logins\r\n`);
  }

  expired(): Step<Own> {
    return this.#bye("closing");
  }

  tooManyErrors(): Step<Own> {
    return this.#bye("too many errors");
  }

  outcome(reply: string): Outcome {
    return /^\S+ OK /.test(reply) ? "done" : "refused";
  }

  statusOf(reply: string): string {
    return /^\S+ (?:OK|NO|BAD)(?= )/.exec(reply)?.[0] ?? "";
  }

  get #tag(): string {
    return this.#command?.tag ?? "*";
  }

  #bye(why: string): Step<Own> {
    return { ...(this.#isMidLine ? {} : { client: `* BYE ${why}\r\n` }), next: "close" };
  }

  // ------------------------------------------------------------------ the client's commands

  #fail(rule: Rule | Own, why: string): void {
    this.#command!.refused ??= [rule, why];
  }

  /** A line of a command: words, and at its end perhaps the announcement of a string. */
  #more(command: Command, text: string): Step<Own> {
    const [, said = "", octets, plus] = /^(.*?)(?:\{([0-9]{1,10})(\+?)\})?$/.exec(text) ?? [];
    const words = wordsOf(said);
    if (words === null) this.#fail("syntax", "expected words and strings");
    command.words.push(...(words ?? []));
    if (command.words.length > MOST_WORDS) this.#fail("syntax", "too many words");
    if (octets !== undefined) return this.#announced(command, Number(octets), plus === "+");
    if (this.#isAppending) return this.#committed(said);
    return command.refused === null ? this.#whole(command) : this.#refusal(command);
  }

  /** What was sent without leave must be read; what asks for leave is refused by getting none. */
  #announced(command: Command, octets: number, isSent: boolean): Step<Own> {
    const { tag, verb, words } = command;
    const isText = words.length === 1 && verb === "APPEND";
    const most = isText ? this.#options.maxText : this.#options.maxString;
    if (this.#isAppending) return { ...this.#bye("one message at a time"), refused: "syntax" };
    if (most > 0 && octets > most) this.#fail("string-length", "too long");
    if (isText && !this.#isIn) this.#fail("wrong-state", "log in first");
    if (isText && quoted(words[0]!) === null) this.#fail("bad-argument", "expected a name");
    if (command.refused !== null)
      return isSent ? { next: this.#kit.swallow(octets) } : this.#refusal(command);
    if (!isText)
      return { ...(isSent ? {} : { part: "+ go on\r\n" }), next: this.#kit.literal(octets, "client") };
    const shown = `${tag} APPEND ${quoted(words[0]!)} {${octets}${isSent ? "+" : ""}}`;
    const head = { server: `${shown}\r\n`, shown, told: { verb: "APPEND" } };
    this.#onReply = (text) => this.#answer(text, command);
    const text = this.#kit.upload(new this.#kit.CountedBody(octets), { owed: true });
    if (isSent) {
      this.#isAppending = true;
      return { ...head, next: text };
    }
    this.#onReply = (said) => {
      if (!said.startsWith("+ ")) return this.#answer(said, command);
      this.#isAppending = true;
      return { part: "+ go on\r\n", next: text };
    };
    return { ...head, next: "reply", mayUpload: true };
  }

  /** The message is whole; the line that has it ends, or else the server is never told so. */
  #committed(rest: string): Step<Own> {
    if (rest !== "") return { ...this.#bye("expected the end of the line"), refused: "syntax" };
    this.#isAppending = false;
    return { server: "\r\n", next: "reply", decides: "delivery" };
  }

  #refusal({ tag, refused }: Command): Step<Own> {
    this.#command = null;
    const [rule, why] = refused!;
    return { client: `${tag} BAD ${why}\r\n`, refused: rule, next: "command" };
  }

  #whole(command: Command): Step<Own> {
    const { verb, words } = command;
    const names = words.map(quoted);
    if (!Object.hasOwn(ARGUMENTS, verb)) this.#fail("unknown-command", "no such command");
    else if (!this.#isIn && !BEFORE_LOGIN.has(verb)) this.#fail("wrong-state", "log in first");
    else if (verb === "LOGIN" && this.#isIn) this.#fail("wrong-state", "logged in");
    else if (verb === "APPEND") this.#fail("bad-argument", "expected a message");
    else if (verb !== "ID" && (words.length !== ARGUMENTS[verb] || names.includes(null)))
      this.#fail("bad-argument", "expected other words");
    else if (verb === "FETCH" && !/^[1-9][0-9]{0,8}$/.test(words[0]!)) this.#fail("bad-argument", "a number");
    // A password may stand among words that are not understood.
    if (command.refused !== null) return { ...this.#refusal(command), shown: `${command.tag} ***` };
    this.#onReply = (text) => this.#answer(text, command);
    const said = verb === "FETCH" ? [words[0], "BODY[]"] : verb === "ID" ? ["NIL"] : names;
    const line = [command.tag, verb, ...said].join(" ");
    const step = { server: `${line}\r\n`, next: "reply", shown: line, told: { verb } } as const;
    if (verb !== "LOGIN") return step;
    this.#logins.begin({ method: "LOGIN", user: words[0]! });
    const guess = { user: words[0]!, password: words[1]! };
    return { ...step, shown: `${command.tag} LOGIN ***`, secret: words[1]!, decides: "login", guess };
  }

  // ------------------------------------------------------------------ the server's answers

  #greeting(text: string): Step<Own> | "fault" {
    return text.startsWith("* OK ") ? { client: "* OK ready\r\n", next: "command" } : "fault";
  }

  #answer(text: string, command: Command): Step<Own> | "fault" {
    if (text.startsWith("* ")) return this.#untagged(text, command);
    const [, status = "", why] = new RegExp(`^${command.tag} (OK|NO|BAD) (.*)$`).exec(text) ?? [];
    if (why === undefined) return "fault";
    this.#command = null;
    const { verb } = command;
    if (verb === "LOGIN") return this.#loggedIn(command.tag, status === "OK");
    return { client: `${text}\r\n`, next: verb === "LOGOUT" ? "close" : "command" };
  }

  /** The server's own words may repeat the password. */
  #loggedIn(tag: string, isIn: boolean): Step<Own> {
    this.#isIn = isIn;
    if (isIn) return { client: `${tag} OK logged in\r\n`, log: this.#logins.accept(), next: "command" };
    const refusal = `${tag} NO login failed\r\n`;
    return this.#logins.refuse({ again: refusal, last: refusal });
  }

  /** Between an answer's lines anything may be told; what it tells of a login is not for the client. */
  #untagged(text: string, { verb }: Command): Step<Own> | "fault" {
    if (verb === "LOGIN") return { next: "reply" };
    const [, line = "", octets] = /^(.*?)(?:\{([0-9]{1,10})\})?$/.exec(text) ?? [];
    if (octets === undefined) return { part: `${text}\r\n`, next: "reply" };
    const isFetch = /^\* [0-9]+ FETCH \(/.test(line);
    if (!isFetch && (!line.startsWith("* LIST ") || Number(octets) > LONGEST_NAME)) return "fault";
    const back = this.#onReply;
    this.#onReply = (rest) => {
      if (rest !== (isFetch ? ")" : "")) return "fault";
      this.#onReply = back;
      this.#isMidLine = false;
      return { part: isFetch ? ")\r\n" : this.#listed, next: "reply" };
    };
    this.#listed = line;
    if (!isFetch) return { next: this.#kit.literal(Number(octets), "server") };
    this.#isMidLine = true;
    return {
      part: `${text}\r\n`,
      next: this.#kit.download(new this.#kit.CountedBody(Number(octets)), { owed: true }),
    };
  }

  /** Written as a quoted string; a mailbox that has none for a name is not there. */
  #name(octets: string): Step<Own> {
    const name = quoted(octets);
    this.#listed = name === null ? "" : `${this.#listed}${name}\r\n`;
    return { next: "reply" };
  }
}
