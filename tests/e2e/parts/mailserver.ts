// Knows what the tests ask of an SMTP server on stdin and stdout.

import type { Mail } from "./mail.ts";
import type { Need } from "./missing.ts";
import type { Scratch } from "./scratch.ts";
import type { Command } from "./wrapper.ts";

export interface MailServer {
  /** As it is started without the wrapper. */
  readonly alone: Command;
  /** As an administrator has to start it behind the wrapper. */
  readonly behind: Command;
  /** What it has taken, without the headers it adds itself. */
  stored(): Mail[];
}

export interface MailServerKind {
  readonly name: string;
  readonly needs: readonly Need[];
  start(scratch: Scratch): MailServer;
}
