// Knows a client inside TLS, from the first octet on: one dialogue with whoever ends it at a port.
import { checkReplies, isWholeReply } from "../talk.ts";

const PATIENCE_MS = 60_000;
const TERMINATOR = Buffer.from("\r\n.\r\n");

export class SecureTalk {
  #socket!: Bun.Socket;
  #news: () => void = () => {};
  #taken: () => void = () => {};
  #chunks: Buffer[] = [];
  #closed = false;

  /** @returns once the connection is there; the handshake follows. @param isSecure else all of it is in the clear */
  static async dial(port: number, isSecure = true): Promise<SecureTalk> {
    const talk = new SecureTalk();
    talk.#socket = await Bun.connect({
      ...{ hostname: "127.0.0.1", port },
      ...(isSecure ? { tls: { rejectUnauthorized: false } } : {}),
      socket: {
        data: (_, octets) => {
          talk.#chunks.push(octets);
          talk.#news();
        },
        drain: () => talk.#taken(),
        close: () => {
          talk.#closed = true;
          talk.#news();
          talk.#taken();
        },
      },
    });
    return talk;
  }

  async reply(expected: string): Promise<string> {
    let text = "";
    while (!isWholeReply(text)) text += (await this.chunk()).toString("latin1");
    if (!text.startsWith(expected)) throw new Error(`expected ${expected}, got ${JSON.stringify(text)}`);
    return text;
  }

  /** One-line replies to lines that were sent together, in whatever pieces they come. */
  async replies(expected: readonly string[]): Promise<void> {
    let text = "";
    while (text.split("\r\n").length <= expected.length) text += (await this.chunk()).toString("latin1");
    checkReplies(text, expected);
  }

  async ask(line: string, expected: string): Promise<string> {
    await this.write(Buffer.from(`${line}\r\n`, "latin1"));
    return this.reply(expected);
  }

  async write(octets: Buffer): Promise<void> {
    for (let at = 0; ; ) {
      at += Math.max(0, this.#socket.write(octets.subarray(at)));
      if (at >= octets.length) return;
      if (this.#closed) throw new Error("the session was closed in the middle");
      await new Promise<void>((resolve) => {
        this.#taken = resolve;
      });
    }
  }

  /** Reads a POP3 message with its status line. @returns its octets */
  async message(): Promise<number> {
    let octets = 0;
    let tail = Buffer.alloc(0);
    while (!tail.equals(TERMINATOR)) {
      const chunk = await this.chunk();
      octets += chunk.length;
      tail = Buffer.concat([tail, chunk.subarray(-TERMINATOR.length)]).subarray(-TERMINATOR.length);
    }
    return octets;
  }

  /** @returns what came */
  async chunk(): Promise<Buffer> {
    const end = performance.now() + PATIENCE_MS;
    while (this.#chunks.length === 0) {
      if (this.#closed) throw new Error("the session was closed in the middle");
      if (performance.now() > end) throw new Error("the other side says nothing");
      await new Promise<void>((resolve) => {
        this.#news = resolve;
        setTimeout(resolve, 1000).unref();
      });
    }
    return this.#chunks.shift()!;
  }

  close(): void {
    this.#socket.end();
  }
}
