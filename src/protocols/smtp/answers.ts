// How the server's replies reach the client: as they are, but for what no client should see in them (RFC 5321
// sections 3.8 and 4.2). Knows what a code means for any command; not which command it answers.

import type { Told } from "../../record/entry.ts";
import type { Step } from "../protocol.ts";
import { refusedByServer } from "../refusal.ts";
import { type Reply, writeReply } from "./reply.ts";

export function isPositive(reply: Reply): boolean {
  return reply.code.startsWith("2");
}

/** It may not try again as it is. */
export function isPermanent(reply: Reply): boolean {
  return reply.code.startsWith("5");
}

export function passed(reply: Reply): Step | "fault" {
  // 354 and 334 change what the next octets mean: only DATA and AUTH may get them.
  if (reply.code.startsWith("3")) return "fault";
  return reply.code === "421" ? closing(reply) : { client: writeReply(reply), next: "command" };
}

/** RFC 5321 section 3.8: the server ends the session by it. */
export function closing(reply: Reply): Step {
  return { client: writeReply(reply), next: "close", ends: "server-end" };
}

/**
 * The same, and where it says no that is told like a refusal of ours.
 * @param counts whether a permanent one is an error of the client's
 */
export function judged(reply: Reply, told: Told, counts: boolean): Step | "fault" {
  const step = passed(reply);
  if (step === "fault" || isPositive(reply)) return step;
  return { ...step, ...refusedByServer(told, counts && isPermanent(reply)) };
}
