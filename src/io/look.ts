// Waits until something can be seen in what has come through a socket, and leaves it where it is. A socket that is not
// read wakes nobody, so that it is looked at now and then: at once, and the more seldom the longer it takes. Knows
// sockets and the clock; not what is looked for.

import { hasEnded } from "../os/libc.ts";
import { now } from "./alarm.ts";

/** Of the time that has passed, what may pass until the next look. */
const SHARE = 8;
/** Milliseconds between two looks. */
const SOONEST = 1;
const LATEST = 250;

/**
 * @param isOver nobody waits any more: the descriptor may be another's
 * @param see null as long as there is nothing to be seen
 * @returns what was seen, or why nothing was
 */
export async function look<T extends object | true>(
  fd: number,
  seconds: number,
  isOver: () => boolean,
  see: () => T | null,
): Promise<T | "eof" | "timeout"> {
  const began = now();
  while (!isOver()) {
    // Asked first: what came before the end was then there to be seen.
    const isLast = hasEnded(fd);
    const seen = see();
    if (seen !== null) return seen;
    if (isLast) return "eof";
    const waited = now() - began;
    if (waited >= seconds * 1000) return "timeout";
    await Bun.sleep(Math.min(LATEST, Math.max(SOONEST, waited / SHARE), seconds * 1000 - waited));
  }
  return "eof";
}
