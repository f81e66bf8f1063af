// Logins as whoever counts guesses has a say in them: each is asked about before the server is, once, and settled when
// it has ended. Knows what was asked, and the step that waits for the answer; what is counted, and how, is another's.

import type { Penalty } from "../policy/throttle.ts";
import type { Conversation, Guess, Step } from "../protocols/protocol.ts";
import type { Account } from "../record/account.ts";
import type { Reason } from "../record/entry.ts";
import type { Machine } from "./machine.ts";
import type { Judgement, Output } from "./output.ts";

/** How a client leaves that was to say something. */
const LEFT: ReadonlySet<Reason<"end">> = new Set(["client-end", "client-lost", "idle", "tls-failed"]);

export class Logins {
  readonly #output: Output;
  readonly #account: Account;
  /** The step that waits to be allowed, or for its time. */
  #held: Step<string> | null = null;
  /** Whether a login may be tried has not been said yet: whatever comes of it meanwhile waits for that, too. */
  #isAsked = false;
  /** A login was allowed and has not ended. */
  #isOpen = false;

  constructor(output: Output, account: Account) {
    this.#output = output;
    this.#account = account;
  }

  /** Nothing waits any more: what comes has taken its place. */
  drop(): void {
    this.#held = null;
  }

  /** @param canWait somebody is there to be answered @returns whether the step waits for `judged` */
  holds(step: Step<string>, canWait: boolean): boolean {
    const { throttle } = this.#output;
    const guess = this.#guessOf(step);
    if (!throttle || guess === null) return false;
    if (!this.#isAsked) throttle.ask(guess);
    this.#isAsked = true;
    if (!canWait) return false; // it counts all the same
    this.#held = step;
    return true;
  }

  /** @returns the step that is to be done, at once or after the seconds; null where nobody waits for it any more */
  judged(
    judgement: Judgement,
    conversation: Conversation<string>,
  ): { readonly step: Step<string>; readonly after: number } | null {
    const held = this.#held;
    this.#isAsked = false;
    if (held === null) return null;
    if (!judgement.isAllowed) return { step: throttled(held, conversation), after: 0 };
    this.#isOpen = true;
    this.#account.isRepeat = judgement.isRepeat;
    // What the server has decided already is no sooner known by anybody.
    return { step: held, after: held.server === undefined ? 0 : judgement.delay };
  }

  /** The step that waited for its time. */
  take(): Step<string> | null {
    const held = this.#held;
    this.#held = null;
    return held;
  }

  /** The step is done: it may have ended the login. */
  settle({ log, undecided }: Step<string>): void {
    if (!this.#isOpen) return;
    const decision =
      undecided === true
        ? "undecided"
        : log?.event === "login"
          ? "accepted"
          : log?.event === "login-failed"
            ? "refused"
            : null;
    if (decision === null) return;
    this.#isOpen = false;
    this.#output.throttle?.settle(decision);
  }

  /** The session is over. */
  leave(
    reason: Reason<"end">,
    { reckoning, conversation }: Pick<Machine, "reckoning" | "conversation">,
  ): void {
    const { throttle } = this.#output;
    if (!throttle || !LEFT.has(reason)) return;
    const penalty = penaltyFor(conversation.owes?.() ?? null, reckoning.tally.commands);
    if (penalty !== null) throttle.blame(penalty);
  }

  /** Of a login that the server refused before it knew all of it nobody was asked. */
  #guessOf({ guess, log }: Step<string>): Guess | null {
    if (this.#isOpen) return null;
    if (guess !== undefined && guess !== null) return guess;
    if (log?.event !== "login-failed") return null;
    const { user } = log.fields;
    return user === undefined ? {} : { user };
  }
}

/** What the server was told is told, and what a failure costs it costs. */
function throttled(
  { log, delay, next, ends }: Step<string>,
  conversation: Conversation<string>,
): Step<string> {
  const step = conversation.throttled?.() ?? {
    ...conversation.tooManyErrors(),
    ends: "too-many-errors" as const,
  };
  return {
    ...step,
    ...(log === undefined ? {} : { log }),
    ...(delay === undefined ? {} : { delay }),
    ...(log !== undefined && next === "close" ? { next, ...(ends === undefined ? {} : { ends }) } : {}),
  };
}

function penaltyFor(owed: "login" | "credential" | null, commands: number): Exclude<Penalty, "guess"> | null {
  if (owed === "credential") return "aborted";
  return owed === "login" && commands === 0 ? "silent" : null;
}
