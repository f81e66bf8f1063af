// A proxy for reading news (RFC 3977), and the protocol from outside to copy: keep its shape, change what it knows.
//
//     protowrap ./nntp.ts --user news -- /usr/lib/news/bin/nnrpd
//
// It imports types and nothing else: what it cannot import it is handed, as the kit. It is told of lines and ends and
// answers with steps; the session keeps order, splits, limits and deadlines.

import type {
  Conversation,
  Doubt,
  Kit,
  Line,
  Login,
  LoginPolicy,
  Loss,
  Obliging,
  Outcome,
  Protocol,
  Rule,
  SaslExchange,
  Setup,
  Step,
  Table,
  ValuesOf,
} from "./protowrap-protocol.js";

/** Its options: groups that protocols share, and one of its own. */
function optionsOf(kit: Kit) {
  return {
    ...kit.lineOptions(512, "refuse"), // section 3.1, octets
    ...kit.LOGIN_OPTIONS,
    "hide-group": {
      takes: { kind: "patterns" },
      group: "News",
      help: "a regular expression; groups whose name it matches are not there",
    },
  } as const satisfies Table;
}

/** The rules it refuses by that not everybody has, for the log. */
const RULES = { "hidden-group": "a group of --hide-group" };
type Own = keyof typeof RULES;

type Options = ValuesOf<ReturnType<typeof optionsOf>>;

export default function nntp(kit: Kit): Protocol<ReturnType<typeof optionsOf>, Own> {
  return {
    name: "nntp",
    dialogue: "lock-step",
    rules: RULES,
    options: optionsOf(kit),
    server: ["/usr/lib/news/bin/nnrpd"],
    converse: (setup, options) => new NntpConversation(kit, setup, options),
    unavailable: () => UNAVAILABLE,
    // For whoever runs `check` and `explain`.
    describe: (options) => [
      ["news", `for reading; ${options.hideGroup.length === 0 ? "every group" : "some groups are hidden"}`],
      [
        "logins",
        `AUTHINFO USER and PASS; ${options.auth === "pass" ? "AUTHINFO SASL, too" : "no AUTHINFO SASL"}`,
      ],
      ["failures", kit.failureSentence(options)],
    ],
    doubts: (options, place): readonly Doubt[] => [
      ...kit.loginDoubts(options, place),
      ...(place.server.some((word) => word.endsWith("/innd"))
        ? [["server", "innd: feeds and does not serve readers; nnrpd does"] as const]
        : []),
    ],
    obliging: () => obliging,
  };
}

const UNAVAILABLE = "400 Service not available\r\n";
const LOGIN_FAILED = "481 Authentication failed\r\n";

/** What readers need; all else is refused, and with it what would change the connection: STARTTLS, COMPRESS. */
const ALLOWED = new Set(
  "ARTICLE BODY CAPABILITIES DATE GROUP HDR HEAD HELP LAST LIST LISTGROUP MODE NEWGROUPS NEWNEWS NEXT OVER QUIT STAT XHDR XOVER".split(
    " ",
  ),
);
/** Section 3.2: these replies have a body that ends with a lone dot; so has 211, after LISTGROUP. */
const MULTI_LINE = new Set(["100", "215", "220", "221", "222", "224", "225", "230", "231"]);
/** What of the server's capabilities is true of us. */
const CAPABILITIES = /^(?:VERSION|READER|LIST|HDR|OVER|NEWNEWS|MODE-READER|AUTHINFO|SASL)(?: |$)/;
/** Lines of them: a server that says more has lost its way. */
const MOST_CAPABILITIES = 100;

/** What becomes of the server's next line, where somebody waits for it. */
type OnReply = (text: string) => Step<Own> | "fault";

class NntpConversation implements Conversation<Own> {
  readonly #kit: Kit;
  readonly #setup: Setup;
  readonly #options: Options;
  readonly #logins: LoginPolicy;
  #onReply: OnReply = (text) => this.#greeting(text);
  /** Named by AUTHINFO USER; the password may come. */
  #user: string | null = null;
  /** An exchange is open: the next client line is data, whatever it looks like. */
  #sasl: SaslExchange | null = null;
  /** The server waits for data. */
  #isAwaited = false;

