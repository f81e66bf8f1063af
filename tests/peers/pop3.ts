// POP3's peers for the invariants: what clients say, and a server that is correct and moody: it refuses at
// random where a server may, and complains of what a correct peer would not send now.

import fc from "fast-check";
import { CANARY, type Choose, type Peers, SECRET, type ServerModel } from "../simulation.ts";
import { CLIENT } from "./smtp.ts";

const XCLIENT = new RegExp(`^XCLIENT ADDR=${CLIENT}(?: PORT=[1-9][0-9]*)?$`);

const MESSAGES = 5;
const NUMBERS = ["0", "1", "2", "3", "4", "5", "6", "01", "005", "4294967297", "-1", "1 ", "", "1e0", "x"];

const number = fc.constantFrom(...NUMBERS);

const lines = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("USER u", `USER ${CANARY}`, "user u") },
  { weight: 6, arbitrary: fc.constantFrom(`PASS ${SECRET}`, `pass ${SECRET} ${SECRET}`, `PASS\t${SECRET}`) },
  { weight: 2, arbitrary: fc.constantFrom(`APOP u ${SECRET}`, `APOP ${CANARY} ${SECRET}`, "APOP", "APOP u") },
  {
    weight: 3,
    arbitrary: fc.constantFrom("AUTH", "AUTH PLAIN", `auth plain ${SECRET}`, "AUTH LOGIN", "AUTH GSSAPI"),
  },
  { weight: 3, arbitrary: fc.constantFrom(SECRET, "*", "=", `${SECRET}!`) },
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.constantFrom("LIST", "UIDL", "RETR", "DELE", "retr"), number)
      .map((words) => words.join(" ")),
  },
  { weight: 3, arbitrary: fc.tuple(number, number).map((words) => `TOP ${words.join(" ")}`) },
  { weight: 10, arbitrary: fc.constantFrom("STAT", "LIST", "UIDL", "RSET", "NOOP", "LAST", "CAPA") },
  { weight: 1, arbitrary: fc.constantFrom("QUIT", "QUIT now") },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "",
      "STLS",
      `${CANARY} ${CANARY}`,
      `STAT ${CANARY}`,
      "X".repeat(300),
      "STAT\0",
    ),
  },
);

/** What a server ends its lines with: its greeting says so, but for a status line now and then. */
type Lines = "crlf" | "lf" | "lf in status lines";

class MoodyServer implements ServerModel {
  readonly greeting: string;
  readonly #lines: Lines;
  readonly #choose: Choose;
  #state: "authorization" | "user" | "transaction" = "authorization";
  #sasl = false;
  readonly #deleted = new Set<string>();

  constructor(choose: Choose) {
    this.#choose = choose;
    this.#lines = (["crlf", "lf", "lf in status lines"] as const)[choose(3)]!;
    this.greeting = this.#lines === "lf" ? "+OK server\n" : "+OK [XCLIENT] server <1.2@server>\r\n";
  }

