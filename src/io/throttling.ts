// Whoever counts the guesses of all sessions, for one of them: he may be another process, and answers later. Knows what is
// asked; not who counts, nor how.

import type { Decision, Penalty } from "../policy/throttle.ts";
import type { Guess } from "../protocols/protocol.ts";
import type { Judgement, Throttle } from "../session/output.ts";

export interface Throttling {
  /** Kept soon, whatever happens. */
  ask(guess: Guess): Promise<Judgement>;
  /** How the login ended that was asked about last. */
  settle(decision: Decision): void;
  /** The client has left in this way. */
  blame(penalty: Exclude<Penalty, "guess">): void;
}

/** @param judged told what is said of a login */
export function throttleOf(
  throttling: Throttling | null,
  judged: (judgement: Judgement) => void,
): Throttle | null {
  if (throttling === null) return null;
  return {
    ask: (guess) => void throttling.ask(guess).then(judged),
    settle: (decision) => throttling.settle(decision),
    blame: (penalty) => throttling.blame(penalty),
  };
}
