// Reverse-paths and forward-paths (RFC 5321 sections 4.1.1.2, 4.1.1.3 and 4.1.2): a tokenizer, which knows
// where a path ends because it has read every octet of it. Knows grammar and limits; not who may relay.

import { isBeyondAscii, textOf } from "../../wire/utf8.ts";
import { addressOf, type Mailbox, mailboxOf } from "./mailbox.ts";

/** The null reverse-path `<>` is `mailbox: null`. */
export type PathResult =
  | { readonly mailbox: Mailbox | null; readonly next: number }
  | { readonly fault: "no-bracket" | "route" | "not-ascii" | "syntax" };

/** RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3 (octets; the path with its brackets). */
const MAX_LOCAL_PART = 64;
const MAX_PATH = 256;

const ATEXT = /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]/;

const ATEXT_UTF8 = new RegExp(`${ATEXT.source}|[\\x80-\\xff]`);

/**
 * Reads the path that begins at `at`; `next` is what follows its ">".
 * @param isInternational it may have UTF-8 in it (RFC 6531 section 3.3)
 */
export function parsePath(text: string, at: number, isInternational = false): PathResult {
  if (text[at] !== "<") return { fault: "no-bracket" };
  if (text[at + 1] === ">") return { mailbox: null, next: at + 2 };
  if (text[at + 1] === "@") return { fault: "route" };
  if (isInternational ? !isText(text.slice(at)) : isBeyondAscii(text.slice(at)))
    return { fault: "not-ascii" };

  // Whole characters, as all of it is UTF-8.
  const local = text[at + 1] === '"' ? quotedString(text, at + 1) : dotString(text, at + 1);
  const localPart = text.slice(at + 1, local);
  // A domain ends at its ">", a literal with its "]" before it; what is between is judged by grammar.
  const end = text[local] === "@" ? text.indexOf(">", local + 1) : local;
  const domain = end > local ? text.slice(local + 1, end) : null;
  const next = end + 1;

  if (localPart === "" || localPart.length > MAX_LOCAL_PART) return { fault: "syntax" };
  if (text[end] !== ">" || next - at > MAX_PATH) return { fault: "syntax" };
  const mailbox = mailboxOf(localPart, domain);
  // By its name in the DNS a domain may be longer.
  if (mailbox === null || writePath(mailbox).length > MAX_PATH) return { fault: "syntax" };
  return { mailbox, next };
}

/** As it goes to the server. */
export function writePath(mailbox: Mailbox | null): string {
  return `<${addressOf(mailbox)}>`;
}

/** UTF-8, and no control function of it (C1). */
function isText(octets: string): boolean {
  return !/[\x80-\x9f\ufffd]/.test(textOf(octets));
}

/** Atoms joined by single dots. @returns what follows; `at` itself when there is none */
function dotString(text: string, at: number): number {
  let index = at;
  for (;;) {
    const start = index;
    while (index < text.length && ATEXT_UTF8.test(text[index]!)) index++;
    if (index === start) return at;
    if (text[index] !== ".") return index;
    index++;
  }
}

/** RFC 5321 section 4.1.2: printable octets and what is beyond ASCII, `"` and `\` only behind a `\`. */
function quotedString(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index++) {
    const octet = text[index]!;
    if (octet === '"') return index + 1;
    if (octet === "\\") index++;
    if (text[index]! < " " || text[index]! === "\x7f") return at;
  }
  return at;
}
