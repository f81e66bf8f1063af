// The embedded POP3 server: RFC 1939 with USER, UIDL and TOP, and CAPA (RFC 2449). Octets in, octets out;
// it must not know stdin, files or the wrapper, which has no private way to it.
//
// Every user of the password file reads the one mailbox it is given: the SMTP side takes mail for anyone
// into one Maildir, and this is its other end. So a user's name never becomes part of a path. No lock is
// taken (RFC 1939 section 4 asks for one "as necessary"): a Maildir message is complete and never changes,
// and one that another session deleted is answered with -ERR.

import { encode } from "../wire/latin1.ts";
import { type Line, LineReader } from "../wire/lines.ts";
import { Stuffer } from "./dots.ts";
import { type Entry, type Mailbox, Maildrop, top } from "./maildrop.ts";
import type { Server } from "./server.ts";

/** Whether name and password (octets) belong together. */
export type Login = (name: string, password: Uint8Array) => boolean;

type Answer = Iterable<string | Uint8Array>;

/** RFC 2449 section 4. */
const LINE_LIMIT = 255;

const CAPABILITIES = ["USER", "UIDL", "TOP", "PIPELINING", "RESP-CODES", "AUTH-RESP-CODE"];

/** A command that is refused: the text of its -ERR line. */
class Refusal extends Error {}

export class Pop3Server implements Server {
  readonly #mailbox: Mailbox;
  readonly #login: Login;
  readonly #lines = new LineReader();
  #user: string | null = null;
  /** Not null is the TRANSACTION state. */
  #maildrop: Maildrop | null = null;
  #over = false;

  constructor(mailbox: Mailbox, login: Login) {
    this.#mailbox = mailbox;
    this.#login = login;
  }

  get over(): boolean {
    return this.#over;
  }

  greeting(): string {
    return "+OK POP3 ready\r\n";
  }

  *octets(chunk: Uint8Array): Generator<string | Uint8Array> {
    let at = 0;
    while (at < chunk.length && !this.#over) {
      const { line, next } = this.#lines.read(chunk, at, LINE_LIMIT);
      at = next;
      if (line !== null) yield* this.#answer(line);
    }
  }

  /** Closed without a word, and nothing is deleted (RFC 1939 section 3). */
  expired(): string {
    return "";
  }

  /** A session that ends without QUIT deletes nothing (RFC 1939 section 6). */
  end(): void {
    this.#over = true;
  }

  *#answer(line: Line): Generator<string | Uint8Array> {
    let begun = false;
    try {
      for (const piece of this.#command(line)) {
        begun = true;
        yield piece;
      }
    } catch (error) {
      // In the middle of a message there is nothing honest to say: least of all the "." that ends it.
      if (begun) throw error;
      yield `-ERR ${complaint(error)}\r\n`;
    }
  }

  #command(line: Line): Answer {
    if (line.tooLong) throw new Refusal("line too long");
    const [word = ""] = line.text.split(" ", 1);
    const rest = line.text.slice(word.length + 1);
    const verb = word.toUpperCase();
    // The password is the rest of the line, blanks and all (RFC 1939 section 7).
    if (verb === "PASS") return this.#pass(rest);
    const words = rest.split(" ").filter((each) => each !== "");
    switch (verb) {
      case "CAPA":
        expect(words, 0, 0);
        return [`+OK\r\n${CAPABILITIES.map((name) => `${name}\r\n`).join("")}.\r\n`];
      case "QUIT":
        expect(words, 0, 0);
        return [this.#quit()];
      case "USER":
        expect(words, 1, 1);
        return this.#userName(words[0]!);
    }
    if (this.#maildrop === null) throw new Refusal("not logged in, or no such command");
    return transaction(this.#maildrop, verb, words);
  }

  /** The same answer for every name: who exists is not told. */
  #userName(name: string): Answer {
    if (this.#maildrop !== null) throw new Refusal("already logged in");
    this.#user = name;
    return ["+OK\r\n"];
  }

  #pass(password: string): Answer {
    const user = this.#user;
    if (this.#maildrop !== null) throw new Refusal("already logged in");
    if (user === null) throw new Refusal("USER comes first");
    this.#user = null;
    if (!this.#login(user, encode(password))) throw new Refusal("[AUTH] wrong name or password");
    this.#maildrop = new Maildrop(this.#mailbox);
    return ["+OK\r\n"];
  }

  /** In TRANSACTION this is the UPDATE state, which nothing else enters (RFC 1939 section 6). */
  #quit(): string {
    this.#over = true;
    const failed = this.#maildrop?.update() ?? 0;
    return failed === 0 ? "+OK\r\n" : `-ERR [SYS/TEMP] ${failed} messages could not be deleted\r\n`;
  }
}

/** The commands of the TRANSACTION state (RFC 1939 sections 5 and 7). */
function transaction(maildrop: Maildrop, verb: string, words: string[]): Answer {
  switch (verb) {
    case "NOOP":
      expect(words, 0, 0);
      return ["+OK\r\n"];
    case "STAT": {
      expect(words, 0, 0);
      const { entries } = maildrop;
      return [`+OK ${entries.length} ${entries.reduce((sum, entry) => sum + entry.size, 0)}\r\n`];
    }
    case "LIST":
      return listing(maildrop, words, (entry) => `${entry.number} ${entry.size}\r\n`);
    case "UIDL":
      return listing(maildrop, words, (entry) => `${entry.number} ${entry.uid}\r\n`);
    case "RETR":
      expect(words, 1, 1);
      return body(find(maildrop, words[0]!).text());
    case "TOP":
      expect(words, 2, 2);
      if (!/^\d{1,10}$/.test(words[1]!)) throw new Refusal("no such number of lines");
      return body(top(find(maildrop, words[0]!).text(), Number(words[1])));
    case "DELE":
      expect(words, 1, 1);
      find(maildrop, words[0]!).deleted = true;
      return ["+OK\r\n"];
    case "RSET":
      expect(words, 0, 0);
      maildrop.unmark();
      return ["+OK\r\n"];
    default:
      throw new Refusal("no such command");
  }
}

function expect(words: string[], least: number, most: number): void {
  if (words.length < least || words.length > most) throw new Refusal("wrong number of arguments");
}

function find(maildrop: Maildrop, number: string): Entry {
  const entry = maildrop.find(number);
  if (entry === undefined) throw new Refusal("no such message");
  return entry;
}

/** LIST and UIDL: one line for the message that is named, or a listing of all. */
function listing(maildrop: Maildrop, words: string[], tell: (entry: Entry) => string): Answer {
  expect(words, 0, 1);
  if (words.length === 1) return [`+OK ${tell(find(maildrop, words[0]!))}`];
  return ["+OK\r\n", ...maildrop.entries.map(tell), ".\r\n"];
}

/** A message, stuffed, as it is read from the disk; the "+OK" waits until it can be read at all. */
function* body(text: Iterable<Uint8Array>): Generator<string | Uint8Array> {
  const stuffer = new Stuffer();
  let begun = false;
  for (const piece of text) {
    if (!begun) yield "+OK message follows\r\n";
    begun = true;
    yield stuffer.push(piece);
  }
  yield ".\r\n";
}

/** What a client is told; a file system's own words stay here. */
function complaint(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  return "[SYS/TEMP] the mailbox cannot be read";
}
