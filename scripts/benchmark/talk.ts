// Knows the client's side of a lock-step dialogue over descriptors that never block: what is asked, what is expected.
import { close, readSome, writeAll } from "./os.ts";

/** One whole reply: an SMTP reply of any number of lines, or one status line of POP3. */
export function isWholeReply(text: string): boolean {
  return /(?:^|\n)(?!\d{3}-)[^\n]*\r\n$/.test(text);
}

/** @throws where these are not the replies of one line each that were expected */
export function checkReplies(text: string, expected: readonly string[]): void {
  const lines = text.split("\r\n").slice(0, -1);
  const good = lines.length === expected.length && lines.every((line, at) => line.startsWith(expected[at]!));
  if (!good) throw new Error(`expected ${expected.join(", ")}, got ${JSON.stringify(text)}`);
}

const TERMINATOR = "\r\n.\r\n";

const latin1 = (octets: Uint8Array) => Buffer.from(octets).toString("latin1");

/** What octets are read from and written to. */
export interface Wires {
  readonly read: number;
  readonly write: number;
}

export class Talk {
  readonly #read: number;
  readonly #write: number;
  readonly #buffer = new Uint8Array(1 << 20);
  #open = true;

  constructor({ read, write }: Wires) {
    this.#read = read;
    this.#write = write;
  }

  /** Waits for octets and gives them as a view that the next call overwrites; empty at the end. */
  chunk(): Uint8Array {
    return this.#buffer.subarray(0, readSome(this.#read, this.#buffer));
  }

  write(octets: Uint8Array): void {
    writeAll(this.#write, octets);
  }

  reply(expected: string): string {
    let text = "";
    while (!isWholeReply(text)) text += this.#text();
    if (!text.startsWith(expected)) throw new Error(`expected ${expected}, got ${JSON.stringify(text)}`);
    return text;
  }

  /** One-line replies to lines that were sent together, in whatever pieces they come. */
  replies(expected: readonly string[]): void {
    let text = "";
    while (text.split("\r\n").length <= expected.length) text += this.#text();
    checkReplies(text, expected);
  }

  ask(line: string, expected: string): string {
    this.write(Buffer.from(`${line}\r\n`, "latin1"));
    return this.reply(expected);
  }

  /** Reads a POP3 message, looking only at the ends of chunks; answers its octets behind the status line. */
  message(): number {
    let head = "";
    while (!head.includes("\r\n")) head += this.#text();
    if (!head.startsWith("+OK")) throw new Error(`expected +OK, got ${JSON.stringify(head)}`);
    let octets = head.length - head.indexOf("\r\n") - 2;
    let tail = head.slice(-TERMINATOR.length);
    while (tail !== TERMINATOR) {
      const chunk = this.#some();
      octets += chunk.length;
      tail = (tail + latin1(chunk.subarray(-TERMINATOR.length))).slice(-TERMINATOR.length);
    }
    return octets;
  }

  #some(): Uint8Array {
    const octets = this.chunk();
    if (octets.length === 0) throw new Error("the session was closed in the middle");
    return octets;
  }

  #text(): string {
    return latin1(this.#some());
  }

  close(): void {
    if (this.#open) close(this.#read, this.#write);
    this.#open = false;
  }
}
