// Knows how to talk octet for octet, over a socket or over pipes, as a client that no library makes polite.

import { connect } from "node:net";
import type { Readable, Writable } from "node:stream";
import { within } from "./deadline.ts";

/** One whole SMTP reply. */
export const smtpReply = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3} [^\r\n]*\r\n/;
/** One POP3 status line. */
export const pop3Status = /^(?:\+OK|-ERR)[^\r\n]*\r\n/;

/** What finds the end of an answer: an expression, or whoever must count to know. */
export interface Whole {
  exec(text: string): { readonly index: number; readonly 0: string } | null;
}

export class Conversation implements AsyncDisposable {
  /** Everything received so far, as latin1: one code unit is one octet. */
  received = "";
  #read = 0;
  #wake: () => void = () => {};
  #over = false;
  readonly #output: Writable;
  readonly #cut: () => void;
  /** Ours, where there is one. */
  readonly port: number | undefined;

  constructor(input: Readable, output: Writable, cut: () => void, port?: number) {
    this.#output = output;
    this.#cut = cut;
    this.port = port;
    input.on("data", (chunk: Buffer) => {
      this.received += chunk.toString("latin1");
      this.#wake();
    });
    const over = () => {
      this.#over = true;
      this.#wake();
    };
    input.on("end", over).on("close", over).on("error", over);
    output.on("error", () => {}); // the other side may have hung up first: what it said tells why
  }

  /** Resolves when the other side has taken the octets, so that a flood meets back-pressure. */
  async send(octets: string | Uint8Array): Promise<void> {
    const bytes = typeof octets === "string" ? Buffer.from(octets, "latin1") : octets;
    const taken = new Promise<void>((resolve) => this.#output.write(bytes, () => resolve()));
    await within(10_000, "sending", taken);
  }

  /** Waits until what is unread starts with the pattern (anchor it with ^), and takes that. */
  async read(pattern: Whole, ms = 10_000): Promise<string> {
    const end = Date.now() + ms;
    for (;;) {
      const found = pattern.exec(this.received.slice(this.#read));
      if (found) {
        this.#read += found.index + found[0].length;
        return found[0];
      }
      if (this.#over || Date.now() > end) throw new Error(`${pattern} did not come; ${this.#unread()}`);
      await this.#news(end - Date.now());
    }
  }

  async ask(line: string, pattern: Whole = smtpReply): Promise<string> {
    await this.send(`${line}\r\n`);
    return this.read(pattern);
  }

  /** Waits until the other side hangs up, hangs up too, as clients do, and returns what was unread. */
  async end(ms = 10_000): Promise<string> {
    const end = Date.now() + ms;
    while (!this.#over) {
      if (Date.now() > end) throw new Error(`the other side does not hang up; ${this.#unread()}`);
      await this.#news(end - Date.now());
    }
    this.halfClose();
    return this.received.slice(this.#read);
  }

  /** Says no more, but still listens. */
  halfClose(): void {
    this.#output.end();
  }

  /** Is gone at once, without a word: a socket is reset. */
  cut(): void {
    this.#cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cut();
  }

  #news(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, ms));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #unread(): string {
    return `unread: ${JSON.stringify(this.received.slice(this.#read))}, ${this.#over ? "hung up" : "still open"}`;
  }
}

/**
 * A conversation over TCP. @param how a client that does not read takes nothing in, and so stops who writes; `from` is
 * another address of the loopback that it comes from
 */
export async function dial(
  port: number,
  how: { readonly reads?: boolean; readonly from?: string } = {},
): Promise<Conversation> {
  const from = how.from === undefined ? {} : { localAddress: how.from };
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true, ...from });
  const connected = new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve).once("error", reject);
  });
  await within(5_000, `connection to port ${port}`, connected);
  const talk = new Conversation(socket, socket, () => socket.resetAndDestroy(), socket.localPort);
  if (how.reads === false) socket.pause();
  return talk;
}
