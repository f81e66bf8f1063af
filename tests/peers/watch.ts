// The peers of the watch example for the invariants: a server that speaks whenever it likes, behind answers too, with
// strings in its lines, and clients that idle and mostly say DONE.

import fc from "fast-check";
import { CANARY, type Choose, type Peers, SECRET, type ServerModel } from "../simulation.ts";

const tag = fc.constantFrom("a1", "a2", "B33");

const lines = fc.oneof(
  { weight: 6, arbitrary: tag.map((said) => `${said} IDLE\r\nDONE`) },
  { weight: 3, arbitrary: tag.map((said) => `${said} idle`) },
  { weight: 3, arbitrary: tag.map((said) => `${said} NOOP`) },
  { weight: 1, arbitrary: tag.map((said) => `${said} LOGOUT`) },
  {
    weight: 3,
    arbitrary: fc.constantFrom("DONE", "done", "", `${CANARY} x`, SECRET, "a1 EXEC", "X".repeat(600)),
  },
);

/** What nobody asked for; the strings look like answers to whoever does not count. */
const TOLD = [
  "",
  "* 3 EXISTS\r\n",
  "* 2 EXPUNGE\r\n* OK still here\r\n",
  "* 1 NOTE {11}\r\na1 OK\r\n\0\xff\n.\r\n",
  "* 1 NOTE {0}\r\n\r\n",
  '* 1 NOTE "x"\r\n',
];

class MoodyServer implements ServerModel {
  readonly greeting: string;
  readonly #choose: Choose;
  /** The tag of an IDLE that is under way. */
  #idle: string | null = null;

  constructor(choose: Choose) {
    this.#choose = choose;
    this.greeting = `* OK a server\r\n${this.#told}`;
  }

  get #told(): string {
    return TOLD[this.#choose(TOLD.length)]!;
  }

  hear(line: string): { answer: string; end?: boolean } {
    const [tag = "", verb] = line.split(" ");
    if ((line === "DONE") !== (this.#idle !== null))
      throw new Error(`${line} while ${this.#idle ?? "nothing"} idles`);
    if (line === "DONE") {
      const answer = `${this.#told}${this.#idle} OK IDLE#\r\n${this.#told}`;
      this.#idle = null;
      return { answer };
    }
    if (verb === "IDLE" && this.#choose(4) > 0) {
      this.#idle = tag;
      return { answer: `${this.#told}+ idling\r\n${this.#told}` };
    }
    if (verb === "LOGOUT") return { answer: `* BYE x\r\n${tag} OK LOGOUT#\r\n`, end: true };
    return { answer: `${this.#told}${tag} ${verb === "IDLE" ? "NO" : "OK"} x\r\n${this.#told}` };
  }
}

export const watchPeers: Peers = {
  options: {},
  openings: ["", "a1 IDLE\r\nDONE\r\n"],
  lines,
  server: (choose) => new MoodyServer(choose),
  hostile: [
    "a1 OK\r\n",
    "a1 OK x\r\na2 OK y\r\n",
    "* 1 NOTE {9}\r\nshortEND",
    "* 1 NOTE {3}\r\nabcd\r\n",
    "* 1 NOTE {99999999999}\r\n",
    "+ go\r\n+ go\r\n",
    "* half a lineEND",
    "END",
    "",
    "\x1b[2J\r\n",
    `* OK ${"x".repeat(9000)}\r\n`,
  ],
  isCommand: (line) => /^(?:DONE|[A-Za-z0-9]{1,6} (?:IDLE|NOOP|LOGOUT))$/.test(line),
  // What ends IDLE, whatever it was.
  isOwn: (line) => line === "DONE",
  verb: (line) => line.toUpperCase(),
  hasBody: () => false,
};
