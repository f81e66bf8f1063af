// What a session gives account of: events, lines both ways, text; with every secret the client told masked,
// wherever it comes back (pure). Knows entries and secrets; not when a session tells what.

import { decode } from "../wire/latin1.ts";
import type { Entry, EntryOf, EventName, Fields } from "./entry.ts";
import { Secrets } from "./secrets.ts";

/** Octets of a chunk of text the log is told. */
const LOGGED_TEXT = 200;

export class Account {
  readonly #write: (entry: Entry) => void;
  readonly #most: number;
  readonly #statusOf: (reply: string) => string;
  readonly #secrets = new Secrets();
  /** The version of TLS that the client speaks; null in the clear. */
  tls: string | null = null;
  /** The password of the login under way was wrong before. */
  isRepeat = false;
  /** Something of the command that is being answered was a secret. */
  #answersSecret = false;

  /**
   * @param most the highest level that anybody reads: what is above it is not even put into words
   * @param statusOf what of a reply may be shown of the answer to a secret
   */
  constructor(write: (entry: Entry) => void, most: number, statusOf: (reply: string) => string) {
    this.#write = write;
    this.#most = most;
    this.#statusOf = statusOf;
  }

  tell<E extends EventName>(level: EntryOf<E>["level"], event: E, fields: EntryOf<E>["fields"]): void {
    if (level > this.#most) return;
    this.#write({ level, event, fields } as EntryOf<EventName> as Entry);
  }

  /** What a protocol tells; a server may have repeated a secret in the reply. */
  tellEntry(entry: Entry): void {
    const tls = this.tls === null ? {} : { tls: this.tls };
    switch (entry.event) {
      case "message": {
        const { queue, octets, recipients, reply, ...clients } = entry.fields;
        const id = queue === undefined ? {} : { queue: this.masked(queue) };
        const ours = { ...id, octets, recipients, reply: this.masked(reply), ...tls };
        return this.tell(1, "message", { ...ours, ...clients });
      }
      case "login": {
        const { method, attempt, ...clients } = entry.fields;
        return this.tell(2, "login", { method, attempt, ...tls, ...clients });
      }
      case "login-failed": {
        const { method, attempt, reason, delay, ...clients } = entry.fields;
        const repeat = this.isRepeat ? { repeat: "yes" } : {};
        this.isRepeat = false;
        return this.tell(1, "login-failed", {
          method,
          attempt,
          ...repeat,
          reason,
          delay,
          ...tls,
          ...clients,
        });
      }
      default:
        this.#write(entry);
    }
  }

  tellRefused(fields: Fields<"refused">): void {
    const isAnswer = fields.by === "server" && fields.reply !== undefined;
    this.tell(1, "refused", isAnswer ? { ...fields, reply: this.#guarded(fields.reply) } : fields);
  }

  /** A line of the server, or one for the client. */
  tellLine<E extends "unsolicited" | "server-line" | "reply-line">(
    level: EntryOf<E>["level"],
    event: E,
    text: string,
  ): void {
    if (level > this.#most) return;
    // All of them have this one key.
    const fields: Fields<"server-line"> = { said: this.#guarded(text) };
    this.#write({ level, event, fields } as EntryOf<EventName> as Entry);
  }

  /** What passed of a message, or of a stream. */
  tellText(side: "client" | "server", chunk: Uint8Array, start: number, end: number): void {
    if (this.#most < 5) return;
    const text = this.masked(decode(chunk, start, Math.min(end, start + LOGGED_TEXT)));
    this.tell(5, "text", { side, octets: end - start, text });
  }

  /** A command begins: what the server says next is about nothing that was said before. */
  begin(): void {
    this.#answersSecret = false;
  }

  /** The command has this secret in it. */
  keepSecret(secret: string): void {
    this.#answersSecret = true;
    this.#secrets.learn(secret);
  }

  /** Text of the server as the log may tell it: it may repeat a secret it was told. */
  masked(text: string): string {
    return this.#secrets.mask(text);
  }

  /** What the server says next may be about the secret just told, in any form: only how it went is told. */
  #guarded(text: string): string {
    if (!this.#answersSecret) return this.masked(text);
    return `${this.#statusOf(text)} ***`.trimStart();
  }
}
