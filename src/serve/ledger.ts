// What workers tell the log (pure): each entry is of a session, written as that session's, and only if it is the
// worker's own: no worker can put a word into another's mouth. Knows whose a session is; not what is told, nor where
// it goes.

import type { Entry } from "../record/entry.ts";

/** @returns false for what is not written: the session has had its share */
export type Page = (entry: Entry) => boolean;

export class Ledger<Worker> {
  readonly #pages = new Map<number, { readonly worker: Worker; readonly write: Page }>();
  /** Sessions that are over, since the last sweep and before: their last words may still be on their way. */
  #over: number[] = [];
  #longOver: number[] = [];

  begin(session: number, worker: Worker, write: Page): void {
    this.#pages.set(session, { worker, write });
  }

  end(session: number): void {
    this.#over.push(session);
  }

  /** @returns false for what is not written */
  tell(session: number, worker: Worker, entry: Entry): boolean {
    const page = this.#pages.get(session);
    return page?.worker === worker && page.write(entry);
  }

  /** Again and again: sessions that were over at the sweep before have nothing to tell any more. */
  sweep(): void {
    for (const session of this.#longOver) this.#pages.delete(session);
    this.#longOver = this.#over;
    this.#over = [];
  }
}
