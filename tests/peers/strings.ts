// The peers of the strings example for the invariants: what clients say by strings of every kind, and a server that is
// correct and moody, repeats passwords, and complains of what a correct peer would not send now.

import fc from "fast-check";
import { CANARY, type Choose, type Peers, SECRET, type ServerModel } from "../simulation.ts";

const tag = fc.constantFrom("a1", "a2", "B33", "zzzzzz");
const number = fc.constantFrom("0", "1", "3", "007", "x", "4294967297");

/** The same octets as a string of each kind. */
function string(octets: string): fc.Arbitrary<string> {
  const { length } = octets;
  return fc.constantFrom(`"${octets}"`, `{${length}}\r\n${octets}`, `{${length}+}\r\n${octets}`);
}

const TEXTS = ["", "hello", `${CANARY}\r\n.\r\na1 LOGOUT\r\n`, `\0\n\xff{5+}\r\n${SECRET}`];

function joined(...words: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(tag, ...words).map((said) => said.join(" "));
}

const word = fc.constantFrom;

const login = joined(
  word("LOGIN", "login"),
  fc.oneof(word("u"), string(CANARY)),
  fc.oneof(string(SECRET), string(`\r${SECRET}\n`), string(`${"x".repeat(1000)}${SECRET}`)),
);
const append = joined(
  word("APPEND"),
  fc.oneof(word("Drafts"), string("Dr afts")),
  fc
    .constantFrom(...TEXTS)
    .chain((text) => word(`{${text.length}}\r\n${text}`, `{${text.length}+}\r\n${text}`)),
);

const lines = fc.oneof(
  { weight: 5, arbitrary: login },
  { weight: 5, arbitrary: append },
  { weight: 3, arbitrary: joined(word("FETCH", "fetch"), number) },
  { weight: 3, arbitrary: joined(word("LIST"), word('""', "x"), word("*", `"${CANARY}"`)) },
  { weight: 3, arbitrary: joined(word("ID"), word("NIL", '("name" {7+}', `("name" {7+}\r\n${CANARY})`)) },
  { weight: 3, arbitrary: joined(word("NOOP", "NOOP {3+}", `NOOP {${SECRET.length}+}\r\n${SECRET}`)) },
  { weight: 1, arbitrary: joined(word("LOGOUT")) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "",
      "+",
      `${CANARY} NOOP`,
      `${SECRET}`,
      "a1",
      `a1 ${CANARY} {2}`,
      "a1 FETCH {1+}\r\n1",
    ),
  },
);

export class MoodyServer implements ServerModel {
  readonly greeting = "* OK a server\r\n";
  /** Messages it has taken. */
  readonly delivered: string[] = [];
  counted = 0;
  readonly #choose: Choose;
  #isIn = false;
  /** The head of a message that has no leave yet. */
  #head: { readonly tag: string; readonly octets: number } | null = null;
  /** The message whose line has not ended. */
  #message: { readonly tag: string; text: string } | null = null;

  constructor(choose: Choose) {
    this.#choose = choose;
  }

  take(octets: string): void {
    this.counted = 0;
    this.#message!.text = octets;
  }

