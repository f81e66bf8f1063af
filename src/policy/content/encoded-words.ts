// The encoded-words of a header field (RFC 2047), decoded to octets of whatever charset they name. Knows
// nothing of charsets, fields or rules. One UTF-16 unit is one octet, before and after.

import { Base64 } from "./base64.ts";
import { hexadecimal } from "./quoted-printable.ts";

/** "=?", a charset and perhaps a language (RFC 2231 section 5), "?", the encoding, "?". */
const START = /=\?[^?\s]*\?([bq])\?/giy;

/**
 * Blanks between two encoded-words are no text (section 6.2). More is taken for an encoded-word than the
 * standard allows, because mail readers do: any length, any place, blanks within.
 * @returns null when there is none
 */
export function decodeWords(text: string): string | null {
  let decoded = "";
  let done = 0; // the end of the last encoded-word
  let at = text.indexOf("=?");
  while (at >= 0) {
    const word = wordAt(text, at);
    if (word !== null) {
      const between = text.slice(done, at);
      if (done === 0 || !/^[ \t]*$/.test(between)) decoded += between;
      decoded += word.decoded;
      done = word.end;
    }
    at = text.indexOf("=?", word?.end ?? at + 2);
  }
  return done === 0 ? null : decoded + text.slice(done);
}

function wordAt(text: string, at: number): { decoded: string; end: number } | null {
  START.lastIndex = at;
  const start = START.exec(text);
  if (start === null) return null;
  const from = START.lastIndex;
  // Encoded text holds no "?", so a word that is not closed there is none, and another may begin there.
  const end = text.indexOf("?", from);
  if (end < 0 || text[end + 1] !== "=") return null;
  const inner = text.slice(from, end);
  return { decoded: start[1]!.toLowerCase() === "b" ? decodeB(inner) : decodeQ(inner), end: end + 2 };
}

function decodeB(text: string): string {
  let decoded = "";
  const base64 = new Base64((octet) => {
    decoded += String.fromCharCode(octet);
  });
  for (let at = 0; at < text.length; at++) base64.decode(text.charCodeAt(at));
  return decoded;
}

function decodeQ(text: string): string {
  return text
    .replaceAll("_", " ")
    .replace(/=([0-9a-f])([0-9a-f])/gi, (_, high: string, low: string) =>
      String.fromCharCode((hexadecimal(high.charCodeAt(0)) << 4) | hexadecimal(low.charCodeAt(0))),
    );
}