  constructor(kit: Kit, setup: Setup, options: Options) {
    this.#kit = kit;
    this.#setup = setup;
    this.#options = options;
    this.#logins = new kit.LoginPolicy(options);
  }

  lineLimit(): number {
    return this.#sasl === null ? this.#options.maxLineLength : this.#kit.MAX_SASL_LINE;
  }

  /** Judge first; what goes to the server is written anew from what was understood. */
  clientLine(line: Line): Step<Own> {
    if (this.#sasl !== null) return this.#saslLine(line, this.#sasl);
    if (line.tooLong) return refuse("line-length", "501 Line too long");
    if (!/^[!-~]+(?: +[!-~]+)* *$/.test(line.text)) return refuse("syntax", "501 Syntax error");
    const [verb = "", ...args] = line.text.trimEnd().split(/ +/);
    const command = verb.toUpperCase();
    if (command === "AUTHINFO") return this.#authinfo(args);
    const isStrange = command === "MODE" && args[0]?.toUpperCase() !== "READER";
    if (!ALLOWED.has(command) || isStrange) return refuse("forbidden-command", "502 Command unavailable");
    const isGroup = command === "GROUP" || command === "LISTGROUP";
    if (isGroup && this.#isHidden(args[0])) return refuse("hidden-group", "411 No such newsgroup");
    return this.#ask(command, args, (text) => this.#reply(command, text));
  }

  serverLine(text: string): Step<Own> | "fault" {
    return this.#onReply(text);
  }

  /** A body for the client has ended: it was the answer. */
  bodyEnd(): Step<Own> {
    return { next: "command" };
  }

  serverLost(due: boolean, how: Loss): Step<Own> {
    this.#isAwaited = false;
    if (!due) return { next: "close" };
    // A server that hangs up on a password has refused it, and costs the client what a refusal does.
    const failure = this.#logins.lose(how, { again: LOGIN_FAILED, last: LOGIN_FAILED });
    return { ...(failure ?? { client: UNAVAILABLE }), next: "close" };
  }

  /** A guess is one whether or not its end was waited for. */
  abandoned(): Step<Own> | null {
    if (this.#sasl?.isTold !== true) return null;
    const { client: _, ...step } = this.#abandon(this.#sasl.login);
    return { ...step, next: "close" };
  }

  /** A server that waits for data would take the next command for it: it is told to stop. */
  throttled(): Step<Own> {
    const postponed = this.#logins.postpone("403 Too many failed logins, try again later\r\n");
    if (!this.#isAwaited) return postponed;
    this.#onReply = (text) => (codeOf(text)?.startsWith("4") ? postponed : "fault");
    return { server: "*\r\n", next: "reply" };
  }

  expired(): Step<Own> {
    return { client: "400 Closing connection\r\n", next: "close" };
  }

  tooManyErrors(): Step<Own> {
    return { client: "400 Too many errors\r\n", next: "close" };
  }

  /** How a command went, for the log's count of them. */
  outcome(reply: string): Outcome {
    if (/^3/.test(reply)) return "more";
    return /^[45]/.test(reply) ? "refused" : "done";
  }

  /** What of the answer to a password may be told: how it went. */
  statusOf(reply: string): string {
    return codeOf(reply) ?? "";
  }

  #isHidden(group = ""): boolean {
    return this.#options.hideGroup.some((pattern) => pattern.test(group));
  }

  #ask(command: string, args: readonly string[], onReply: OnReply): Step<Own> {
    this.#onReply = onReply;
    const line = [command, ...args].join(" ");
    return { server: `${line}\r\n`, next: "reply", shown: line, told: { verb: command } };
  }

  // ------------------------------------------------------------------ the server's answers

  #greeting(text: string): Step<Own> | "fault" {
    const code = codeOf(text);
    if (code === "200" || code === "201") return { client: `${text}\r\n`, next: "command" };
    return code === "400" || code === "502" ? { client: `${text}\r\n`, next: "close" } : "fault";
  }

  #reply(command: string, text: string): Step<Own> | "fault" {
    const code = codeOf(text);
    if (code === null) return "fault";
    const client = `${text}\r\n`;
    if (command === "QUIT" || code === "400") return { client, next: "close" };
    if (code === "101") return this.#capabilities([text]);
    const hasBody = code === "211" ? command === "LISTGROUP" : MULTI_LINE.has(code);
    return { client, next: hasBody ? this.#kit.download(new this.#kit.ListingBody()) : "command" };
  }

  /** Read to its end before any of it is told: what we refuse must not be promised. */
  #capabilities(lines: readonly string[]): Step<Own> {
    this.#onReply = (text) => {
      if (text === ".") return { client: [...lines, ".\r\n"].join("\r\n"), next: "command" };
      if (!/^[ -~]*$/.test(text) || lines.length > MOST_CAPABILITIES) return "fault";
      const kept = this.#capability(text.toUpperCase());
      return this.#capabilities(kept === null ? lines : [...lines, kept]);
    };
    return { next: "reply" };
  }

  #capability(line: string): string | null {
    if (!CAPABILITIES.test(line)) return null;
    const [label = "", ...words] = line.split(/ +/);
    // AUTHINFO alone: known, and not to be had now (RFC 4643 section 2.1).
    if (!this.#mayLogIn && (label === "SASL" || label === "AUTHINFO")) return label === "SASL" ? null : label;
    if (this.#options.auth === "pass")
      return [label, ...(label === "SASL" ? this.#kit.filterMechanisms(words) : words)].join(" ");
    return label === "SASL" ? null : [label, ...words.filter((word) => word !== "SASL")].join(" ");
  }

  // ------------------------------------------------------------------ logins (RFC 4643)

  #authinfo([kind = "", ...args]: readonly string[]): Step<Own> {
    const [first = "", second] = args;
    if (!this.#mayLogIn) {
      const hidden = { shown: "AUTHINFO ***", secret: args.join(" ") };
      return { ...refuse("login-without-tls", "483 Encryption required"), ...hidden };
    }
    switch (kind.toUpperCase()) {
      case "USER":
        if (args.length !== 1) return refuse("syntax", "501 Syntax error");
        this.#user = first;
        this.#logins.begin(this.#login(first));
        // Most servers ask for a password now: that is the guess.
        return {
          ...this.#ask("AUTHINFO USER", args, (text) => this.#userReply(text)),
          ...{ decides: "login", guess: null },
        };
      case "PASS": {
        const hidden = { shown: "AUTHINFO PASS ***", secret: args.join(" ") };
        if (this.#user === null) return { ...refuse("wrong-state", "482 AUTHINFO USER first"), ...hidden };
        if (args.length === 0) return refuse("syntax", "501 Syntax error");
        const guess = { user: this.#user, password: args.join(" ") };
        this.#logins.begin(this.#login(this.#user));
        this.#user = null;
        const step = this.#ask("AUTHINFO PASS", args, (text) => this.#loginReply(text));
        return { ...step, ...hidden, decides: "login", guess };
      }
      case "SASL": {
        const hidden = second === undefined ? {} : { shown: "AUTHINFO SASL ***", secret: second };
        if (this.#options.auth === "off") return { ...refuse("auth", "502 Command unavailable"), ...hidden };
        if (!this.#kit.isOffered(first) || args.length > 2)
          return { ...refuse("mechanism", "503 Mechanism not recognized"), ...hidden };
        if (second !== undefined && !this.#kit.isInitialResponse(second))
          return { ...refuse("sasl", "504 Base64 encoding error"), ...hidden };
        const exchange = new this.#kit.SaslExchange(first, second);
        const words = [first.toUpperCase(), ...args.slice(1)];
        return {
          ...this.#ask("AUTHINFO SASL", words, () => "fault"),
          ...this.#decision(exchange),
          ...hidden,
        };
      }
      default:
        return refuse("syntax", "501 Syntax error");
    }
  }

  /** RFC 4643 section 2.3.2: no password in the clear, unless the administrator lets it. */
  get #mayLogIn(): boolean {
    return this.#kit.mayLogIn(this.#setup, this.#options);
  }

  #login(user: string): Login {
    return { method: "USER", user };
  }

  #userReply(text: string): Step<Own> | "fault" {
    if (codeOf(text) !== "381") return this.#loginReply(text);
    this.#logins.suspend();
    return { client: `${text}\r\n`, next: "command" };
  }

  #loginReply(text: string): Step<Own> | "fault" {
    const code = codeOf(text);
    const reply = `${text}\r\n`;
    if (code === null || /^[13]/.test(code)) return "fault";
    if (code.startsWith("2")) return { client: reply, log: this.#logins.accept(), next: "command" };
    return this.#logins.refuse({ again: reply, last: reply });
  }

  /** Sets what becomes of the answer. @returns what it decides, once the server has something to decide by */
  #decision(exchange: SaslExchange): Pick<Step<Own>, "decides" | "guess"> {
    this.#onReply = (text) => this.#saslReply(text, exchange);
    if (!exchange.hasData) return {};
    this.#logins.begin(exchange.login);
    return { decides: "login", guess: exchange.guess };
  }

  #saslReply(text: string, exchange: SaslExchange): Step<Own> | "fault" {
    const code = codeOf(text);
    this.#isAwaited = code === "383";
    if (code === "383") {
      this.#logins.suspend();
      this.#sasl = exchange;
      const challenge: Step<Own> = { client: `${text}\r\n`, next: "command" };
      return exchange.isRefusedByChallenge ? { ...challenge, delay: this.#logins.delay } : challenge;
    }
    // The server does not know the mechanism: nobody has tried to log in yet.
    if (code?.startsWith("5") && !exchange.hasData) return { client: `${text}\r\n`, next: "command" };
    this.#logins.begin(exchange.login);
    return this.#loginReply(text);
  }

  #saslLine(line: Line, exchange: SaslExchange): Step<Own> {
    this.#sasl = null;
    const { verdict, server, hidden } = exchange.answer(line);
    if (verdict === "data") return { server, next: "reply", ...this.#decision(exchange), ...hidden };
    // The server still waits for data: it is told to stop, and its own words about that are nobody's business.
    this.#onReply = (text) => {
      if (!codeOf(text)?.startsWith("4")) return "fault";
      if (exchange.isTold) return this.#abandon(exchange.login);
      if (verdict === "cancel") return { client: LOGIN_FAILED, error: true, next: "command" };
      return refuse("sasl", verdict === "bad" ? "504 Base64 encoding error" : "501 Line too long");
    };
    return { server, next: "reply", ...hidden };
  }

  #abandon(login: Login): Step<Own> {
    this.#logins.begin(login);
    return this.#logins.abandon({ again: LOGIN_FAILED, last: LOGIN_FAILED });
  }
}