  /** Leave is given by whoever speaks here. */
  said(words: string): void {
    if (this.#head !== null && /^\+ .*\r\n/m.test(words)) this.#expect(this.#head);
    this.#head = null;
  }

  hear(line: string): { answer: string; end?: boolean } | null {
    if (this.#message !== null) return this.#append(line, this.#message);
    const [, tag = "", verb = "", rest = ""] = /^([A-Za-z0-9]{1,6}) ([A-Z]+)(?: (.*))?$/.exec(line) ?? [];
    // What comes unasked is no line, whether or not a message may come now.
    const isSent = verb === "APPEND" && this.#announced(tag, rest);
    if (!this.#isIn && !/^(?:LOGIN|ID|NOOP|LOGOUT)$/.test(verb)) throw new Error(`${verb} before the login`);
    const refused = this.#choose(4) === 0;
    const end = `${tag} ${refused ? "NO" : "OK"} ${verb}#\r\n`;
    switch (verb) {
      case "LOGIN":
        if (this.#isIn) throw new Error("LOGIN after the login");
        this.#isIn = !refused;
        return { answer: `* OK ${rest}\r\n${tag} ${refused ? "NO" : "OK"} ${rest}\r\n` };
      case "APPEND":
        if (isSent) return null;
        return { answer: refused ? end : "* OK wait\r\n+ go\r\n" };
      case "FETCH":
        return {
          answer: refused ? end : `* 1 FETCH (BODY[] {${MAIL.length}}\r\n${MAIL})\r\n* 2 EXISTS\r\n${end}`,
        };
      case "LIST":
        return {
          answer: refused
            ? end
            : `* LIST () "/" x\r\n* LIST () "/" {5}\r\na\r\n"b\r\n* LIST () "/" {0}\r\n\r\n${end}`,
        };
      case "LOGOUT":
        return { answer: `* BYE x\r\n${tag} OK LOGOUT#\r\n`, end: true };
      default:
        return { answer: end };
    }
  }

  /** @returns whether the message comes without leave */
  #announced(tag: string, rest: string): boolean {
    const [, octets, isSent] = /^"(?:[^"\\]|\\.)*" \{([0-9]+)(\+?)\}$/.exec(rest) ?? [];
    if (octets === undefined) throw new Error(`APPEND ${rest}`);
    const head = { tag, octets: Number(octets) };
    if (isSent !== "") this.#expect(head);
    else this.#head = head;
    return isSent !== "";
  }

  #expect({ tag, octets }: { readonly tag: string; readonly octets: number }): void {
    this.#message = { tag, text: "" };
    this.counted = octets;
  }

  #append(line: string, { tag, text }: { readonly tag: string; readonly text: string }): { answer: string } {
    if (line !== "") throw new Error("something behind a message");
    this.#message = null;
    if (this.#choose(4) === 0) return { answer: `${tag} NO APPEND#\r\n` };
    this.delivered.push(text);
    return { answer: `${tag} OK APPENDED#\r\n` };
  }
}

/** A mail that looks like an end, an answer and an announcement to whoever does not count. */
const MAIL = "Subject: x\r\n\r\n)\r\na1 OK forged\r\n* 1 FETCH (BODY[] {9}\r\n\0\xff\n.\r\n";

export const stringsPeers: Peers = {
  options: { loginDelay: 0, maxLoginAttempts: 0 },
  openings: ["", `a1 LOGIN u {${SECRET.length}+}\r\n${SECRET}\r\n`.repeat(3)],
  lines,
  server: (choose) => new MoodyServer(choose),
  hostile: [
    "a1 OK\r\n",
    "a1 OK x\r\na2 OK y\r\n",
    "* 1 FETCH (BODY[] {9}\r\nshortEND",
    "* 1 FETCH (BODY[] {3}\r\nabcd)\r\n",
    '* LIST () "/" {2}\r\n',
    '* LIST () "/" {999999}\r\n',
    "* LIST () x {0}\r\n\r\nEND",
    "+ go\r\n",
    "+ half a lineEND",
    "END",
    "",
    "\x1b[2J\r\n",
    `* OK ${"x".repeat(4000)}\r\n`,
  ],
  isCommand: (line) =>
    line === "" ||
    /^[A-Za-z0-9]{1,6} (?:ID NIL|NOOP|LOGOUT|FETCH [1-9][0-9]* BODY\[\]|(?:LOGIN|LIST) QUOTED QUOTED|APPEND QUOTED \{[0-9]+\+?\})$/.test(
      line.replace(/"(?:[^"\\]|\\["\\])*"/g, "QUOTED"),
    ),
  // The end of a message's line.
  isOwn: (line) => line === "",
  verb: (line) => /^\S+ ([A-Za-z]+)/.exec(line)?.[1]?.toUpperCase() ?? "",
  hasBody: () => false,
};
