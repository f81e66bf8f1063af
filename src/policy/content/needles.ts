// What must occur in a line for an expression to match it: short sequences of characters, for a search that
// is much faster than RE2 and just as linear. Knows as much of RE2's syntax as it needs, ASCII only: what it
// does not know counts for nothing, so that it may find too little to look for, never too much. Knows
// nothing of how or where the search is made.

/** One character out of these, in either case: ASCII, no line end. */
type Letter = string;
type Sequence = readonly Letter[];

/** What is known of all that a part of an expression can match. */
interface Facts {
  /** It is one of these. */
  readonly exact: readonly Sequence[] | null;
  /** It begins with one of these, and ends with one of these. */
  readonly edges: readonly Sequence[] | null;
  /** One of these occurs in it. */
  readonly required: readonly Sequence[] | null;
}

/** Limits that keep the search cheap: sequences of one part, of all expressions, and letters of one. */
const MAX_SEQUENCES = 16;
const MAX_NEEDLES = 64;
const MAX_LENGTH = 16;
/** What is worth less than this many rare characters occurs everywhere. */
const MIN_WORTH = 2;

const EMPTY: readonly Sequence[] = [[]];
const NOTHING: Facts = exactly(EMPTY);
const ANYTHING: Facts = { exact: null, edges: null, required: null };

const DIGITS = "0123456789";
const CLASSES: Readonly<Record<string, Letter>> = {
  d: DIGITS,
  s: "\t\f ",
  w: `${DIGITS}_abcdefghijklmnopqrstuvwxyz`,
};
const CONTROLS: Readonly<Record<string, Letter>> = { a: "\x07", f: "\f", t: "\t", v: "\v" };

/**
 * An expression of the runtime's own that finds what one of the sources requires. It holds no repetition and
 * no choice within a choice, so its time is linear as well. Case folds as in RE2: among octets in ASCII
 * only, in text also to the two characters beyond it that fold to "k" and "s".
 * @param sources valid RE2 expressions, case-insensitive, for single lines
 * @returns null when some source requires nothing that is worth a search
 */
export function needles(sources: readonly string[], among: "octets" | "text"): RegExp | null {
  const sequences: Sequence[] = [];
  for (const source of sources) {
    const required = requiredBy(source);
    if (required === null || worth(required) < MIN_WORTH) return null;
    sequences.push(...required);
  }
  if (sequences.length > MAX_NEEDLES) return null;
  const alternatives = sequences.map((sequence) => sequence.map(characterClass).join(""));
  return new RegExp(alternatives.join("|"), among === "octets" ? "gi" : "giu");
}

function requiredBy(source: string): readonly Sequence[] | null {
  try {
    const { exact, required } = new Reader(source).alternatives();
    return exact ?? required;
  } catch (error) {
    if (error instanceof UnknownSyntax) return null;
    throw error;
  }
}

class UnknownSyntax extends Error {}

/** Reads an expression that RE2 has accepted. */
class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  alternatives(): Facts {
    let facts = this.#sequence();
    while (this.#take("|")) facts = either(facts, this.#sequence());
    return facts;
  }

