// Values in the lines of a dialect (pure): whoever reads them looks for brackets, commas and colons, and neither a client
// nor a server must be able to say one. Knows characters.

import { charactersOf } from "../characters.ts";

/** Characters of a value. */
const MOST = 200;

/** What a client or a server chose, of one word. */
export function word(octets: string): string {
  return charactersOf(octets)
    .slice(0, MOST)
    .replace(/[^!-~]|[<>[\](){},;:"'\\]/gu, "?");
}

/** Of more than one: a sentence of which readers take all for one reason, so nothing in it may seem to end it. */
export function sentence(octets: string): string {
  return charactersOf(octets)
    .slice(0, MOST)
    .replace(/ *[,;:]+(?: |$)/g, " - ")
    .replace(/[<>[\](){}"\\]/g, "")
    .replace(/[^ -~]|[,;:]/gu, "?")
    .replace(/^[ -]+|[ -]+$/g, "");
}
