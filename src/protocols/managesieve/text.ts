// Text of ManageSieve for people (RFC 5804 section 1.6: UTF-8), and names of scripts, which are text, too. Knows the
// encoding and what of it is no text; no command.

import { isBeyondAscii, textOf } from "../../wire/utf8.ts";

/** Octets of a script's name. */
const MOST_NAME = 512;

/** What a name has none of (RFC 5804 section 1.6): controls, and separators of lines and paragraphs. */
const NO_NAME = /[\0-\x1f\x7f-\x9f\u2028\u2029\ufffd]/;

export function isName(octets: string): boolean {
  return octets !== "" && octets.length <= MOST_NAME && !NO_NAME.test(textOf(octets));
}

/** What a server says to people, on its way to a terminal: no control but those of lines, and nothing that is no UTF-8. */
export function readable(octets: string): string {
  const isText = !isBeyondAscii(octets) || !textOf(octets).includes("\ufffd");
  const text = isText ? octets.replace(/\xc2[\x80-\x9f]/g, "?") : octets.replace(/[\x80-\xff]/g, "?");
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, "?");
}
