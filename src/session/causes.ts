// Why a session ends, as the log tells it. Knows steps and the clock's words; does nothing.

import type { Expiry, Step } from "../protocols/protocol.ts";
import type { Reason } from "../record/entry.ts";
import type { ServerLink } from "./server-link.ts";

/** What the log says of an end by the clock. */
export const EXPIRED = {
  idle: "idle",
  "too-slow": "too-slow",
  session: "session-timeout",
  shutdown: "shutdown",
} as const satisfies Readonly<Record<Expiry, Reason<"end">>>;

/** Why a step ends the session. */
export function causeOf({ ends, refused, by }: Step<string>, server: ServerLink): Reason<"end"> {
  if (ends !== undefined) return ends;
  if (refused === "early-talker") return refused;
  if (refused !== undefined && by === undefined) return "refused";
  return server.isGone ? server.goneBy : "quit";
}
