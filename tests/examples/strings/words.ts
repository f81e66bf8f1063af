// Words of a line, and a string as a word of one (RFC 9051 section 4). Knows no command.

/** @returns the words, quoted strings and parentheses of it, or null */
export function wordsOf(text: string): string[] | null {
  const words = [
    ...text.matchAll(/([()]|[^\0-\x20"(){}%\\\x7f-\xff]+)|"((?:[^"\\\0\n\r]|\\["\\])*)"|( )|./gs),
  ];
  if (words.some(([, word, inside, gap]) => (word ?? inside ?? gap) === undefined)) return null;
  const meant = words.filter(([, , , gap]) => gap === undefined);
  return meant.map(([, word, inside]) => word ?? inside!.replace(/\\(.)/g, "$1"));
}

/** As a string on a line; null where its octets cannot be. */
export function quoted(octets: string): string | null {
  return /^[ -~\x80-\xff]*$/.test(octets) ? `"${octets.replace(/["\\]/g, "\\$&")}"` : null;
}
