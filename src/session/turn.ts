// What is being answered: a command, a message, or the connection itself. Knows how it may be shown and when it was
// read; not what it says.

export class Turn {
  /** Somebody waits for the one reply to it. */
  isDue: boolean;
  /** As the log may show it. */
  shown = "(connection)";
  /** When it was read (milliseconds): a delay is counted from here. */
  at = 0;
  isMessage = false;

  /** @param isDue the client waits for a greeting */
  constructor(isDue: boolean) {
    this.isDue = isDue;
  }

  begin(now: number, { isMessage }: { readonly isMessage: boolean }): void {
    this.isDue = true;
    this.at = now;
    this.isMessage = isMessage;
    if (isMessage) this.shown = "(message)";
  }
}
