// The encoded-words of a header field (RFC 2047), decoded in every way that mail readers have: octets of whatever charset
// they name as they are, and that charset decoded; words within words. Knows nothing of fields or rules. One UTF-16
// unit is one octet, before and after; of a decoded charset it is UTF-8.

import { Base64 } from "./base64.ts";
import { charsetNamed, decodedBy } from "./charsets.ts";
import { hexadecimal } from "./quoted-printable.ts";

/** "=?", a charset and perhaps a language (RFC 2231 section 5), "?", the encoding, "?". */
const START = /=\?([^?]*)\?[ \t]*([bq])[^?]*\?/giy;
/** How often what a word holds is taken for encoded-words again. */
const MAX_NESTING = 3;
/** Texts that one field may be made into. */
const MAX_TEXTS = 24;

/** What between two encoded-words is no text (section 6.2): to Python's email that is a blank of any kind. */
const BETWEEN = /^[\t-\r\x1c- ]*$/;

interface Word {
  readonly start: number;
  readonly end: number;
  readonly charset: string;
  readonly isBase64: boolean;
  readonly text: string;
}

/** How a reader takes what the standard leaves open. */
interface Habit {
  /** Padding ends a group of base64 wherever it is. */
  readonly padding: boolean;
  /** Charsets are decoded: of each word by itself, or of those that follow each other as one text; or are left. */
  readonly charsets: "left" | "each" | "together";
  /** Which reading of a charset that says nothing of the order of its octets. */
  readonly order: 0 | 1;
}

/**
 * @returns each text that some reader makes of it, none where there is no encoded-word; null where there are more than
 *   anybody could mean
 */
export function decodeWords(text: string): readonly string[] | null {
  const found = new Set<string>();
  let level: readonly string[] = [text];
  for (let nesting = 0; nesting < MAX_NESTING && level.length > 0; nesting++) {
    const next = level.flatMap(decodings).filter((decoded) => !found.has(decoded));
    for (const decoded of next) found.add(decoded);
    if (found.size > MAX_TEXTS) return null;
    level = [...new Set(next)];
  }
  return [...found];
}

function decodings(text: string): string[] {
  const strict = wordsOf(text, false);
  const loose = /\?[ \t]*[bq][^?]*\?[^?]*\?(?!=)/i.test(text) ? wordsOf(text, true) : [];
  const decoded: string[] = [];
  for (const words of [strict, loose]) {
    if (words.length === 0) continue;
    const hasStray = words.some(({ isBase64, text }) => isBase64 && /=[^=]/.test(text));
    const orders = words.reduce((most, { charset }) => Math.max(most, charsetNamed(charset).length), 0);
    for (const padding of hasStray ? [true, false] : [true]) {
      decoded.push(decode(text, words, { padding, charsets: "left", order: 0 }));
      for (const order of ([0, 1] as const).slice(0, orders))
        for (const charsets of ["each", "together"] as const)
          decoded.push(decode(text, words, { padding, charsets, order }));
    }
  }
  return [...new Set(decoded)];
}

/**
 * More is taken for an encoded-word than the standard allows, because mail readers do: any length, any place, blanks
 * within.
 * @param overQuestions a word goes on to its first "?=", over a "?" that should not be in it
 */
function wordsOf(text: string, overQuestions: boolean): readonly Word[] {
  const words: Word[] = [];
  let close = -1; // the next "?="
  let at = text.indexOf("=?");
  while (at >= 0) {
    START.lastIndex = at;
    const start = START.exec(text);
    const from = START.lastIndex;
    if (start !== null && overQuestions && close < from) close = text.indexOf("?=", from);
    // Encoded text holds no "?", so a word that is not closed there is none, and another may begin there.
    const end = start === null ? -1 : overQuestions ? close : text.indexOf("?", from);
    if (start !== null && overQuestions && end < 0) break;
    const isWord = end >= 0 && text[end + 1] === "=";
    if (isWord)
      words.push({
        start: at,
        end: end + 2,
        charset: start![1]!.replace(/\*.*$/s, "").toLowerCase(),
        isBase64: start![2]!.toLowerCase() === "b",
        text: text.slice(from, end),
      });
    at = text.indexOf("=?", isWord ? end + 2 : at + 2);
  }
  return words;
}

function decode(text: string, words: readonly Word[], habit: Habit): string {
  let decoded = "";
  let done = 0; // the end of the last encoded-word
  let run = ""; // of one charset, not decoded yet
  for (const [index, word] of words.entries()) {
    const between = text.slice(done, word.start);
    const before = words[index - 1];
    const isTogether =
      habit.charsets === "together" && before?.charset === word.charset && BETWEEN.test(between);
    if (!isTogether && before !== undefined) {
      decoded += inCharset(run, before.charset, habit);
      run = "";
    }
    if (done === 0 || !BETWEEN.test(between)) decoded += between;
    run += word.isBase64 ? decodeB(word.text, habit.padding) : decodeQ(word.text);
    done = word.end;
  }
  return decoded + inCharset(run, words.at(-1)!.charset, habit) + text.slice(done);
}

function inCharset(octets: string, charset: string, { charsets, order }: Habit): string {
  const makers = charsets === "left" ? [] : charsetNamed(charset);
  const make = makers[order] ?? makers[0];
  return make === undefined ? octets : decodedBy(make, octets);
}

function decodeB(text: string, padding: boolean): string {
  let decoded = "";
  const octet = (octet: number) => {
    decoded += String.fromCharCode(octet);
  };
  const base64 = padding ? new Base64(octet) : new Base64(octet, null);
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
