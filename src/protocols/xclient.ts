// What is told of a server that was to hear by XCLIENT whom we speak for, and did not. Knows no protocol.

import type { Entry } from "../record/entry.ts";

/** It does not offer to hear it: it is dealt with as without --xclient. */
export const XCLIENT_MISSING: Entry = { level: 1, event: "xclient", fields: { state: "missing" } };

/** @param said what it answered: it must never go on with us in the client's place */
export function xclientRefused(said: string): Entry {
  return { level: 1, event: "xclient", fields: { state: "refused", said } };
}
