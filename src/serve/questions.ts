// What a worker and the process that asks blackhole lists for it say to each other (pure): lines of a word, a number
// and a text. Each may be in somebody's hands, so that what does not fit the form is nothing. Knows no socket.

import type { Entry } from "../record/entry.ts";
import { readEntry, writeEntry } from "./words.ts";

/** Of a worker: whether an address is in the lists of an option. Numbers are its own. */
export interface Question {
  readonly number: number;
  readonly option: string;
  readonly address: string;
}

/** To a worker. */
export type Answer =
  | { readonly word: "ready" }
  /** For the log of the session that asked; may come behind the answer. */
  | { readonly word: "log"; readonly number: number; readonly entry: Entry }
  /** The zone of a list that the address is in, or null. */
  | { readonly word: "answer"; readonly number: number; readonly zone: string | null };

/** Octets of a question: an option's name and an address are less. */
export const MOST_QUESTION = 1_024;

export function writeQuestion({ number, option, address }: Question): string {
  return `ask ${number} ${option} ${address}\n`;
}

/** @returns null for what is none */
export function readQuestion(line: string): Question | null {
  const parts = /^ask ([0-9]{1,15}) ([a-z-]+) ([0-9A-Fa-f.:]+)$/.exec(line);
  return parts === null ? null : { number: Number(parts[1]), option: parts[2]!, address: parts[3]! };
}

export function writeAnswer(answer: Answer): string {
  if (answer.word === "ready") return "ready\n";
  const { number } = answer;
  return answer.word === "log"
    ? `log ${number} ${writeEntry(answer.entry)}\n`
    : `answer ${number} ${answer.zone ?? ""}\n`;
}

/** @returns null for what is none */
export function readAnswer(line: string): Answer | null {
  if (line === "ready") return { word: "ready" };
  const parts = /^(log|answer) ([0-9]{1,15}) (.*)$/s.exec(line);
  if (parts === null) return null;
  const number = Number(parts[2]);
  const text = parts[3]!;
  if (parts[1] === "answer") return { word: "answer", number, zone: text === "" ? null : text };
  try {
    const entry = readEntry(text);
    return entry === null ? null : { word: "log", number, entry };
  } catch {
    return null;
  }
}
