// Values in the lines of a dialect (pure): whoever reads them looks for brackets and commas, and a client must not be able
// to say one. Knows characters.

import { charactersOf } from "../characters.ts";

/** Characters of a value. */
const MOST = 200;

/** What a client or a server chose, of one word. */
export function word(octets: string): string {
  return charactersOf(octets)
    .slice(0, MOST)
    .replace(/[^!-~]|[<>[\](){},;:"'\\]/gu, "?");
}

/** The same of more than one. */
export function words(octets: string): string {
  return charactersOf(octets)
    .slice(0, MOST)
    .replace(/[^ -~]/gu, "?");
}