  hear(line: string): { answer: string; end?: boolean } {
    const { answer, ...rest } = this.#said(line);
    if (this.#lines === "crlf") return { answer, ...rest };
    return { answer: answer.replace(this.#lines === "lf" ? /\r\n/g : /\r\n/, "\n"), ...rest };
  }

  #said(line: string): { answer: string; end?: boolean } {
    if (this.#sasl) return this.#login(line !== "*");
    const [verb = "", ...words] = line.split(" ");
    this.#check(verb, words);
    const refused = this.#choose(4) === 0;
    switch (verb) {
      case "XCLIENT":
        return said(true, verb);
      case "USER":
        if (!refused) this.#state = "user";
        return said(!refused, verb);
      case "PASS":
      case "APOP":
        return this.#login(!refused);
      case "AUTH":
        if (refused) return said(false, verb);
        if (words.length === 0) return { answer: `+OK ${verb}#\r\nPLAIN\r\nNTLM\r\n.\r\n` };
        if (words.length === 2) return this.#login(this.#choose(2) === 0);
        this.#sasl = true;
        return { answer: "+ Y2hhbGxlbmdl\r\n" };
      case "STAT":
        return { answer: `+OK ${MESSAGES - this.#deleted.size} 600\r\n` };
      case "QUIT":
        return { answer: "+OK QUIT#\r\n", end: true };
      case "DELE":
        if (!refused) this.#deleted.add(words[0]!);
        return said(!refused, verb);
      case "RSET":
        if (!refused) this.#deleted.clear();
        return said(!refused, verb);
      case "CAPA":
        return refused ? said(false, verb) : { answer: `+OK ${verb}#\r\nTOP\r\nSTLS\r\nX-IT\r\n.\r\n` };
      case "RETR":
      case "TOP":
        if (refused) return said(false, verb);
        return { answer: `+OK ${verb}#\r\n${this.#choose(2) === 0 ? "" : this.#mail}.\r\n` };
      case "LIST":
      case "UIDL":
        if (refused || words.length > 0) return said(!refused, verb);
        return { answer: `+OK ${verb}#\r\n${this.#listing()}.\r\n` };
      default:
        return said(!refused, verb);
    }
  }

  get #mail(): string {
    return this.#lines === "lf" ? LF_MAIL : MAIL;
  }

  #login(good: boolean): { answer: string } {
    this.#sasl = false;
    this.#state = good && this.#choose(3) > 0 ? "transaction" : "authorization";
    return { answer: this.#state === "transaction" ? `${WELCOME}\r\n` : "-ERR no\r\n" };
  }

  /** What a correct server would have to refuse must have been refused before it. */
  #check(verb: string, words: readonly string[]): void {
    const before = this.#state !== "transaction";
    if (before && !/^(USER|PASS|APOP|AUTH|CAPA|QUIT|XCLIENT)$/.test(verb))
      throw new Error(`${verb} before the login`);
    if (!before && /^(USER|PASS|APOP|AUTH|XCLIENT)$/.test(verb)) throw new Error(`${verb} after the login`);
    if (/^(RETR|TOP|DELE)$/.test(verb) || (/^(LIST|UIDL)$/.test(verb) && words.length > 0)) {
      const [number = ""] = words;
      if (!/^[1-5]$/.test(number) || this.#deleted.has(number)) throw new Error(`${verb} ${number}: no such`);
    }
  }

  #listing(): string {
    return ["1", "2", "3", "4", "5"]
      .filter((number) => !this.#deleted.has(number))
      .map((number) => `${number} 120\r\n`)
      .join("");
  }
}

/** A mail that looks like an end and a reply to whoever takes bare line feeds for line ends. */
const MAIL = "Subject: x\r\n\r\nbare\n.\n+OK 99 99\n..\r\r\n..\r\n\0\xff\r\n";
/**
 * A mail of both kinds of line ends, as a server has it that stuffs the dots behind every LF. On the wire CRLF is
 * LF, and CR CRLF is CRLF.
 */
const LF_MAIL = "Subject: x\r\n\r\nwith\r\r\n..\r\r\n..\r\n+OK 99 99\r.\r\n\n\0\xff\r\n";

/** Says that a login succeeded, whatever its last line looked like: data of an exchange may look like LIST. */
const WELCOME = "+OK welcome";

/** A server that lost its way hears data as a command, and must not repeat what may be a secret. */
function said(good: boolean, verb: string): { answer: string } {
  return { answer: `${good ? "+OK" : "-ERR"} ${/^(?:[A-Z]{3,4}|XCLIENT)$/.test(verb) ? verb : "WHAT"}#\r\n` };
}

export const pop3Peers: Peers = {
  options: { loginDelay: 0, maxLoginAttempts: 0, auth: "pass" },
  openings: ["", `USER u\r\nPASS ${SECRET}\r\n`.repeat(3)],
  lines,
  server: (choose) => new MoodyServer(choose),
  hostile: [
    "+OK\r\n+OK 1 1\r\n",
    "+OK 3 600\r\n-ERR late\r\n.\r\n",
    "-ERR\r\n",
    "+ Y2hhbGxlbmdl\r\n",
    "+OK\r\nhalf a bodyEND",
    "+OK half a lineEND",
    "END",
    "",
    "250 ok\r\n",
    "\x1b[2J\r\n",
    `+OK ${"x".repeat(4000)}\r\n`,
    "+OK \x1b[2J\xff\0\r\n.\r\n",
    "+OK\r\n1 2\r\n.\r\n",
    "+OK\n.\n",
  ],
  isCommand: (line) =>
    /^(USER|APOP|AUTH|LIST|UIDL|RETR|DELE|TOP) [!-~]+( [!-~]+)*$/.test(line) ||
    XCLIENT.test(line) ||
    /^PASS [ -~\x80-\xff]+$/.test(line) ||
    /^(STAT|LIST|UIDL|RSET|LAST|CAPA|QUIT|AUTH|\*|[A-Za-z0-9+/]*={0,2})$/.test(line),
  isOwn: (line) => line === "STAT" || line === "*" || XCLIENT.test(line),
  verb: (line) => line.split(" ")[0]!.toUpperCase(),
  hasBody: (line, status) =>
    status.startsWith("+OK") && status !== WELCOME && /^(CAPA|RETR .*|TOP .*|LIST|UIDL|AUTH)$/i.test(line),
};
