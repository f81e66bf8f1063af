// The embedded SMTP server: RFC 5321's minimum (section 4.5.1) plus SIZE, 8BITMIME, PIPELINING and
// ENHANCEDSTATUSCODES. Octets in, replies out; it must not know stdin, files or the wrapper, which has no
// private way to it. It takes mail for anyone, as servers do that believe a pipe to be local: who may send
// where is the wrapper's business.
//
// The npm package smtp-server was considered and left: it is bound to sockets and to node's streams, and it
// finds the end of a message with regular expressions over joined chunks. Finding that end is what this
// project exists for, so the one scanner (wire/message.ts) does it here too: a message ends at CRLF "."
// CRLF alone, and one with a bare CR, bare LF or NUL in it is refused (RFC 5321 section 2.3.8).

import { type Line, LineReader } from "../wire/lines.ts";
import { MessageBody } from "../wire/message.ts";
import { Unstuffer } from "./dots.ts";
import type { Server } from "./server.ts";

/** Where messages go. Methods may throw what the file system throws. */
export interface MailStore {
  /** Octets a message may have now. */
  room(): number;
  begin(): Delivery;
}

/** One message on its way into the store; it exists for nobody until `commit`. */
export interface Delivery {
  write(octets: Uint8Array): void;
  /** Returns when the message is safe on disk. @returns the name it has there */
  commit(): string;
  discard(): void;
}

/** RFC 5321 section 4.5.3.1.4 asks for 512; extensions lengthen MAIL and RCPT. */
const LINE_LIMIT = 2048;

/** RFC 5321 section 4.5.3.1.8 asks for 100 at least. */
const MOST_RECIPIENTS = 1000;

const PATH = String.raw`<((?:"(?:[^"\\]|\\.)*"|[^"<>\\ ])*)>`;
const MAIL = new RegExp(`^FROM: ?${PATH}( .*)?$`, "i");
const RCPT = new RegExp(`^TO: ?${PATH}( .*)?$`, "i");

export class SmtpServer implements Server {
  readonly #store: MailStore;
  readonly #hostname: string;
  readonly #lines = new LineReader();
  #greeted = false;
  #sender = false;
  #recipients = 0;
  #message: IncomingMessage | null = null;
  #over = false;

  constructor(store: MailStore, hostname: string) {
    this.#store = store;
    this.#hostname = hostname;
  }

  get over(): boolean {
    return this.#over;
  }

  greeting(): string {
    return `220 ${this.#hostname} ESMTP\r\n`;
  }

  /** All replies to one chunk are one piece: commands sent as a group are answered as one (RFC 2920 section 3.2). */
  *octets(chunk: Uint8Array): Generator<string> {
    let replies = "";
    let at = 0;
    while (at < chunk.length && !this.#over) {
      if (this.#message !== null) {
        at = this.#message.scan(chunk, at);
        if (this.#message.ended) replies += this.#endMessage(this.#message);
      } else {
        const { line, next } = this.#lines.read(chunk, at, LINE_LIMIT);
        at = next;
        if (line !== null) replies += `${this.#command(line)}\r\n`;
      }
    }
    if (replies !== "") yield replies;
  }

  expired(): string {
    return `421 4.4.2 ${this.#hostname} Timeout, closing transmission channel\r\n`;
  }

  /** A connection that ends within a message delivers nothing (RFC 5321 section 4.1.1.10). */
  end(): void {
    this.#message?.discard();
    this.#message = null;
    this.#over = true;
  }

  #command(line: Line): string {
    if (line.tooLong) return "500 5.5.2 Line too long";
    if (/[\0-\x1f\x7f-\xff]/.test(line.text)) return "500 5.5.2 Only printable ASCII is allowed in commands";
    const [verb = ""] = line.text.split(" ", 1);
    const argument = line.text.slice(verb.length).trim();
    switch (verb.toUpperCase()) {
      case "EHLO":
        return this.#hello(true, argument);
      case "HELO":
        return this.#hello(false, argument);
      case "MAIL":
        return this.#mail(argument);
      case "RCPT":
        return this.#rcpt(argument);
      case "DATA":
        return argument === "" ? this.#data() : "501 5.5.4 DATA takes no argument";
      case "RSET":
        if (argument !== "") return "501 5.5.4 RSET takes no argument";
        this.#reset();
        return "250 2.0.0 Reset";
      case "NOOP":
        return "250 2.0.0 OK";
      case "VRFY":
        return "252 2.5.0 Send some mail, it will be taken";
      case "QUIT":
        if (argument !== "") return "501 5.5.4 QUIT takes no argument";
        this.#over = true;
        return `221 2.0.0 ${this.#hostname} closing connection`;
      default:
        return "500 5.5.2 Command not recognised";
    }
  }