/** A server that agrees to everything, for `explain`. */
const obliging: Obliging = (command) => {
  const [verb = "", kind] = command.trim().split(" ");
  if (command === "") return "200 news.test ready\r\n";
  if (verb === "AUTHINFO") return kind === "USER" ? "381 password?\r\n" : "281 ok\r\n";
  return ANSWERS[verb] ?? "500 what?\r\n";
};

const ANSWERS: Readonly<Record<string, string>> = {
  ARTICLE: "220 1 <1@news.test>\r\nSubject: x\r\n\r\ntext\r\n.\r\n",
  BODY: "222 1 <1@news.test>\r\ntext\r\n.\r\n",
  CAPABILITIES: "101 as follows\r\nVERSION 2\r\nREADER\r\n.\r\n",
  DATE: "111 20260101000000\r\n",
  GROUP: "211 1 1 1 news.test\r\n",
  HEAD: "221 1 <1@news.test>\r\nSubject: x\r\n.\r\n",
  HELP: "100 as follows\r\nnone\r\n.\r\n",
  LAST: "422 none before\r\n",
  LIST: "215 as follows\r\nnews.test 1 1 y\r\n.\r\n",
  LISTGROUP: "211 1 1 1 news.test\r\n1\r\n.\r\n",
  MODE: "201 readers only\r\n",
  NEWGROUPS: "231 as follows\r\n.\r\n",
  NEWNEWS: "230 as follows\r\n.\r\n",
  NEXT: "421 none behind\r\n",
  OVER: "224 as follows\r\n.\r\n",
  QUIT: "205 bye\r\n",
  STAT: "223 1 <1@news.test>\r\n",
};

/** A reply's code; null for what is none, or could play tricks with a terminal. */
function codeOf(text: string): string | null {
  return /^([1-5][0-9]{2})(?: [ -~\x80-\xff]*)?\r?\n?$/.exec(text)?.[1] ?? null;
}

/** `refused` names the rule for the log; what a client said is never said back to it. */
function refuse(refused: Rule | Own, reply: string): Step<Own> {
  return { client: `${reply}\r\n`, refused, next: "command" };
}
