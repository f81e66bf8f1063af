// How a refusal stands in a step, the same in every lock-step protocol: one of ours, and one of the server's that is
// told like ours. Knows no rule by its name but the server's; not why anything is refused.

import type { Told } from "../record/entry.ts";
import type { Rule } from "../record/rules.ts";
import type { Step } from "./protocol.ts";

/** Which rule refuses something, and with which words. */
export interface Refusal {
  readonly rule: Rule;
  readonly reply: string;
}

/** Refused by us: the server never hears of it. */
export function refuse(rule: Rule, client: string): Step & { readonly refused: Rule } {
  return { client, refused: rule, next: "command" };
}

/**
 * Refused by the server: what stands beside its words.
 * @param error whether it is an error of the client's
 */
export function refusedByServer(told: Told, error: boolean) {
  return { refused: "server", by: "server", error, told } as const;
}