  #hello(extended: boolean, name: string): string {
    if (name === "") return "501 5.5.4 A host name is needed";
    this.#greeted = true;
    this.#reset();
    if (!extended) return `250 ${this.#hostname}`;
    // SIZE without a number: there is no limit but what the disk has left (RFC 1870 section 4).
    const keywords = ["PIPELINING", "SIZE", "8BITMIME", "ENHANCEDSTATUSCODES"];
    return [this.#hostname, ...keywords]
      .map((text, index) => `250${index < keywords.length ? "-" : " "}${text}`)
      .join("\r\n");
  }

  #mail(argument: string): string {
    if (!this.#greeted) return "503 5.5.1 Say EHLO first";
    if (this.#sender) return "503 5.5.1 There is a sender already";
    const parsed = MAIL.exec(argument);
    if (parsed === null) return "501 5.1.7 MAIL FROM:<address> is needed";
    for (const parameter of (parsed[2] ?? "").split(" ").filter((word) => word !== "")) {
      const refusal = this.#mailParameter(parameter);
      if (refusal !== null) return refusal;
    }
    this.#sender = true;
    return "250 2.1.0 Sender ok";
  }

  #mailParameter(parameter: string): string | null {
    if (/^BODY=(7BIT|8BITMIME)$/i.test(parameter)) return null;
    const size = /^SIZE=(\d{1,20})$/i.exec(parameter)?.[1];
    if (size === undefined) return "555 5.5.4 Parameter not recognised";
    try {
      return Number(size) <= this.#store.room() ? null : "452 4.3.1 Not that much room now";
    } catch (error) {
      return trouble(error);
    }
  }

  #rcpt(argument: string): string {
    if (!this.#sender) return "503 5.5.1 MAIL comes first";
    const parsed = RCPT.exec(argument);
    if (parsed === null || parsed[1] === "") return "501 5.1.3 RCPT TO:<address> is needed";
    if (parsed[2] !== undefined) return "555 5.5.4 Parameter not recognised";
    if (this.#recipients >= MOST_RECIPIENTS) return "452 4.5.3 Too many recipients";
    this.#recipients++;
    return "250 2.1.5 Recipient ok";
  }

  #data(): string {
    if (this.#recipients === 0) return "503 5.5.1 No recipient yet";
    try {
      this.#message = new IncomingMessage(this.#store.begin());
    } catch (error) {
      return trouble(error);
    }
    return "354 End the message with CRLF.CRLF";
  }

  #endMessage(message: IncomingMessage): string {
    this.#message = null;
    this.#reset();
    return `${message.settle()}\r\n`;
  }

  #reset(): void {
    this.#sender = false;
    this.#recipients = 0;
  }
}

/** A message between 354 and its end: scanned, unstuffed, written as it comes; never held. */
class IncomingMessage {
  readonly #body = new MessageBody({ size: 0, line: 0, discard: 0, bareNewline: "reject" });
  readonly #text = new Unstuffer();
  readonly #delivery: Delivery;
  #failure: unknown = null;

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  get ended(): boolean {
    return this.#body.ended;
  }

  scan(chunk: Uint8Array, at: number): number {
    return this.#body.scan(chunk, at, (view) => {
      if (this.#failure !== null) return;
      try {
        this.#delivery.write(this.#text.push(view));
      } catch (error) {
        this.#failure = error; // the client is told when its message has ended
      }
    });
  }

  /** Commits the message or undoes it. @returns the reply */
  settle(): string {
    if (this.#body.fault !== null) {
      this.discard();
      return "550 5.6.0 Bare CR, bare LF or NUL in the message";
    }
    try {
      if (this.#failure !== null) throw this.#failure;
      return `250 2.0.0 Stored as ${this.#delivery.commit()}`;
    } catch (error) {
      this.discard();
      return trouble(error);
    }
  }

  discard(): void {
    this.#delivery.discard();
  }
}

/** A file system's complaint as a reply; its text stays here. */
function trouble(error: unknown): string {
  const full = ["ENOSPC", "EDQUOT", "EFBIG"].includes((error as NodeJS.ErrnoException).code ?? "");
  return full ? "452 4.3.1 No room for the message" : "451 4.3.0 The message cannot be stored";
}
