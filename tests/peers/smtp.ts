// SMTP's peers for the invariants: what clients say, a server that is correct and moody, and the strict grammar of
// what may reach it, written from the RFC and not from the parser.

import fc from "fast-check";
import { CANARY, type Choose, type Peers, SECRET, type ServerModel } from "../simulation.ts";

// ------------------------------------------------------------------ the grammar (RFC 5321 section 4.1)

const ATOM = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~]+";
const LOCAL = `(?:${ATOM}(?:\\.${ATOM})*|"(?:[ !#-\\[\\]-~]|\\\\[ -~])*")`;
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[(?:[0-9]{1,3}(?:\\.[0-9]{1,3}){3}|IPv6:[0-9A-Fa-f:.]+)\\])`;
const XTEXT = "(?:[!-*,-<>-~]|\\+[0-9A-F]{2})";
/** Of the sessions in tests, and of those over the loopback: no client may claim another one. */
export const CLIENT = "(?:192\\.0\\.2\\.7|127\\.0\\.0\\.1)";
const COMMANDS = [
  `XCLIENT(?: (?:REVERSE_)?NAME=\\[UNAVAILABLE\\])* ADDR=${CLIENT}(?: PORT=[0-9]+)?(?: HELO=${HOST})?(?: PROTO=E?SMTP)?`,
  `(?:EHLO|HELO) ${HOST}`,
  `MAIL FROM:<(?:${LOCAL}@${HOST})?>(?: SIZE=[0-9]{1,20}| BODY=(?:7BIT|8BITMIME)| RET=(?:FULL|HDRS)| ENVID=${XTEXT}{1,100}| AUTH=(?:<>|${XTEXT}+))*`,
  `RCPT TO:<${LOCAL}(?:@${HOST})?>(?: NOTIFY=(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY))*)| ORCPT=[A-Za-z0-9-]+;${XTEXT}+)*`,
  "DATA",
  "RSET",
  "QUIT",
  "AUTH [A-Z0-9-]+(?: (?:=|[A-Za-z0-9+/]+={0,2}))?",
];
export const COMMAND = new RegExp(`^(?:${COMMANDS.join("|")})$`);
export const DATA_LINE = /^(?:[A-Za-z0-9+/]*={0,2}|\*)$/;

// ------------------------------------------------------------------ the peers

/** Correct and moody: refuses at random, complains of what a correct client would not send now. */
export class MoodyServer implements ServerModel {
  readonly greeting = "220 server.test ESMTP\r\n";
  readonly delivered: Delivered[] = [];
  readonly #choose: Choose;
  #ready = false;
  #mail = false;
  #recipients = 0;
  #mode: "command" | "message" | "sasl" = "command";
  #message = "";

  constructor(choose: Choose) {
    this.#choose = choose;
  }

  hear(line: string): { answer: string; end?: boolean } | null {
    if (this.#mode === "message") return this.#hearMessage(line);
    if (this.#mode === "sasl") {
      if (!DATA_LINE.test(line)) throw new Error(`no data: ${line}`);
      this.#mode = "command";
      return {
        answer: line === "*" ? "501 AUTH#\r\n" : this.#choose(2) === 0 ? "235 AUTH#\r\n" : "535 AUTH#\r\n",
      };
    }
    if (!COMMAND.test(line)) throw new Error(`no command: ${line}`);
    const verb = line.slice(0, 4);
    const good = this.#choose(5) > 0;
    const said = (code: string) => ({
      answer: `${good ? code : this.#choose(2) === 0 ? "550" : "451"} ${verb}#\r\n`,
    });
    switch (verb) {
      case "EHLO":
      case "HELO":
        if (!good) return said("");
        this.#ready = true;
        this.#reset();
        return verb === "HELO"
          ? { answer: "250 server.test\r\n" }
          : { answer: EHLO[this.#choose(EHLO.length)]! };
      case "XCLI":
        if (!this.#ready || this.#mail) throw new Error("XCLIENT out of order");
        if (good) this.#ready = false;
        return said("220");
      case "MAIL":
        if (!this.#ready || this.#mail) throw new Error("MAIL out of order");
        this.#mail = good;
        return said("250");
      case "RCPT":
        if (!this.#mail) throw new Error("RCPT out of order");
        if (good) this.#recipients++;
        return said("250");
      case "DATA":
        if (this.#recipients === 0) throw new Error("DATA without recipients");
        if (!good) return said("");
        this.#mode = "message";
        this.#message = "";
        return { answer: "354 go\r\n" };
      case "RSET":
        if (good) this.#reset();
        return said("250");
      case "AUTH": {
        if (!this.#ready || this.#mail) throw new Error("AUTH out of order");
        const step = this.#choose(3);
        if (step === 0) return { answer: "235 AUTH#\r\n" };
        if (step === 1) return { answer: "535 AUTH#\r\n" };
        this.#mode = "sasl";
        return { answer: "334 Y2hhbGxlbmdl\r\n" };
      }
      default:
        return { answer: "221 bye\r\n", end: true };
    }
  }

  #hearMessage(line: string): { answer: string } | null {
    if (line !== ".") {
      this.#message += `${line}\r\n`;
      return null;
    }
    this.#mode = "command";
    this.#reset();
    const reply = `${["250", "250", "550", "451"][this.#choose(4)]} message#${this.delivered.length}`;
    this.delivered.push({ text: this.#message, reply });
    return { answer: `${reply}\r\n` };
  }

  #reset(): void {
    this.#mail = false;
    this.#recipients = 0;
  }
}

export interface Delivered {
  readonly text: string;
  readonly reply: string;
}

const EHLO = [
  "250-server.test\r\n250-SIZE 150\r\n250-8BITMIME\r\n250-DSN\r\n250 AUTH PLAIN LOGIN\r\n",
  "250-server.test\r\n250-CHUNKING\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
  "250 server.test\r\n",
  "250-server.test\r\n250 XCLIENT NAME ADDR PORT HELO PROTO LOGIN\r\n",
];

const command = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "EHLO c.test",
      "HELO c.test",
      "XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.9 PORT=1 HELO=x PROTO=SMTP",
      "ehlo [192.0.2.7]",
      `EHLO ${CANARY}.test`,
      "EHLO a b",
      "EHLO my_pc",
      "HELO (null)",
      "EHLO [::1]",
    ),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "MAIL FROM:<a@c.test>",
      "mail from: <>",
      "MAIL FROM:<a@c.test> SIZE=50 RET=FULL",
      "MAIL FROM:<a@c.test> SIZE=9999",
      'MAIL FROM:<"a\\" b"@c.test>',
      "MAIL FROM:<a@@c>",
      "MAIL FROM: a..b@c.test. SIZE=50",
      "MAIL FROM: < >",
      "MAIL FROM:<a@c.test> X=1",
    ),
  },
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      "RCPT TO:<u@local.test>",
      "rcpt to: <postmaster>",
      "RCPT TO:<u@local.test> NOTIFY=never",
      'RCPT TO:<"a>b"@local.test>',
      "RCPT TO:<v@evil.test>",
      "RCPT TO: u@LOCAL.test. NOTIFY=never",
      'RCPT TO:< "u"@local.test >',
      "RCPT TO:v@evil.test.",
      "RCPT TO:<v%evil@local.test>",
      "RCPT TO:<u@local.test> x@local.test",
      `RCPT TO:<${CANARY}>`,
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "RSET",
      "NOOP",
      "VRFY u",
      "HELP",
      "DATA x",
      "WHAT",
      "",
      "RSET x",
      "x".repeat(600),
      "NOOP\0",
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      `AUTH PLAIN ${SECRET}`,
      "AUTH LOGIN",
      "AUTH PLAIN",
      "AUTH NTLM",
      SECRET,
      "*",
      "!",
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom("QUIT", "BDAT 5 LAST", "GET / HTTP/1.1", "DATA") },
);

