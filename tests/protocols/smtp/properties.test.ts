// What holds for any client and any server: a strict grammar for what reaches the server, messages octet for
// octet or not at all, and one reply a command. The client's side is read back independently: one line, one
// reply; after 354 one message, one reply.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { SmtpOptions } from "../../../src/protocols/smtp/options.ts";
import { MARKS } from "../../recorder.ts";
import {
  CANARY,
  type Choose,
  type Peers,
  type Plan,
  SECRET,
  type ServerModel,
  Simulation,
} from "../../simulation.ts";
import { PROTOCOLS } from "../../subjects.ts";

const SEED = Number(process.env.FC_SEED ?? Date.now() & 0x7fffffff);
const RUNS = Number(process.env.FC_RUNS ?? 500);
const EOD = "\r\n.\r\n";

// ------------------------------------------------------------------ the grammar (RFC 5321 section 4.1)

const ATOM = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~]+";
const LOCAL = `(?:${ATOM}(?:\\.${ATOM})*|"(?:[ !#-\\[\\]-~]|\\\\[ -~])*")`;
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[(?:[0-9]{1,3}(?:\\.[0-9]{1,3}){3}|IPv6:[0-9A-Fa-f:.]+)\\])`;
const XTEXT = "(?:[!-*,-<>-~]|\\+[0-9A-F]{2})";
const COMMANDS = [
  `(?:EHLO|HELO) ${HOST}`,
  `MAIL FROM:<(?:${LOCAL}@${HOST})?>(?: SIZE=[0-9]{1,20}| BODY=(?:7BIT|8BITMIME)| RET=(?:FULL|HDRS)| ENVID=${XTEXT}{1,100}| AUTH=(?:<>|${XTEXT}+))*`,
  `RCPT TO:<${LOCAL}(?:@${HOST})?>(?: NOTIFY=(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY))*)| ORCPT=[A-Za-z0-9-]+;${XTEXT}+)*`,
  "DATA",
  "RSET",
  "QUIT",
  "AUTH [A-Z0-9-]+(?: (?:=|[A-Za-z0-9+/]+={0,2}))?",
];
const COMMAND = new RegExp(`^(?:${COMMANDS.join("|")})$`);
const DATA_LINE = /^(?:[A-Za-z0-9+/]*={0,2}|\*)$/;

// ------------------------------------------------------------------ the peers

/** Correct and moody: refuses at random, complains of what a correct client would not send now. */
class MoodyServer implements ServerModel {
  readonly greeting = "220 server.test ESMTP\r\n";
  readonly #choose: Choose;
  readonly #delivered: Delivered[];
  #ready = false;
  #mail = false;
  #recipients = 0;
  #mode: "command" | "message" | "sasl" = "command";
  #message = "";

  constructor(choose: Choose, delivered: Delivered[]) {
    this.#choose = choose;
    this.#delivered = delivered;
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
    const reply = `${["250", "250", "550", "451"][this.#choose(4)]} message#${this.#delivered.length}`;
    this.#delivered.push({ text: this.#message, reply });
    return { answer: `${reply}\r\n` };
  }

  #reset(): void {
    this.#mail = false;
    this.#recipients = 0;
  }
}

interface Delivered {
  readonly text: string;
  readonly reply: string;
}

const EHLO = [
  "250-server.test\r\n250-SIZE 150\r\n250-8BITMIME\r\n250-DSN\r\n250 AUTH PLAIN LOGIN\r\n",
  "250-server.test\r\n250-CHUNKING\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
  "250 server.test\r\n",
];

const command = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "EHLO c.test",
      "HELO c.test",
      "ehlo [192.0.2.7]",
      `EHLO ${CANARY}.test`,
      "EHLO a b",
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
  .map((pieces) => `DATA\r\n${pieces.join("")}${EOD}`);

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

const OPTIONS: Partial<SmtpOptions> = { auth: "pass", maxMessageSize: 200 };

