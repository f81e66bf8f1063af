// Knows what the tests ask of a POP3 client: fetch a mailbox of so many messages, and show all it got.

import type { Need } from "./missing.ts";
import type { Scratch } from "./scratch.ts";

export interface PopClient {
  readonly name: string;
  readonly needs: readonly Need[];
  /** One string per thing fetched, octet for octet as the client wrote it; the same mailbox gives the same strings. */
  fetch(scratch: Scratch, port: number, count: number): Promise<string[]>;
}
