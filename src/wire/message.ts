// A message on its way to the server (RFC 5321 section 4.1.1.4): finds its true end, passes views of the
// chunk, and holds the terminator back, which is the commit. Knows octets, line ends, dots and limits;
// knows nothing of commands, replies or who refuses what with which words.
//
// The one end of a message is CRLF "." CRLF (or "." CRLF as its first line). Everything else that some
// server once took for it (bare LF, bare CR, NUL in between: SMTP smuggling, 2023) is a fault, or has been
// made text before it comes here (newlines.ts). Neither bare CR, bare LF nor NUL is ever forwarded, so no
// server's reading of the stream can differ from ours.

import type { Rule } from "../record/rules.ts";
import type { Body, Forward } from "./body.ts";
import { NewlineNormalizer } from "./newlines.ts";
import { CR, DOT, LF, LowFinder, lineDotSeeker, NUL } from "./octets.ts";

export interface MessageLimits {
  /** Octets with line ends, without stuffing dots and terminator (RFC 1870 section 5); 0 for no limit. */
  readonly size: number;
  /** Octets of a text line with its CRLF, stuffing dot not counted (RFC 5321 section 4.5.3.1.6); 0 for none. */
  readonly line: number;
  /**
   * Octets, as they come and to the end, that a message may have before it is hopeless; 0 for no limit. Far
   * above `size`: it is for what is swallowed of a refused message.
   */
  readonly discard: number;
  readonly bareNewline: "reject" | "normalize";
}

/** Looks at a message as it passes: views of stuffed text, then its end. */
export interface Inspector {
  /** @returns the name of the rule that refuses the message, or null */
  octets(view: Uint8Array): Rule | null;
  end(): Rule | null;
  /** A rule took too long: which, and after how much of the message. */
  readonly excess?: Excess | null;
}

export interface Excess {
  readonly rule: Rule;
  readonly octets: number;
  readonly seconds: number;
}

export const FAULTS = {
  bareNewline: "bare-newline",
  nul: "nul",
  size: "message-size",
  line: "text-line",
  cost: "rule-cost",
} as const satisfies Readonly<Record<string, Rule>>;

const CRLF = new Uint8Array([CR, LF]);
const ONE_DOT = new Uint8Array([DOT]);

/** Octets of a text line with CRLF, stuffing dot not counted (RFC 5321 section 4.5.3.1.6). */
export const TEXT_LINE = 1000;

/** The terminator, which the session sends when it commits. */
export const TERMINATOR = ".\r\n";

/** What has been read and not yet forwarded between two octets. A start is where a dot is special. */
type State =
  | "text" // inside a line, nothing held
  | "start" // after CRLF, nothing held
  | "cr" // CR held
  | "dot" // "." held
  | "dot-cr"; // "." CR held

export class MessageBody implements Body {
  readonly #limits: MessageLimits;
  readonly #inspector: Inspector | null;
  readonly #normalizer: NewlineNormalizer | null;
  #state: State = "start";
  /** A stuffing dot is owed to what comes behind it: alone it could be taken for half of an end. */
  #owesDot = false;
  #fault: Rule | null = null;
  #ended = false;
  #hopeless = false;
  /** Octets of message text so far, as RFC 1870 counts. */
  #size = 0;
  /** Octets of the current line so far, stuffing dot not counted. */
  #column = 0;
  /** Octets read, as they came. */
  #read = 0;
  #forward!: Forward;

  constructor(limits: MessageLimits, inspector: Inspector | null = null) {
    this.#limits = limits;
    this.#inspector = inspector;
    this.#normalizer = limits.bareNewline === "normalize" ? new NewlineNormalizer() : null;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get fault(): Rule | null {
    return this.#fault;
  }

  get excess(): Excess | null {
    return this.#inspector?.excess ?? null;
  }

  /** Octets of the message so far, without stuffing and terminator. */
  get size(): number {
    return this.#size;
  }

  /** More came of a refused message than any honest client would send: its end is not waited for. */
  get hopeless(): boolean {
    return this.#hopeless;
  }

  /** Forwards nothing from here on; the end is still looked for. */
  refuse(fault: Rule): void {
    this.#fault ??= fault;
  }

  scan(chunk: Uint8Array, at: number, forward: Forward): number {
    this.#forward = forward;
    // Exactly as many as the limit allows, so that it counts octets and not how they were cut.
    const most = this.#limits.discard || Number.POSITIVE_INFINITY;
    const left = most - this.#read;
    const next = this.#convert(left < chunk.length - at ? chunk.subarray(0, at + left) : chunk, at);
    this.#read += next - at;
    if (!this.#ended && this.#read === most) {
      this.refuse(FAULTS.size);
      this.#hopeless = true;
      this.#ended = true;
    }
    return next;
  }

  #convert(chunk: Uint8Array, at: number): number {
    if (this.#normalizer === null) return this.#scan(chunk, at);
    const { octets, next } = this.#normalizer.convert(chunk, at);
    this.#scan(octets, 0);
    return next;
  }

