// Octets as the characters they mean in UTF-8, and which of those may stand in a log as they are (pure). What is no
// UTF-8 stays an octet, marked as such. Knows nothing of lines and their form.

import { encode } from "../wire/latin1.ts";

/** One character of UTF-8 beyond ASCII, well-formed (RFC 3629 section 4). */
const SEQUENCE =
  "[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xed[\\x80-\\x9f][\\x80-\\xbf]|\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}";

/** Where the marks of lone octets begin: no text has these units alone. */
const MARK = 0xdc00;

/** @param octets one unit each; what is beyond is text already */
export function charactersOf(octets: string): string {
  if (!/[\x80-\xff]/.test(octets)) return octets;
  const decoder = new TextDecoder();
  return octets.replace(new RegExp(`(${SEQUENCE})|[\\x80-\\xff]`, "g"), (found, sequence?: string) =>
    sequence === undefined
      ? String.fromCharCode(MARK + found.charCodeAt(0))
      : decoder.decode(encode(sequence)),
  );
}

/** @returns the octet a mark stands for, or null for any other character */
export function octetOf(character: string): number | null {
  const unit = character.charCodeAt(0);
  return character.length === 1 && unit >= MARK + 0x80 && unit <= MARK + 0xff ? unit - MARK : null;
}

/** Without marks: a lone octet as the character of that number, for whom there are no octets. */
export function unmarked(text: string): string {
  return text.replace(/[\udc80-\udcff]/gu, (mark) => String.fromCharCode(mark.charCodeAt(0) - MARK));
}

/** Whether a terminal shows it as itself: no control, no blank but ASCII's, nothing that turns or hides text. */
export function isShown(character: string): boolean {
  return !/[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(character);
}
