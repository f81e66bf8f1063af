// What is told of a server that was to hear by XCLIENT whom we speak for, and did not. Knows no protocol.

import type { Entry } from "../record/entry.ts";
import type { Doubt } from "./protocol.ts";

/** It does not offer to hear it: it is dealt with as without --xclient. */
export const XCLIENT_MISSING: Entry = { level: 1, event: "xclient", fields: { state: "missing" } };

/** @param said what it answered: it must never go on with us in the client's place */
export function xclientRefused(said: string): Entry {
  return { level: 1, event: "xclient", fields: { state: "refused", said } };
}

/** The same, found before there is a session. */
export const XCLIENT_DOUBT: Doubt = [
  "--xclient",
  "a server does not offer XCLIENT to this host: it takes every client for us, in its rules, limits, log and traces",
];
