// What an embedded server looks like from outside: octets in, octets out, no I/O of its own but the mailbox
// it is given. Knows no protocol; stdio.ts drives one over stdin and stdout.

export interface Server {
  greeting(): string;
  /**
   * Takes octets of the client and gives the answer piece by piece. Strings are octets too (one UTF-16 unit
   * each). A piece is read from the mailbox only when it is asked for, so a slow client costs no memory.
   * The chunk is borrowed until the last piece was taken, a piece until the next one is asked for.
   */
  octets(chunk: Uint8Array): Iterable<string | Uint8Array>;
  /** The client said nothing for too long: the last words. */
  expired(): string;
  /** Nothing more will come: what has not been committed is undone. */
  end(): void;
  /** The session is over; what the client sends now is not read. */
  readonly over: boolean;
}
