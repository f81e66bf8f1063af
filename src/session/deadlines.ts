// When something is due: what is waited for now, the end of the session, the rate of a message. Knows seconds, and
// milliseconds as they are given; not what follows from any of them.

import type { Expiry } from "../protocols/protocol.ts";
import type { SessionLimits } from "./output.ts";
import { Pace } from "./pace.ts";

/** Seconds an answer under way may still take when the administrator ends us. */
const SHUTDOWN_PATIENCE = 5;

/** Seconds until what is due at once. */
const SOON = 0.001;

/** Whose silence ends the wait; a delay is nobody's. */
export type Wait = "idle" | "server" | "delay" | "drain";

export class Deadlines {
  readonly pace: Pace;
  readonly #sessionTimeout: number;
  #wait: { readonly kind: Wait; readonly seconds: number; readonly at: number } | null = null;
  #end = Number.POSITIVE_INFINITY;
  #endOf: "session" | "shutdown" = "session";
  /** The end is near: an answer under way is still awaited, and nothing is begun. */
  isEnding = false;
  /** Milliseconds, as the last event had them. */
  now = 0;

  constructor({ minRate, sessionTimeout }: SessionLimits) {
    this.pace = new Pace(minRate);
    this.#sessionTimeout = sessionTimeout;
  }

  start(now: number): void {
    this.now = now;
    if (this.#sessionTimeout > 0) this.#end = now + this.#sessionTimeout * 1000;
  }

  /** When the session is over whatever its peers do (milliseconds), or infinity. */
  get end(): number {
    return this.#end;
  }

  /** What the end above is: the session's time, or the patience of an administrator who ends us. */
  get endOf(): "session" | "shutdown" {
    return this.#endOf;
  }

  /** When anything is due (milliseconds), or infinity. */
  get due(): number {
    return Math.min(this.#wait?.at ?? this.#end, this.#end, this.pace.due);
  }

  /** Seconds until what is waited for is due. */
  get left(): number {
    const at = this.#wait?.at ?? Number.POSITIVE_INFINITY;
    // What was due while the client did not read is due now: no time at all would be no deadline.
    return Math.max(SOON, (at - this.now) / 1000);
  }

  /** @param seconds 0 or infinity for any time */
  arm(kind: Wait, seconds: number): void {
    this.#wait =
      seconds > 0 && Number.isFinite(seconds) ? { kind, seconds, at: this.now + seconds * 1000 } : null;
  }

  /** One side read nothing for a while and reads again: waiting for it was nobody else's delay. */
  resume(now: number): void {
    this.now = now;
    this.pace.resume(now);
    if (this.#wait !== null && this.#wait.kind !== "delay") this.arm(this.#wait.kind, this.#wait.seconds);
  }

  /** The administrator ends us. */
  shutdown(): void {
    this.#endOf = "shutdown";
    this.isEnding = true;
    this.#end = Math.min(this.#end, this.now + SHUTDOWN_PATIENCE * 1000);
  }

  /** The end has come, and so many seconds are given to what is under way. */
  prolong(seconds: number): void {
    this.isEnding = true;
    this.#end = this.now + seconds * 1000;
  }

  /** What has come of all that may be due, and the rate only where it is too slow. */
  passed(): Wait | "end" | Extract<Expiry, "too-slow"> | null {
    const wait = this.#wait;
    if (this.now >= this.#end && this.#end <= (wait?.at ?? this.#end)) return "end";
    if (this.now >= this.pace.due) return this.pace.isTooSlow(this.now) ? "too-slow" : null;
    return wait !== null && this.now >= wait.at ? wait.kind : null;
  }
}
