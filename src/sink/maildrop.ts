// The maildrop of one POP3 session: the messages as they were at login, their numbers, sizes and unique-ids,
// and what is marked as deleted (RFC 1939 sections 5 to 7). Knows no command, no reply and no file.

import { LF } from "../wire/octets.ts";
import { CrlfText } from "./newlines.ts";

/** Where messages are kept. */
export interface Mailbox {
  /** The messages as they are now, in an order that does not change. May throw. */
  messages(): StoredMessage[];
}

export interface StoredMessage {
  /** The same in every session, and no other message's. */
  readonly id: string;
  /** The octets as stored, in pieces that are valid until the next is asked for. May throw. */
  read(): Iterable<Uint8Array>;
  remove(): void;
}

export class Maildrop {
  readonly #entries: Entry[];

  constructor(mailbox: Mailbox) {
    this.#entries = mailbox.messages().map((message, index) => new Entry(message, index + 1));
  }

  /** The messages that are not marked as deleted, in order. */
  get entries(): Entry[] {
    return this.#entries.filter((entry) => !entry.deleted);
  }

  /** The message of a client's number: decimal, leading zeros allowed, not deleted. */
  find(number: string): Entry | undefined {
    const digits = /^0*([1-9]\d{0,8})$/.exec(number)?.[1];
    const entry = this.#entries[Number(digits) - 1];
    return entry?.deleted ? undefined : entry;
  }

  unmark(): void {
    for (const entry of this.#entries) entry.deleted = false;
  }

  /** Deletes what is marked, and only here. @returns how many messages could not be deleted */
  update(): number {
    return this.#entries.filter((entry) => entry.deleted && !entry.remove()).length;
  }
}

export class Entry {
  readonly number: number;
  readonly #message: StoredMessage;
  #size: number | null = null;
  deleted = false;

  constructor(message: StoredMessage, number: number) {
    this.#message = message;
    this.number = number;
  }

  /** 1 to 70 visible characters (RFC 1939 section 7): the message's id, or a digest where it is none. */
  get uid(): string {
    const { id } = this.#message;
    return /^[!-~]{1,70}$/.test(id) ? id : new Bun.CryptoHasher("sha256").update(id).digest("hex");
  }

  /** Octets with every line end as CRLF, as they go over the wire, stuffing not counted (section 11). */
  get size(): number {
    if (this.#size === null) {
      let size = 0;
      for (const piece of this.text()) size += piece.length;
      this.#size = size;
    }
    return this.#size;
  }

  /** The message as lines that end in CRLF; each piece is valid until the next is asked for. */
  *text(): Generator<Uint8Array> {
    const lines = new CrlfText();
    for (const chunk of this.#message.read()) yield lines.push(chunk);
    yield lines.end();
  }

  /** @returns whether the message is gone, whoever deleted it */
  remove(): boolean {
    try {
      this.#message.remove();
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ENOENT";
    }
    return true;
  }
}

/** The header, the empty line and `count` lines of the body (RFC 1939 section 7, TOP). */
export function* top(text: Iterable<Uint8Array>, count: number): Generator<Uint8Array> {
  let inHeader = true;
  let left = count;
  let column = 0;
  for (const chunk of text) {
    let at = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, at)) {
      const length = column + end + 1 - at;
      column = 0;
      at = end + 1;
      if (!inHeader) left--;
      else if (length === 2) inHeader = false;
      if (!inHeader && left === 0) return yield chunk.subarray(0, at);
    }
    column += chunk.length - at;
    yield chunk;
  }
}
