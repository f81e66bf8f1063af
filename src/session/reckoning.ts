// What a session's steps come to, whichever method gave them: secrets are kept from the log, refusals are told,
// commands are counted, errors are paid for. Knows the budget, the account and the tally; does nothing to anybody.

import type { Conversation, Outcome, Step } from "../protocols/protocol.ts";
import type { Account } from "../record/account.ts";
import type { Told } from "../record/entry.ts";
import { Budget, SPENT_DELAY } from "./budget.ts";
import { Tally } from "./tally.ts";
import type { Turn } from "./turn.ts";

/** The last words to a client that has made its last error, and why they are. */
export function noPatience(conversation: Conversation<string>): Step<string> {
  return { ...conversation.tooManyErrors(), ends: "too-many-errors" };
}

export class Reckoning {
  readonly tally = new Tally();
  readonly #account: Account;
  readonly #budget: Budget;
  /** Every line is an answer's worth: nobody waits for the server. */
  readonly #isStream: boolean;
  #isClosed = false;

  constructor(account: Account, maxErrors: number, isStream: boolean) {
    this.#account = account;
    this.#budget = new Budget(maxErrors);
    this.#isStream = isStream;
  }

  /** The budget has ended the session: what is answered now is the last. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A line of the client's was read: a command, or more of one. */
  command(step: Step<string>, shown: string): void {
    const verb = step.told?.verb;
    this.#account.tell(3, "command", { ...(verb === undefined ? {} : { verb }), line: shown });
    this.tally.begin(verb);
  }

  /** @returns the step to do: this one, or what the budget makes of it */
  enter(given: Step<string>, turn: Turn, conversation: Conversation<string>): Step<string> {
    if (given.secret !== undefined) this.#account.keepSecret(given.secret);
    const isIdleError = given.idle === true && this.#budget.idle();
    const isError = given.error ?? given.refused !== undefined;
    if (isError) this.#budget.error();
    if (given.log?.event === "message") this.#budget.renew();
    const isPaid = isError || isIdleError;
    const step = this.#budget.isSpent ? this.#spent(given, isPaid, turn, conversation) : given;
    const { refused, by = "us", told } = given;
    if (refused !== undefined)
      this.#tellRefused(refused, { by, told, reply: step.client?.trimEnd(), line: turn.shown });
    if (given.client !== undefined) this.tally.conclude(outcomeOf(given, given.client, conversation));
    return step;
  }

  /** A message that is still coming is refused by us. */
  refuseMessage(rule: string, told: Told | undefined, reply: string | undefined): void {
    this.#tellRefused(rule, { by: "us", told, reply, line: "(message)" });
    this.#budget.error();
  }

  #tellRefused(rule: string, { by, told, reply, line }: Refusal): void {
    const { verb, ...addresses } = told ?? {};
    this.tally.refused++;
    this.#account.tellRefused({
      ...{ rule, by },
      ...(verb === undefined ? {} : { verb }),
      ...(reply === undefined ? {} : { reply }),
      ...{ ...addresses, line },
    });
  }

  /** What becomes of a step when the client has made its last error. */
  #spent(step: Step<string>, isError: boolean, turn: Turn, conversation: Conversation<string>): Step<string> {
    const spared = conversation.spared?.();
    if (spared === "always") return step;
    if (spared === "for-now")
      return isError ? { ...step, delay: Math.max(step.delay ?? 0, SPENT_DELAY) } : step;
    // What is no answer yet goes on until there is one: the end is an answer, too.
    const answers = this.#isStream || step.client !== undefined || step.idle === true;
    if (!answers) return step;
    // A message is answered for good: its sender must not try it again because of the errors beside it.
    this.#isClosed = true;
    if (turn.isMessage && step.client !== undefined) return { ...step, next: "command" };
    const { log, delay } = step;
    return {
      ...noPatience(conversation),
      ...(log === undefined ? {} : { log }),
      // What a login costs it costs to the end.
      ...(delay === undefined ? {} : { delay }),
    };
  }
}

/** What the log is told of a refusal; undefined is what nobody knows. */
interface Refusal {
  readonly by: "us" | "server";
  readonly told: Told | undefined;
  readonly reply: string | undefined;
  readonly line: string;
}

function outcomeOf(
  { refused, log }: Step<string>,
  reply: string,
  conversation: Conversation<string>,
): Outcome {
  if (refused !== undefined || log?.event === "login-failed") return "refused";
  return conversation.outcome?.(reply) ?? "done";
}