const plans = (hostile: fc.Arbitrary<number[]>) =>
  fc.record({
    client: fc
      .tuple(
        fc.constantFrom("", "EHLO c.test\r\n", "EHLO c.test\r\n"),
        fc.array(unit, { maxLength: 20, size: "max" }),
        fc.constantFrom("", "MAIL", "QUIT\r\n"),
      )
      .map(([opening, units, rest]) => opening + units.join("") + rest),
    sizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(1_000_000)), { minLength: 1 }),
    turns: fc.array(fc.boolean(), { minLength: 1 }),
    choices: fc.array(fc.nat(100), { minLength: 1, maxLength: 50 }),
    hostile,
  });
const honest = plans(fc.constant([]));
const hostile = plans(
  fc.array(fc.oneof({ weight: 6, arbitrary: fc.constant(-1) }, fc.nat(HOSTILE.length - 1)), {
    minLength: 1,
    maxLength: 20,
  }),
);

function run(plan: Plan, options: Partial<SmtpOptions> = {}) {
  const delivered: Delivered[] = [];
  const peers = {
    options: { ...OPTIONS, ...options },
    openings: [""],
    lines: fc.constant(""),
    server: (choose: Choose) => new MoodyServer(choose, delivered),
    hostile: HOSTILE,
    isCommand: () => true,
    isOwn: () => false,
    verb: (line: string) => line,
    hasBody: () => false,
  } satisfies Peers;
  const done = new Simulation(PROTOCOLS.smtp!, peers, plan).run();
  return { done, delivered, ...readBack(plan.client, done) };
}

interface Heard {
  /** What the client said: a line with its end, or a message with its terminator. */
  readonly said: string;
  readonly reply: string;
  readonly message: boolean;
  /** The line before was answered 334: this one was data. */
  readonly data: boolean;
}

/** Reads the conversation as the client had it. */
function readBack(client: string, done: Simulation): { heard: Heard[]; rest: string; greeting: string } {
  const replies = done.recorder.writes.filter(({ side }) => side === "client").map(({ text }) => text);
  expect(replies.pop()).toBe(MARKS.closed);
  for (const reply of replies)
    expect(reply).toMatch(/^(?:[2-5][0-5][0-9]-[ -~]*\r\n)*[2-5][0-5][0-9] [ -~]*\r\n$/);
  const greeting = replies.shift() ?? "";
  const heard: Heard[] = [];
  let at = 0;
  let message = false;
  let data = false;
  for (const [index, reply] of replies.entries()) {
    const end = message ? `\r\n${client.slice(at)}`.indexOf(EOD) + 3 : client.indexOf("\n", at) + 1 - at;
    const said = end > 0 && !(message && end === 2) ? client.slice(at, at + end) : "";
    // Only last words answer nothing.
    if (said === "") expect([index, reply.slice(0, 3)]).toEqual([replies.length - 1, "421"]);
    heard.push({ said, reply, message, data });
    at += said.length;
    data = reply.startsWith("334");
    message = reply.startsWith("354");
  }
  return { heard, rest: client.slice(at), greeting };
}

const always = (plan: fc.Arbitrary<Plan>, check: (plan: Plan) => void) =>
  fc.assert(fc.property(plan, check), { numRuns: RUNS, seed: SEED });

/** What the server got, in pieces between the times it was ended. */
function pieces(done: Simulation): string[] {
  return done.recorder.got.server.split(/⟦[^⟧]*⟧/);
}

