// Lines that wait for their place: sent one after the other, in order, and never lost silently. A place that
// is dead, slow or not there yet delays nobody: what it does not take is kept, up to a bound, and tried
// again. Knows the clock; not what a place is.

import type { Delivery, Message, Sender, Sink } from "./sink.ts";

/** Units that wait at most: about two thousand lines. */
const ROOM = 524_288;

/** Milliseconds the end of a session waits for the log. */
const FLUSH_PATIENCE = 1000;

export class Backlog implements Sink {
  readonly #sender: Sender;
  /** Makes the line that tells how many are missing. */
  readonly #lostLine: (lines: number) => Message;
  #waiting: Message[] = [];
  #size = 0;
  #lost = 0;
  #sending = false;
  #timer: Timer | null = null;
  #deadline = Number.POSITIVE_INFINITY;
  #flushed: () => void = () => {};

  constructor(sender: Sender, lostLine: (lines: number) => Message) {
    this.#sender = sender;
    this.#lostLine = lostLine;
  }

  write(message: Message): void {
    // The oldest tell how it began; of the newest it is told how many there were.
    if (this.#size + message.line.length > ROOM) this.#lost++;
    else this.#push(message);
    if (!this.#sending && this.#timer === null) void this.#drain();
  }

  reopen(): void {
    this.#sender.reopen?.();
  }

  async flush(): Promise<void> {
    const flushed = new Promise<void>((resolve) => {
      this.#flushed = resolve;
    });
    this.#deadline = performance.now() + FLUSH_PATIENCE;
    const limit = setTimeout(this.#flushed, FLUSH_PATIENCE);
    this.#sender.hurry?.();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#sending) void this.#drain();
    await flushed;
    clearTimeout(limit);
  }

  async close(): Promise<void> {
    await this.flush();
    this.#sender.close?.();
  }

  #push(message: Message): void {
    this.#waiting.push(message);
    this.#size += message.line.length;
  }

  /** Up to its first wait this runs at once: a place that takes lines at once has them at once. */
  async #drain(): Promise<void> {
    this.#sending = true;
    for (let message = this.#next(); message !== undefined; message = this.#next()) {
      const sent = this.#send(message);
      const delivery = typeof sent === "string" ? sent : await sent;
      if (delivery === "later") return this.#rest();
      if (delivery === "lost") this.#lost++;
      this.#waiting.shift();
      this.#size -= message.line.length;
      if (delivery === "taken" && this.#waiting.length === 0) this.#tellLost();
    }
    this.#sending = false;
    this.#flushed();
  }

  #next(): Message | undefined {
    return this.#waiting[0];
  }

  #send(message: Message): Delivery | Promise<Delivery> {
    const sent = this.#sender.send(message);
    return typeof sent === "string" ? sent : sent.catch(() => "later" as const);
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    this.#push(this.#lostLine(this.#lost));
    this.#lost = 0;
  }

  #rest(): void {
    this.#sending = false;
    // A try after the deadline is none: nobody will wait for it.
    if (performance.now() + this.#sender.pause > this.#deadline) return this.#flushed();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#drain();
    }, this.#sender.pause);
  }
}
