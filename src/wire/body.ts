// What every body scanner looks like: octets that are streamed, not split into commands.
// Knows nothing of the protocols that stream them.

import type { Rule } from "../record/rules.ts";

/** Where scanned octets go, as views of the chunk; they are valid only during the call. */
export type Forward = (octets: Uint8Array) => void;

/** A body in either direction: scanned for its end and its faults, forwarded as views, never held. */
export interface Body {
  /**
   * Scans `chunk` from `at`, forwarding what may pass.
   * @returns the first octet not consumed: the chunk's length, or what follows the end of the body
   */
  scan(chunk: Uint8Array, at: number, forward: Forward): number;
  /** The body's own end was seen; for a message, its terminator has not been forwarded. */
  readonly ended: boolean;
  /**
   * Nothing is half said: what came so far is whole lines of their own, and words of ours may stand behind them. By
   * default there is no such place in a body.
   */
  readonly isBetween?: boolean;
  /**
   * The rule that forbids the rest: nothing is forwarded any more, the end is still looked for. Of a body for the
   * client it ends the session: there is no honest end of what has begun.
   */
  readonly fault: Rule | null;
}