  #sequence(): Facts {
    let run: readonly Sequence[] = EMPTY; // what the last parts match, together
    let required: readonly Sequence[] | null = null;
    let whole = true; // the run is all
    while (this.#at < this.#source.length && !this.#sees("|") && !this.#sees(")")) {
      const facts = this.#repeated(this.#part());
      const joined = facts.exact && product(run, facts.exact);
      if (joined !== null) {
        run = joined;
        continue;
      }
      whole = false;
      required = better(required, facts.required);
      required = better(required, (facts.edges && product(run, facts.edges)) ?? run);
      run = facts.edges ?? facts.exact ?? EMPTY;
    }
    return whole ? exactly(run) : { exact: null, edges: null, required: better(required, run) };
  }

  #repeated(part: Facts): Facts {
    let facts = part;
    for (;;) {
      const [quantifier, least] = this.#match(/[*+?]|\{(\d+)(?:,\d*)?\}/y) ?? [];
      if (quantifier === undefined) return facts;
      this.#take("?"); // as few as possible: all the same here
      if (quantifier === "*" || Number(least) === 0) facts = ANYTHING;
      else if (quantifier === "?") facts = either(facts, NOTHING);
      else facts = { exact: null, edges: facts.exact, required: better(facts.required, facts.exact) };
    }
  }

  #part(): Facts {
    if (this.#match(/\(\?[imsU-]+\)/y) !== null) {
      // RE2 has a quantifier after this repeat what is before it.
      if (/[*+?{]/.test(this.#source[this.#at] ?? "")) throw new UnknownSyntax();
      return NOTHING;
    }
    if (this.#match(/[$^]/y) !== null) return NOTHING;
    if (this.#match(/\((?:\?(?:P?<[^>]*>|[imsU-]*:))?/y) !== null) {
      if (this.#sees("?")) throw new UnknownSyntax();
      const facts = this.alternatives();
      this.#take(")");
      return facts;
    }
    if (this.#take("[")) return oneOf(this.#class());
    if (this.#take(".")) return ANYTHING;
    if (this.#match(/\\[bBAz]/y) !== null) return NOTHING;
    return oneOf(this.#character());
  }

  /** @returns null for what is not, or not only, ASCII */
  #character(): Letter | null {
    const [escaped, letter] = this.#match(/\\(.)/sy) ?? [];
    if (escaped === undefined) return literal(this.#source[this.#at++]!);
    if (/[DSW]/.test(letter!)) return null;
    const known = CLASSES[letter!] ?? CONTROLS[letter!];
    if (known !== undefined) return known;
    if (/[A-Za-z0-9]/.test(letter!)) throw new UnknownSyntax();
    return literal(letter!);
  }

  /** What a class holds, after its "[". */
  #class(): Letter | null {
    const negated = this.#take("^");
    let letters = "";
    let ascii = true;
    do {
      if (this.#source.startsWith("[:", this.#at)) throw new UnknownSyntax();
      const low = this.#character();
      const range = low?.length === 1 && this.#match(/-(?!\])/y) !== null;
      const high = range ? this.#character() : low;
      if (low === null || high === null) ascii = false;
      else letters += range ? between(low, high) : low;
    } while (!this.#take("]"));
    return negated || !ascii ? null : letters;
  }

  #sees(character: string): boolean {
    return this.#source[this.#at] === character;
  }

  #take(character: string): boolean {
    const taken = this.#sees(character);
    if (taken) this.#at++;
    return taken;
  }

  #match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#source);
    if (match !== null) this.#at = sticky.lastIndex;
    return match;
  }
}

function literal(character: string): Letter | null {
  if (/[\r\n]/.test(character)) throw new UnknownSyntax();
  return character < "\x80" ? character : null;
}

function oneOf(letter: Letter | null): Facts {
  return letter === null ? ANYTHING : exactly([[[...new Set(letter.toLowerCase())].join("")]]);
}

function exactly(sequences: readonly Sequence[]): Facts {
  return { exact: sequences, edges: null, required: null };
}

function either(one: Facts, other: Facts): Facts {
  if (one.exact !== null && other.exact !== null) {
    const exact = [...one.exact, ...other.exact];
    return exact.length > MAX_SEQUENCES ? { exact: null, edges: null, required: exact } : exactly(exact);
  }
  const ones = one.exact ?? one.required;
  const others = other.exact ?? other.required;
  return { exact: null, edges: null, required: ones && others && [...ones, ...others] };
}

/** Each of the first followed by each of the second; null when that is too much. */
function product(first: readonly Sequence[], second: readonly Sequence[]): readonly Sequence[] | null {
  if (first.length * second.length > MAX_SEQUENCES) return null;
  const joined = first.flatMap((start) => second.map((end) => [...start, ...end]));
  return joined.some(({ length }) => length > MAX_LENGTH) ? null : joined;
}

function better(one: readonly Sequence[] | null, other: readonly Sequence[] | null) {
  if (one === null || other === null) return one ?? other;
  return worth(other) > worth(one) ? other : one;
}

/** How seldom the most frequent of them occurs, as a number of rare characters. */
function worth(sequences: readonly Sequence[]): number {
  return Math.min(...sequences.map((sequence) => sequence.reduce((sum, letter) => sum + rarity(letter), 0)));
}

function rarity(letter: Letter): number {
  return Math.max(0, 1 - Math.log2(letter.length) / 6);
}

function between(low: Letter, high: Letter): Letter {
  const first = low.charCodeAt(0);
  const codes = Array.from({ length: high.charCodeAt(0) - first + 1 }, (_, index) => first + index);
  return String.fromCharCode(...codes).replace(/[\r\n]/g, "");
}

function characterClass(letters: Letter): string {
  return `[${[...letters].map((letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`).join("")}]`;
}
