// The worker's side of a client's logins: whoever counts is asked by way of the supervisor, who knows whose network it is.
// Knows words and one session's number; nothing of what is counted.

import { within } from "../io/within.ts";
import type { Judgement } from "../session/output.ts";
import type { Asking } from "../throttle/client.ts";
import { readJudgement } from "./judgements.ts";
import type { Blame, Report } from "./words.ts";

/** Seconds for an answer: whoever is to have counted by then has not, and a login is not tried on that. */
const PATIENCE = 5;

export class WorkerLogins implements Asking {
  readonly #session: number;
  readonly #say: (report: Report) => void;
  #awaited: ((judgement: Judgement) => void) | null = null;

  constructor(session: number, say: (report: Report) => void) {
    this.#session = session;
    this.#say = say;
  }

  async ask(user: string | null, tag: number | null): Promise<Judgement> {
    const { promise, resolve } = Promise.withResolvers<Judgement>();
    this.#awaited = resolve;
    this.#say({ word: "login", session: this.#session, user, tag });
    return (await within(promise, PATIENCE)) ?? { isAllowed: false };
  }

  /** @param text of the order that answers */
  judged(text: string): void {
    this.#awaited?.(readJudgement(text));
    this.#awaited = null;
  }

  settle(decision: "accepted" | "refused" | "undecided"): void {
    this.#say({ word: "settled", session: this.#session, decision });
  }

  blame(penalty: Blame): void {
    this.#say({ word: "blamed", session: this.#session, penalty });
  }
}
