// The logins of a client that is being served, as its worker asks about them: for his own network, whatever the worker
// says, and one at a time. Knows what a worker may wish; not what is counted, nor where.

import type { Guest } from "./guest.ts";
import { writeJudgement } from "./judgements.ts";
import type { ThrottleUse } from "./throttles.ts";
import type { Report } from "./words.ts";

export type LoginReport = Report & { readonly word: "login" | "settled" | "blamed" };

/** @param throttle null where nobody counts @returns whether it was for something */
export function heardLogin(guest: Guest, report: LoginReport, throttle: ThrottleUse | null): boolean {
  if (throttle === null) return false;
  guest.asking ??= throttle.of(guest.connection.client.address) ?? "trusted";
  const { asking, worker } = guest;
  if (report.word === "login") {
    // An honest worker awaits one at a time.
    if (guest.isAsking) return false;
    guest.isAsking = true;
    const { session, user, tag } = report;
    const said =
      asking === "trusted"
        ? Promise.resolve({ isAllowed: true, delay: 0, isRepeat: false } as const)
        : asking.ask(user, tag);
    void said.then((judgement) => {
      guest.isAsking = false;
      worker.order({ word: "judged", session, text: writeJudgement(judgement) });
    });
  } else if (asking !== "trusted") {
    if (report.word === "settled") asking.settle(report.decision);
    else asking.blame(report.penalty);
  }
  return true;
}
