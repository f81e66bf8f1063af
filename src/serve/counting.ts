// What the supervisor and the process that counts guesses in a place of many say to each other (pure): lines of a word, a
// number and few more words. Whoever got hold of that process, or of the place, could say what he likes, so that what
// does not fit the form is nothing. Knows no socket.

import type { Attempt } from "../policy/guesses.ts";
import type { Decision, Penalty, Sum, Verdict } from "../policy/throttle.ts";
import { readVerdict } from "../policy/verdict.ts";

/** To that process, once it has been told where (`configure` of words.ts). */
export type Request =
  | { readonly word: "ask"; readonly number: number; readonly attempt: Attempt }
  | {
      readonly word: "settle";
      readonly number: number;
      readonly attempt: Attempt;
      readonly charged: readonly Sum[];
      readonly decision: Decision;
    }
  | {
      readonly word: "penalize";
      readonly number: number;
      readonly network: string;
      readonly penalty: Penalty;
    }
  /** Whether the place is there. */
  | { readonly word: "look"; readonly number: number };

/** Of that process. */
export type Answer =
  | { readonly word: "verdict"; readonly number: number; readonly verdict: Verdict }
  | { readonly word: "done"; readonly number: number }
  | { readonly word: "failed"; readonly number: number; readonly text: string };

/** Octets of a line of that process. */
export const MOST_ANSWER = 1_024;
/** Of what went wrong. */
const MOST_ERROR = 200;

export function writeRequest(request: Request): string {
  const { word, number } = request;
  switch (word) {
    case "ask":
      return `ask ${number} ${writeAttempt(request.attempt)}\n`;
    case "settle":
      return `settle ${number} ${writeAttempt(request.attempt)} ${request.decision} ${request.charged.join(" ")}\n`;
    case "penalize":
      return `penalize ${number} ${request.network} ${request.penalty}\n`;
    default:
      return `${word} ${number}\n`;
  }
}

function writeAttempt({ network, wider, user, tag }: Attempt): string {
  return `${network} ${wider} ${user ?? "-"} ${tag ?? "-"}`;
}

/** @throws when the supervisor says what it never does */
export function readRequest(line: string): Request {
  const [word, first, ...words] = line.trimEnd().split(" ");
  const number = Number(first);
  const [network = "", wider = "", user, tag, decision, ...charged] = words;
  const attempt = {
    network,
    wider,
    user: user === "-" ? null : user!,
    tag: tag === "-" ? null : Number(tag),
  };
  switch (word) {
    case "ask":
      return { word, number, attempt };
    case "settle":
      return { word, number, attempt, charged: charged as Sum[], decision: decision as Decision };
    case "penalize":
      return { word, number, network, penalty: wider as Penalty };
    case "look":
      return { word, number };
    default:
      throw new Error(`the supervisor says ${JSON.stringify(word)}`);
  }
}

export function writeAnswer(answer: Answer): string {
  const { word, number } = answer;
  if (word === "failed")
    return `failed ${number} ${answer.text.slice(0, MOST_ERROR).replace(/[\r\n]/g, " ")}\n`;
  if (word === "done") return `done ${number}\n`;
  const { verdict } = answer;
  if (!verdict.isAllowed) return `later ${number} ${Math.ceil(verdict.wait)}\n`;
  return `${verdict.isRepeat ? "repeat" : "try"} ${number} ${verdict.delay} ${verdict.charged.join(" ")}\n`;
}

/** @returns null for what is none */
export function readAnswer(line: string): Answer | null {
  const parts = /^(done|failed|later|try|repeat) ([0-9]{1,15})(?: (.*))?$/s.exec(line);
  if (parts === null) return null;
  const [, word, first, rest = ""] = parts;
  const number = Number(first);
  if (word === "done") return { word, number };
  if (word === "failed") return { word, number, text: rest.slice(0, MOST_ERROR) };
  const [amount = "", ...charged] = rest.split(" ").filter((one) => one !== "");
  const verdict = readVerdict(word!, amount, charged);
  return verdict === null ? null : { word: "verdict", number, verdict };
}
