// The expressions of --block-body, tested on message text in bulk with the result that testing every line
// by itself would have. Knows RE2 and stuffed text; knows nothing of MIME.
//
// RE2 is linear but slow (0.02 microseconds an octet), so text reaches it only where it has to: where
// something occurs that every match contains (needles.ts), a line at a time; where that is no help, or occurs
// too often, a block at a time, and line by line only if the block as a whole matches. Neither step may miss
// what a line by itself would match; both may be wrong the other way. What may take long all the same, as its
// time is that of the text times the size of the expressions, is watched (watched.ts): other sessions wait.

import { RE2JS, RE2Set } from "re2js";
import type { ContentRule } from "../../record/rules.ts";
import { CR, DOT, LF } from "../../wire/octets.ts";
import type { Clock } from "./cost.ts";
import { needles } from "./needles.ts";
import { type MayGoOn, Stopped, WatchedText } from "./watched.ts";

/** Octets for the states of one engine (the least that keeps ordinary rules on its fast path). */
export const ENGINE_MEMORY = 2 << 20;
/** Octets that are tested between two looks at what it has cost, at most and at least; and of the line after them. */
const SLICE = { most: 4096, least: 512, line: 1000 };
/** Lines of a block that are tested by themselves before the rest of the block is tested as a whole. */
const LINES_APART = 128;
/** Octets, times instructions of the expressions, that are tested unwatched: a tenth of a second if all are live. */
const UNWATCHED = 1 << 24;
/** The same for what is watched, between two looks; and the most octets. */
const STRIDE = { work: 1 << 20, octets: 64 };
/** Octets around the place where testing was stopped that stand for what is slow. */
const NEAR = 1024;
/** Milliseconds after which it is plain enough which rule is slow. */
const PLAIN = 100;
/** In these an expression says more of line ends than `^` and `$` do: a block does not stand for its lines. */
const ABOUT_WHOLE_TEXT = /\\[Az]|\(\?[a-zA-Z-]*m/;

/** What was being tested when it had. */
export interface TooSlow {
  readonly slowOn: string;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class Rules {
  readonly #line: RE2Set;
  readonly #block: RE2Set | null;
  /** What occurs in every line that matches: in octets, and in text that may hold any character. */
  readonly #octetNeedles: RegExp | null;
  readonly #textNeedles: RegExp | null;
  readonly #emptyLine: ContentRule | null;
  readonly #sources: readonly string[];
  /** Instructions of all of them: counted when there is text, not before a client is greeted. */
  #counted: number | null = null;

  /** @param sources RE2 expressions. @throws Error with RE2's own words for a bad one */
  constructor(sources: readonly string[]) {
    this.#sources = sources;
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
   * @param mayGoOn asked between lines, between slices of text, and within what may take long
   */
  find(octets: Uint8Array, latin1: string, mayGoOn: MayGoOn = () => true): ContentRule | TooSlow | null {
    try {
      return this.#find(octets, latin1, mayGoOn);
    } catch (error) {
      if (error instanceof Stopped) return { slowOn: error.near(NEAR) };
      throw error;
    }
  }

  /** The rule that takes longest for a text: rules are tested together, and none is slow by itself there. */
  slowest(text: string, clock: Clock): ContentRule {
    const took: number[] = [];
    let sum = 0;
    for (const source of this.#sources) {
      const rule = engine([source], RE2JS.CASE_INSENSITIVE);
      const began = clock();
      rule.match(text);
      const time = clock() - began;
      took.push(time);
      sum += time;
      if (sum > PLAIN) break;
    }
    return nameOf(took.indexOf(Math.max(...took)));
  }

  #find(octets: Uint8Array, latin1: string, mayGoOn: MayGoOn): ContentRule | TooSlow | null {
    const found = this.#search(latin1, this.#octetNeedles, mayGoOn);
    if (found !== null) return found;
    return Buffer.byteLength(latin1) === latin1.length
      ? null
      : this.#search(decoder.decode(octets), this.#textNeedles, mayGoOn);
  }

  #search(text: string, needles: RegExp | null, mayGoOn: MayGoOn): ContentRule | TooSlow | null {
    if (needles === null) return this.#inBulk(text, 0, mayGoOn);
    let from = 0;
    for (let apart = 0; apart < LINES_APART; apart++) {
      needles.lastIndex = from;
      const hit = needles.exec(text);
      if (hit === null) return null;
      const end = lineEnd(text, hit.index);
      const whole = line(text, text.lastIndexOf("\n", hit.index) + 1, end);
      const found = this.#match(whole, mayGoOn);
      if (found !== null) return found;
      if (!mayGoOn()) return { slowOn: whole };
      from = end + 1;
    }
    return this.#inBulk(text, from, mayGoOn);
  }

  #inBulk(text: string, from: number, mayGoOn: MayGoOn): ContentRule | TooSlow | null {
    let at = from;
    while (at < text.length) {
      const end = lineEnd(text, Math.min(at + this.#slice(), text.length - 1)) + 1;
      const slice = lines(text, at, end);
      const found = this.#inSlice(slice, mayGoOn);
      if (found !== null) return found;
      if (!mayGoOn()) return { slowOn: slice };
      at = end;
    }
    return null;
  }

  /** @param text whole lines as they were, with LF between */
  #inSlice(text: string, mayGoOn: MayGoOn): ContentRule | null {
    if (this.#block !== null && this.#block.match(this.#given(text, mayGoOn)).length === 0) return null;
    for (const line of text.split("\n")) {
      const found = this.#match(line, mayGoOn);
      if (found !== null) return found;
    }
    return null;
  }

  #match(line: string, mayGoOn: MayGoOn): ContentRule | null {
    return line === "" ? this.#emptyLine : firstOf(this.#line.match(this.#given(line, mayGoOn)));
  }

  #size(): number {
    this.#counted ??= this.#sources.reduce((size, source) => size + RE2JS.compile(source).programSize(), 0);
    return this.#counted;
  }

  /** Octets of a slice: where rules are many it is shorter, as a string is read faster than what is watched. */
  #slice(): number {
    const unwatched = Math.floor(UNWATCHED / this.#size()) - SLICE.line;
    return Math.max(SLICE.least, Math.min(SLICE.most, unwatched));
  }

  /** The text as an engine is given it. */
  #given(text: string, mayGoOn: MayGoOn): string {
    if (text.length * this.#size() <= UNWATCHED) return text;
    const stride = Math.max(1, Math.min(STRIDE.octets, Math.floor(STRIDE.work / this.#size())));
    // An engine takes any kind of string; its types do not say so.
    return new WatchedText(text, stride, mayGoOn) as unknown as string;
  }
}

/** An expression has no name but its place among them: it may tell what nobody should read in a log. */
function firstOf(found: readonly number[]): ContentRule | null {
  const [first] = found;
  return first === undefined ? null : nameOf(first);
}

function nameOf(index: number): ContentRule {
  return `block-body#${index + 1}`;
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

/** All lines from `from` to `to` in that manner, with LF between. */
function lines(text: string, from: number, to: number): string {
  const end = text.charCodeAt(to - 1) === LF ? to - 1 : Math.min(to, text.length);
  return line(text, from, end).replaceAll("\r\n", "\n").replaceAll("\n.", "\n");
}
