// How long a place where guesses are counted may take. Knows seconds; no place.

import { within } from "../io/within.ts";

/** Seconds for an answer. */
const PATIENCE = 1;

/** @throws when it takes too long; what is kept is anything but null */
export async function timely<T>(asked: Promise<T>): Promise<T> {
  asked.catch(() => {}); // it may fail when nobody waits any more
  const done = await within(
    asked.then((value) => ({ value })),
    PATIENCE,
  );
  if (done === null) throw new Error(`no answer within ${PATIENCE} s`);
  return done.value;
}
