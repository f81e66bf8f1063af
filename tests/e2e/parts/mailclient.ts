// Knows what the tests ask of an SMTP client: send one mail, and say how it went.

import type { Mail } from "./mail.ts";
import type { Need } from "./missing.ts";
import type { Outcome } from "./process.ts";
import type { Scratch } from "./scratch.ts";

export interface MailClient {
  readonly name: string;
  readonly needs: readonly Need[];
  send(scratch: Scratch, port: number, mail: Mail): Promise<Outcome>;
  /** The text it was given, with LF, made of what it sent; for one that adds to it or writes a header of its own. */
  given?(sent: Buffer, mail: Mail): Buffer;
}
