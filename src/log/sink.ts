// What a place for log lines looks like to whoever writes them. Knows neither formats nor places.

import type { Level } from "../record/entry.ts";

/** One line on its way. */
export interface Message {
  readonly level: Level;
  /** Without a line end, and without what a place puts in front (time, name, priority). */
  readonly line: string;
  readonly at: Date;
  /** Whoever says it, where that is not us. */
  readonly speaker?: Speaker;
}

/** A program that lines are told as: its `name[pid]`, and the host that it is on. */
export interface Speaker {
  readonly tag: string;
  readonly host: string;
}

export interface Sink {
  /** Takes a line: never throws, never waits, whatever becomes of the place. */
  write(message: Message): void;
  /** Resolves when all is with the place or the kernel, or after a second at most. */
  flush(): Promise<void>;
  /** Whoever rotates the log wants it opened by its name again. @throws when it cannot be; the old place stays */
  reopen(): void;
  /** Resolves when what was written is delivered, or after a second, and the place is closed. */
  close(): Promise<void>;
}

/** How a place takes one line: it did; not now; never (the line is lost, the next may not be). */
export type Delivery = "taken" | "later" | "lost";

export interface Sender {
  send(message: Message): Delivery | Promise<Delivery>;
  /** Milliseconds between tries. */
  readonly pause: number;
  reopen?(): void;
  close?(): void;
  /** The session is over: nothing needs to be waited for any more. */
  hurry?(): void;
}
