// The end of a server's answer (RFC 5804 section 1.2): OK, NO or BYE, perhaps a code and a text; and how it may reach a
// client. Knows nothing of what it answers.

import { toClient, type Word } from "./strings.ts";
import { readable } from "./text.ts";

const STATUSES = ["OK", "NO", "BYE"] as const;

export interface Status {
  readonly word: (typeof STATUSES)[number];
  /** In upper case. */
  readonly code: string | null;
  /** The string behind the code: of TAG and SASL. */
  readonly data: string | null;
  readonly text: string | null;
}

/**
 * Codes that tell a client what it may do about it (RFC 5804 section 1.3). REFERRAL would send it past us,
 * TRANSITION-NEEDED tells who has an account; of the others nobody has thought.
 */
const KEPT: ReadonlySet<string> = new Set([
  "QUOTA",
  "QUOTA/MAXSCRIPTS",
  "QUOTA/MAXSIZE",
  "TRYLATER",
  "ACTIVE",
  "NONEXISTENT",
  "ALREADYEXISTS",
  "WARNINGS",
]);

/** Null for what is no status. */
export function statusIn(words: readonly Word[]): Status | null {
  const [first, ...rest] = words;
  const word = STATUSES.find((one) => first?.kind === "atom" && first.text.toUpperCase() === one);
  if (word === undefined) return null;
  const end = isParenthesis(rest[0], "(") ? endOf(rest) : -1;
  if (isParenthesis(rest[0], "(") && end < 2) return null;
  const [name, data] = end < 0 ? [] : rest.slice(1, end);
  const [text, more] = rest.slice(end + 1);
  if (more !== undefined || (text !== undefined && text.kind !== "string")) return null;
  if (name !== undefined && name.kind !== "atom") return null;
  return {
    word,
    code: name?.text.toUpperCase() ?? null,
    data: data?.kind === "string" ? data.text : null,
    text: text?.text ?? null,
  };
}

/** Where the parenthesis ends that the words begin with: codes that nobody knows may have more of them inside. */
function endOf(words: readonly Word[]): number {
  let depth = 0;
  return words.findIndex((word) => {
    if (isParenthesis(word, "(")) depth++;
    if (isParenthesis(word, ")")) depth--;
    return depth === 0;
  });
}

function isParenthesis(word: Word | undefined, which: "(" | ")"): boolean {
  return word?.kind === "parenthesis" && word.text === which;
}

/** For the client: no code that is not known, and no text that is none. */
export function writeStatus({ word, code, text }: Pick<Status, "word" | "code" | "text">): string {
  const kept = code !== null && KEPT.has(code) ? ` (${code})` : "";
  return `${word}${kept}${text === null ? "" : ` ${toClient(readable(text))}`}\r\n`;
}