  #scan(chunk: Uint8Array, at: number): number {
    const finder = new LowFinder(chunk);
    let from = at; // the first octet that is neither forwarded nor held
    let index = at;
    while (index < chunk.length && !this.#ended) {
      const passed = this.#fault === null ? this.#regular(chunk, index, finder) : this.#skip(chunk, index);
      if (passed > index) {
        index = passed;
        continue;
      }
      // Something that may have to be held or dropped: what is before it passes first.
      this.#emit(chunk, from, index);
      index = this.#structure(chunk, index);
      from = index;
    }
    if (!this.#ended) this.#emit(chunk, from, index);
    if (this.#ended && this.#fault === null) this.#fault = this.#inspector?.end() ?? null;
    return index;
  }

  /** Of a message that is refused only the end matters, and that is behind a CRLF. */
  #skip(chunk: Uint8Array, index: number): number {
    return this.#state === "text" ? lineDotSeeker(chunk)(index) : index;
  }

  /**
   * Passes what needs no second thought and is wholly in the chunk: lines, text up to the next low octet,
   * CRLF. Nearly all of an honest message goes through here, as one view.
   * @returns the first octet that was not passed; `index` itself if none was
   */
  #regular(chunk: Uint8Array, index: number, finder: LowFinder): number {
    if (this.#state === "start") {
      const { next, dots } = finder.lines(index, this.#limits.line);
      if (next > index) {
        this.#countLines(next - index - dots);
        return next;
      }
      if (chunk[index] === DOT) return index;
    } else if (this.#state !== "text") return index;
    const low = finder.next(index);
    if (low > index) {
      this.#state = "text";
      this.#count(low - index);
      return low;
    }
    const octet = chunk[index]!;
    if (octet === CR && chunk[index + 1] === LF) {
      this.#endLine();
      return index + 2;
    }
    if (octet === CR || octet === LF || octet === NUL) return index;
    this.#state = "text";
    this.#count(1);
    return index + 1;
  }

  /** Takes the one octet at `index` in a state where it may be special; may look no further. */
  #structure(chunk: Uint8Array, index: number): number {
    const octet = chunk[index]!;
    switch (this.#state) {
      case "start":
        if (octet !== DOT) return this.#fresh(octet, chunk, index);
        this.#state = "dot";
        return index + 1;
      case "text":
        return this.#fresh(octet, chunk, index);
      case "cr":
        if (octet !== LF) return this.#bareNewline(index);
        this.#endLine();
        this.#text(CRLF);
        return index + 1;
      case "dot":
        if (octet === CR) {
          this.#state = "dot-cr";
          return index + 1;
        }
        this.#owesDot = true; // stuffing, which counts for no limit
        this.#state = "text";
        return index; // the octet is looked at again, as text
      case "dot-cr":
        if (octet !== LF) return this.#bareNewline(index);
        this.#ended = true;
        return index + 1;
    }
  }

  /** Nothing is held, and it is no dot that could be special. */
  #fresh(octet: number, chunk: Uint8Array, index: number): number {
    switch (octet) {
      case CR:
        this.#state = "cr";
        return index + 1;
      case LF:
        return this.#bareNewline(index + 1);
      case NUL:
        this.refuse(FAULTS.nul);
        this.#state = "text";
        return index + 1;
    }
    this.#state = "text";
    this.#count(1);
    this.#text(chunk.subarray(index, index + 1));
    return index + 1;
  }

  /** A CR that no LF follows, or an LF without CR. @param next the first octet not looked at */
  #bareNewline(next: number): number {
    this.refuse(FAULTS.bareNewline);
    this.#state = "text";
    return next;
  }

  #endLine(): void {
    this.#count(2);
    this.#column = 0;
    this.#state = "start";
  }

  /** Octets of whole lines, none of which is too long. */
  #countLines(octets: number): void {
    this.#size += octets;
    if (this.#limits.size > 0 && this.#size > this.#limits.size) this.refuse(FAULTS.size);
  }

  /**
   * Counts octets of text before they are forwarded, so that a line that is too long is refused while it
   * comes. Of two limits the one passed first is the fault, however the octets were cut.
   */
  #count(octets: number): void {
    this.#size += octets;
    this.#column += octets;
    const { size, line } = this.#limits;
    const tooBig = size > 0 ? this.#size - size : 0;
    const tooLong = line > 0 ? this.#column - line : 0;
    if (tooBig > 0 || tooLong > 0) this.refuse(tooBig > tooLong ? FAULTS.size : FAULTS.line);
  }

  /** Octets of `chunk` that are text as they stand. */
  #emit(chunk: Uint8Array, from: number, to: number): void {
    if (to > from) this.#text(chunk.subarray(from, to));
  }

  #text(view: Uint8Array): void {
    if (this.#owesDot) {
      this.#owesDot = false;
      this.#text(ONE_DOT);
    }
    if (this.#fault !== null) return;
    this.#fault = this.#inspector?.octets(view) ?? null;
    if (this.#fault === null) this.#forward(view);
  }
}
