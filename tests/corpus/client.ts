// The attacking client: sends octets, keeps what came back, and waits for what a step expects of it. Knows TCP and the
// meaning of the steps; it knows no protocol and does not judge what no step asks about.

import type { Socket } from "bun";

/** How long to wait, in milliseconds. */
export interface Patience {
  /** For an expected output or the end: without any new output for this long. */
  output: number;
  /** Until the output counts as all there is. */
  silence: number;
}

export const PATIENCE: Patience = { output: 6000, silence: 300 };

/** A step that did not go as the script says. */
export class Disappointment extends Error {}

// Searching all unread output again for every chunk would be quadratic; a large output is searched as it grows by this.
const LARGE = 1 << 20;
const GROWTH = 1.25;

/** Half a line that stays alone for this long is all there is of it. */
const PROMPT_MS = 100;

export class Client {
  /** Everything received, as it came: the ends of the pieces tell the ends of the writes. */
  readonly received: Buffer[] = [];
  ended = false;

  readonly #patience: Patience;
  #socket!: Socket;
  #unread = "";
  #lastOutput = 0;
  #wake: () => void = () => {};

  private constructor(patience: Patience) {
    this.#patience = patience;
  }

  static async connect(port: number, patience: Patience): Promise<Client> {
    const client = new Client(patience);
    const end = () => {
      client.ended = true;
      client.#wake();
    };
    client.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      allowHalfOpen: true,
      socket: {
        data(_, octets) {
          client.received.push(Buffer.from(octets));
          client.#unread += octets.toString("latin1");
          client.#lastOutput = performance.now();
          client.#wake();
        },
        drain: () => client.#wake(),
        end,
        close: end,
        error: end,
      },
    });
    client.#socket.setNoDelay(true);
    return client;
  }

  /** What is unread, short enough for a message. */
  get rest(): string {
    const text = JSON.stringify(this.#unread.slice(0, 300));
    const more = this.#unread.length > 300 ? ` and ${this.#unread.length - 300} octets more` : "";
    return `${text}${more}${this.ended ? ", then the end" : ""}`;
  }

  /** An end that comes while sending is no fault: the next step says whether it was due. */
  async send(text: string, repeat = 1): Promise<void> {
    const batch = Math.max(1, Math.min(repeat, Math.floor(65536 / text.length)));
    const block = Buffer.from(text.repeat(batch), "latin1");
    for (let left = repeat; left > 0; left -= batch) {
      const octets = left < batch ? block.subarray(0, left * text.length) : block;
      for (let at = 0; at < octets.length; ) {
        if (this.ended) return;
        const written = this.#socket.write(octets, at, octets.length - at);
        if (written < 0) return;
        at += written;
        if (at < octets.length && !(await this.#woken(20_000))) {
          throw new Disappointment("nothing takes what is sent");
        }
      }
    }
  }

  /** Waits for it and consumes it and the rest of its line. */
  async expect(source: string): Promise<void> {
    const pattern = new RegExp(source, "m");
    this.#lastOutput = performance.now();
    for (;;) {
      const searched = this.#unread.length;
      const ended = this.ended;
      const match = pattern.exec(this.#unread);
      if (match !== null) return await this.#consume(match.index + match[0].length);
      if (ended) throw new Disappointment(`got ${this.rest}`);
      const due = searched > LARGE ? searched * GROWTH : searched + 1;
      while (this.#unread.length < due && !this.ended) {
        const quiet = !(await this.#woken(50));
        if (quiet && this.#unread.length > searched) break;
        if (this.#idle() > this.#patience.output) throw new Disappointment(`got ${this.rest}`);
      }
    }
  }

  /** Waits for silence; all that is unread then must match. A late first octet is slowness, not silence. */
  async expectOnly(source: string): Promise<void> {
    const pattern = new RegExp(`(?<![^])(?:${source})(?![^])`, "m");
    const started = performance.now();
    this.#lastOutput = started;
    while (!this.ended) {
      const nothing = this.#unread === "" && !pattern.test("");
      if (this.#idle() >= (nothing ? this.#patience.output : this.#patience.silence)) break;
      await this.#woken(20);
    }
    if (!pattern.test(this.#unread)) throw new Disappointment(`got ${this.rest}`);
    this.#unread = "";
  }

  /** Output before the end is allowed: the steps before this one say what it must be. */
  async expectClose(): Promise<void> {
    const deadline = performance.now() + this.#patience.output;
    while (!this.ended && performance.now() < deadline) await this.#woken(50);
    if (!this.ended) throw new Disappointment(`no end; got ${this.rest}`);
  }

  halfClose(): void {
    this.#socket.shutdown();
  }

  reset(): void {
    this.#socket.terminate();
  }

  /** Leaves, both ways. */
  leave(): void {
    this.#socket.end();
  }

  async #consume(end: number): Promise<void> {
    const complete = () => this.#unread.charCodeAt(end - 1) === 10 || this.#unread.indexOf("\n", end) >= 0;
    // Not for ever: a prompt is a line that never ends.
    while (!complete() && !this.ended && this.#idle() < PROMPT_MS) await this.#woken(PROMPT_MS);
    if (this.#unread.charCodeAt(end - 1) === 10) this.#unread = this.#unread.slice(end);
    else {
      const newline = this.#unread.indexOf("\n", end);
      this.#unread = newline < 0 ? "" : this.#unread.slice(newline + 1);
    }
  }

  #idle(): number {
    return performance.now() - this.#lastOutput;
  }

  /** True when something happened, false when the time is over. */
  #woken(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
