// Knows what the tests ask of a POP3 server: two ports, one with the wrapper before it, and a look into the
// mailbox behind both.

import type { Mail } from "./mail.ts";
import type { Need } from "./missing.ts";
import type { Scratch } from "./scratch.ts";

export interface PopServer extends AsyncDisposable {
  /** Where the server itself listens. */
  readonly alone: number;
  /** Where the wrapper listens, with the server behind it. */
  readonly behind: number;
  /** The mailbox as if just these mails had been delivered to it. */
  fill(mails: readonly Mail[]): void;
  /** What is in the mailbox, without what the server notes down for itself. */
  contents(): string;
  /** What contents() is while just these mails are in the mailbox. */
  whole(mails: readonly Mail[]): string;
  /** What a client got, without the time if the server puts it there. */
  timeless(text: string): string;
  /** Waits until all sessions have ended, with all their processes. */
  idle(): Promise<void>;
}

export interface PopServerKind {
  readonly name: string;
  readonly needs: readonly Need[];
  start(scratch: Scratch, mails: readonly Mail[], ...options: string[]): Promise<PopServer>;
}
