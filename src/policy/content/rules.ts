// The expressions of --block-body, tested on message text in bulk with the result that testing every line
// by itself would have. Knows RE2 and stuffed text; knows nothing of MIME.
//
// RE2 is linear but slow (0.02 microseconds an octet), so text reaches it only where it has to: where
// something occurs that every match contains (needles.ts), a line at a time; where that is no help, or occurs
// too often, a block at a time, and line by line only if the block as a whole matches. Neither step may miss
// what a line by itself would match; both may be wrong the other way.

import { RE2JS, RE2Set } from "re2js";
import type { ContentRule } from "../../record/rules.ts";
import { CR, DOT } from "../../wire/octets.ts";
import { needles } from "./needles.ts";

/** Octets for the states of one engine (the least that keeps ordinary rules on its fast path). */
const ENGINE_MEMORY = 2 << 20;
/** Lines of a block that are tested by themselves before the rest of the block is tested as a whole. */
const LINES_APART = 128;
/** In these an expression says more of line ends than `^` and `$` do: a block does not stand for its lines. */
const ABOUT_WHOLE_TEXT = /\\[Az]|\(\?[a-zA-Z-]*m/;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class Rules {
  readonly #line: RE2Set;
  readonly #block: RE2Set | null;
  /** What occurs in every line that matches: in octets, and in text that may hold any character. */
  readonly #octetNeedles: RegExp | null;
  readonly #textNeedles: RegExp | null;
  readonly #emptyLine: ContentRule | null;

  /** @param sources RE2 expressions. @throws Error with RE2's own words for a bad one */
  constructor(sources: readonly string[]) {
    this.#line = engine(sources, RE2JS.CASE_INSENSITIVE);
    this.#block = sources.some((source) => ABOUT_WHOLE_TEXT.test(source))
      ? null
      : engine(sources, RE2JS.CASE_INSENSITIVE | RE2JS.MULTILINE);
    this.#octetNeedles = needles(sources, "octets");
    this.#textNeedles = needles(sources, "text");
    this.#emptyLine = firstOf(this.#line.match(""));
  }

  /**
   * The rule that matches the earliest line; of several, the first given. A line is tested as its octets are
   * in ISO 8859-1, and where they are not ASCII also as UTF-8, with U+FFFD for what is none.
   * @param octets stuffed message text, the last line with or without its end
   * @param latin1 the same
   */
  find(octets: Uint8Array, latin1: string): ContentRule | null {
    const found = this.#search(latin1, this.#octetNeedles);
    if (found !== null) return found;
    return Buffer.byteLength(latin1) === latin1.length
      ? null
      : this.#search(decoder.decode(octets), this.#textNeedles);
  }

  #search(text: string, needles: RegExp | null): ContentRule | null {
    if (needles === null) return this.#inBulk(text, 0);
    let from = 0;
    for (let apart = 0; apart < LINES_APART; apart++) {
      needles.lastIndex = from;
      const hit = needles.exec(text);
      if (hit === null) return null;
      const end = lineEnd(text, hit.index);
      const found = this.#match(line(text, text.lastIndexOf("\n", hit.index) + 1, end));
      if (found !== null) return found;
      from = end + 1;
    }
    return this.#inBulk(text, from);
  }

  #inBulk(text: string, from: number): ContentRule | null {
    if (this.#block !== null && this.#block.match(lines(text, from)).length === 0) return null;
    let at = from;
    while (at < text.length) {
      const end = lineEnd(text, at);
      const found = this.#match(line(text, at, end));
      if (found !== null) return found;
      at = end + 1;
    }
    return null;
  }

  #match(line: string): ContentRule | null {
    return line === "" ? this.#emptyLine : firstOf(this.#line.match(line));
  }
}

/** An expression has no name but its place among them: it may tell what nobody should read in a log. */
function firstOf(found: readonly number[]): ContentRule | null {
  const [first] = found;
  return first === undefined ? null : `block-body#${first + 1}`;
}

function engine(sources: readonly string[], flags: number): RE2Set {
  const set = new RE2Set(RE2Set.UNANCHORED, flags, ENGINE_MEMORY);
  for (const source of sources) add(set, source);
  set.compile();
  return set;
}

function add(set: RE2Set, source: string): void {
  try {
    set.add(source);
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message}`);
  }
}

/** The end of the line that `at` is in: its LF, or the end of the text. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** A line as it was before it was stuffed, without its end. */
function line(text: string, from: number, to: number): string {
  const start = text.charCodeAt(from) === DOT ? from + 1 : from;
  return text.slice(start, text.charCodeAt(to - 1) === CR && start < to ? to - 1 : to);
}

/** All lines from `from` on in that manner, with LF between. */
function lines(text: string, from: number): string {
  const end = text.endsWith("\n") ? text.length - 1 : text.length;
  return line(text, from, end).replaceAll("\r\n", "\n").replaceAll("\n.", "\n");
}