const special = fc.constantFrom(
  "\r\n",
  "\r\n.",
  "..",
  "a",
  "text\r\n",
  "QUIT\r\n",
  "x".repeat(80),
  "\xff",
  ".\r\n",
  "\t",
);
const evil = fc.constantFrom(
  "\n",
  "\r",
  "\0",
  "\n.\n",
  "\r\n.\n",
  "\n.\r\n",
  "\r.\r",
  "x".repeat(1100),
  "y".repeat(220),
);
const message = fc
  .array(fc.oneof({ weight: 12, arbitrary: special }, { weight: 1, arbitrary: evil }), { maxLength: 8 })
  .map((pieces) => `DATA\r\n${pieces.join("")}\r\n.\r\n`);

const unit = fc.oneof(
  { weight: 6, arbitrary: command.map((line) => `${line}\r\n`) },
  {
    weight: 3,
    arbitrary: message.map((text) => `MAIL FROM:<a@c.test>\r\nRCPT TO:<u@local.test>\r\n${text}`),
  },
  { weight: 1, arbitrary: message },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.nat(255), { maxLength: 10 })
      .map((octets) => `${String.fromCharCode(...octets)}\n`),
  },
);

const HOSTILE = [
  "250 ok\r\n250 more\r\n",
  "354 go\r\n",
  "334 \r\n",
  "421 bye\r\n",
  "250-a\r\n550 b\r\n",
  "250 half",
  "250 halfEND",
  "END",
  "",
  "+OK\r\n",
  `250 ${"x".repeat(3000)}\r\n`,
  "250 \x1b[2J\0\xff\r\n",
  "354 go\r\n250 taken\r\n",
  "235 in\r\n",
];

export const smtpPeers: Peers = {
  options: { auth: "pass", maxMessageSize: 200 },
  openings: ["", "EHLO c.test\r\n", "EHLO c.test\r\n"],
  // Whole units with their ends: a message is one of them.
  lines: unit,
  server: (choose) => new MoodyServer(choose),
  hostile: HOSTILE,
  isCommand: (line) => COMMAND.test(line) || DATA_LINE.test(line),
  isOwn: (line, next) =>
    line === "*" ||
    line.startsWith("XCLIENT ") ||
    (line.startsWith("EHLO ") && (next === `HELO ${line.slice(5)}` || next?.startsWith("XCLIENT ") === true)),
  verb: (line) => line.slice(0, 4).toUpperCase(),
  hasBody: () => false,
};
