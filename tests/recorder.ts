// What a session did to the world, kept for tests; what it logs is held against the lists of the log. Plays neither
// client nor server.

import type { Entry } from "../src/record/entry.ts";
import type { Output, Throttle } from "../src/session/output.ts";
import { decode } from "../src/wire/latin1.ts";
import { checkEntry, type Read } from "./record/lists.ts";

/** Things done to the server that are no octets; their brackets are no octets either, so none is mistaken. */
export const MARKS = {
  aborted: "⟦server aborted⟧",
  restarted: "⟦server restarted⟧",
  inputEnds: "⟦server input ends⟧",
  secures: "⟦secures⟧",
  closed: "⟦closed⟧",
} as const;

export type Side = "server" | "client";

export class Recorder implements Output {
  readonly writes: { side: Side; text: string }[] = [];
  readonly entries: Read[] = [];
  /** Everything each side got, marks included. */
  readonly got: Record<Side, string> = { server: "", client: "" };
  onAbort: () => void = () => {};
  onRestart: () => void = () => {};

  #write(side: Side, text: string): void {
    this.writes.push({ side, text });
    this.got[side] += text;
  }

  toClient(octets: Uint8Array): void {
    this.#write("client", decode(octets));
  }

  toServer(octets: Uint8Array): void {
    this.#write("server", decode(octets));
  }

  abortServer(): void {
    this.#write("server", MARKS.aborted);
    this.onAbort();
  }

  restartServer(): void {
    this.#write("server", MARKS.restarted);
    this.onRestart();
  }

  endServerInput(): void {
    this.#write("server", MARKS.inputEnds);
  }

  /** What a test says is there and was not given yet. */
  unread = false;

  hasUnread(): boolean {
    return this.unread;
  }

  /** Null where nobody counts guesses. */
  throttle: Throttle | null = null;

  secureClient(): void {
    this.#write("client", MARKS.secures);
  }

  close(): void {
    this.#write("client", MARKS.closed);
  }

  log(entry: Entry): void {
    checkEntry(entry);
    this.entries.push(entry);
  }
}