describe(`for any client (FC_SEED=${SEED})`, () => {
  test("the server hears the strict grammar, in an order it allows, one command at a time", () => {
    always(honest, (plan) => {
      const { done } = run(plan);
      expect(done.complaints).toEqual([]);
      expect(done.overlapped).toBe(false);
    });
  });

  test("one reply a command, in order, each of them answered", () => {
    always(honest, (plan) => {
      const { heard, rest, greeting } = run(plan);
      expect(greeting).toBe("220 wrapper.test ESMTP\r\n");
      for (const { said, reply, message, data } of heard) {
        const tag = /([A-Z]+)#/.exec(reply)?.[1];
        if (tag !== undefined && !data) expect(said.slice(0, 4).toUpperCase()).toBe(tag);
        expect(/message#/.test(reply)).toBe(message && !/^[45][0-9]{2} [45]\./.test(reply));
        if (reply.startsWith("354")) expect(said).toMatch(/^DATA *\r?\n$/i);
      }
      const last = heard.at(-1);
      if (/^(?:221|421)/.test(last?.reply ?? "") || /^BDAT/.test(last?.said ?? "")) return;
      // Nothing but an unterminated line, or a message without its end, stays without an answer.
      if (last?.reply.startsWith("354")) expect(`\r\n${rest}`).not.toContain(EOD);
      else expect(rest).not.toContain("\n");
    });
  });

  for (const bareNewline of ["reject", "normalize"] as const)
    test(`a message is delivered octet for octet or not at all (${bareNewline})`, () => {
      always(honest, (plan) => {
        const { heard, delivered } = run(plan, { bareNewline });
        const answered = heard.filter(({ message, reply }) => message && /message#/.test(reply));
        // What the server took is what the client was told of, in order; whatever we refused is not in it.
        expect(delivered.map(({ reply }) => `${reply}\r\n`)).toEqual(answered.map(({ reply }) => reply));
        for (const [index, { text }] of delivered.entries()) {
          const said = answered[index]!.said.slice(0, -3);
          expect(text).toBe(bareNewline === "reject" ? said : normalized(said));
        }
      });
    });

  test("the split of the octets changes nothing", () => {
    always(honest, (plan) => {
      const { done } = run(plan);
      for (const size of [1, 1_000_000]) {
        const other = run({ ...plan, sizes: [size] }).done;
        expect(other.recorder.got.client).toBe(done.recorder.got.client);
        expect(other.heard.length - done.heard.length).toBeLessThanOrEqual(200); // of an aborted message less may pass
      }
    });
  });
});

describe(`for any client and any server (FC_SEED=${SEED})`, () => {
  test("no NUL, no bare CR and no bare LF reaches the server", () => {
    always(hostile, (plan) => {
      for (const bareNewline of ["reject", "normalize"] as const)
        for (const piece of pieces(run(plan, { bareNewline }).done))
          expect(piece).toMatch(/^(?:[^\0\r\n]|\r\n)*$/);
    });
  });

  test("a message we refused has no terminator, and no message has two", () => {
    always(hostile, (plan) => {
      const { done, heard } = run(plan);
      const terminators =
        pieces(done)
          .join("|")
          .split(/(?<=\r\n)\.\r\n/).length - 1;
      const kept = heard.filter(
        ({ message, reply }) => message && !/^55[02] 5\.[367]\.|^550 5\.5\.2/.test(reply),
      );
      const open = heard.at(-1)?.reply.startsWith("354") ? 1 : 0;
      expect(terminators).toBeLessThanOrEqual(kept.length + open);
    });
  });

  test("outside messages only commands are heard, and no message is accepted that was not sent", () => {
    always(hostile, (plan) => {
      const { done, heard } = run(plan);
      for (const piece of pieces(done)) {
        let message = false;
        for (const line of piece.split("\r\n").slice(0, -1)) {
          if (message) message = line !== ".";
          else {
            if (!COMMAND.test(line) && !DATA_LINE.test(line)) expect(line).toBe("a command");
            message =
              line === "DATA" &&
              heard.some(({ said, reply }) => /^data *\r?\n/i.test(said) && reply.startsWith("354"));
          }
        }
      }
    });
  });

  test("nothing of the client's is echoed", () => {
    always(hostile, (plan) => {
      const { done } = run(plan);
      expect(done.recorder.got.client).not.toContain(CANARY);
      expect(JSON.stringify(done.recorder.entries)).not.toContain(SECRET);
    });
  });
});

/** A message whose lone dots and bare newlines became regular. */
function normalized(text: string): string {
  return text
    .replace(/\r(?!\n)/g, " ")
    .replace(/\r?\n/g, "\n")
    .replace(/^\.$/gm, "..")
    .replaceAll("\n", "\r\n");
}
