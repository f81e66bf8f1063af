// How much one session may write into the log (pure): a client, or a server, that has much to say must not fill
// the disk with it. What an administrator counts by is never left out; what tells of each line is, at last.
// Knows entries and the length of their lines; no place they go to.

import type { Entry, EventName } from "./entry.ts";

/** Lines and octets of what is capped, in one session. */
const CAP = { lines: 1000, octets: 1_048_576 };

/** Lines of refused commands that are told one by one; the session's end tells how many there were. */
const REFUSALS = 100;

/** Below level 3, events that come as often as a peer likes. */
const UNBOUNDED: ReadonlySet<EventName> = new Set(["server-stderr", "truncated", "unsolicited"]);

/** Whether there is an end of such entries in a session. */
export function isCapped({ level, event }: Entry): boolean {
  return level >= 3 || event === "refused" || UNBOUNDED.has(event);
}

export class LogCap {
  readonly #times: number;
  #lines = 0;
  #octets = 0;
  #refusals = 0;
  #capped = false;

  /** @param times as much as a session has, for whoever only makes sure that another counts */
  constructor(times = 1) {
    this.#times = times;
  }

  /**
   * @param octets of the entry's line; asked for only where they count
   * @returns what is to be written: the entry, the last word of it, or nothing
   */
  admit(entry: Entry, octets: () => number): Entry | null {
    if (!isCapped(entry)) return entry;
    if (entry.event === "refused") return ++this.#refusals > REFUSALS * this.#times ? null : entry;
    if (this.#capped) return null;
    this.#lines++;
    this.#octets += octets();
    if (this.#lines <= CAP.lines * this.#times && this.#octets <= CAP.octets * this.#times) return entry;
    this.#capped = true;
    return { level: 1, event: "log-capped", fields: { lines: this.#lines - 1 } };
  }
}
