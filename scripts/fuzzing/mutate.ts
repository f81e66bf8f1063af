// Knows how one input is made from another: lines of the grammar put in, left out, moved and spliced; octets
// changed where protocols are touchy; the server's words, the split and the order changed.

import type { Judgement } from "../../src/session/output.ts";
import { type Interruption, JUDGEMENTS } from "../../tests/simulation.ts";
import { type Input, input, marked } from "./input.ts";
import type { Random } from "./random.ts";
import { type Seeds, unitsOf } from "./seeds.ts";

const WHOLE = 1_000_000;
const MOST_UNITS = 60;
const MOST_WORDS = 6;

/** What protocols have tripped over, each as octets to put in. */
const TOUCHY = [
  "\r\n",
  "\r",
  "\n",
  "\0",
  ".",
  "\r\n.\r\n",
  "\n.\n",
  "\r.\r",
  " ",
  "\t",
  '"',
  "\\",
  "<",
  ">",
  "@",
  "[",
  ":",
  "=",
  "+",
  "*",
  "0",
  "4294967297",
  "\x7f",
  "\x80",
  "\xff",
  "x".repeat(70),
  "y".repeat(1001),
];

const ENDS = ["\r\n", "\r\n", "\n", "\r\r\n", "\r", "", "\0\r\n", " \r\n"];

export class Mutator {
  readonly #random: Random;
  readonly #seeds: Seeds;
  readonly #hostile: number;
  readonly #variants: number;

  /** @param hostile how many words of their own the peers' servers have */
  constructor(random: Random, seeds: Seeds, hostile: number, variants: number) {
    this.#random = random;
    this.#seeds = seeds;
    this.#hostile = hostile;
    this.#variants = variants;
  }

  /** From nothing but the grammar and the seeds. */
  fresh(): Input {
    const random = this.#random;
    const { clients, units } = this.#seeds;
    const made = {
      units:
        random.oneIn(2) && clients.length > 0
          ? random.pick(clients)
          : random.list(20, () => random.pick(units)),
      words: [],
      variant: random.below(this.#variants),
      sizes: this.#sizes(),
      turns: random.list(4, () => random.oneIn(2)),
      choices: random.list(20, () => random.below(100)),
      hostile: [],
    };
    return random.oneIn(2) ? input(made) : this.#server(input(made));
  }

  /** A few changes to `parent`; `other` is what may be spliced in. */
  mutated(parent: Input, other: Input): Input {
    let child = parent;
    for (let times = 1 + this.#random.below(4); times > 0; times--) child = this.#once(child, other);
    return child;
  }

  #once(parent: Input, other: Input): Input {
    const random = this.#random;
    switch (random.below(9)) {
      case 0:
        return input({ ...parent, sizes: this.#sizes(), turns: random.list(4, () => random.oneIn(2)) });
      case 1:
        return input({ ...parent, choices: random.list(20, () => random.below(100)) });
      case 2:
        return this.#server(parent);
      case 3:
        return input({
          ...parent,
          interruption: this.#interruption(),
          judgements: this.#judgements(),
          variant: random.below(this.#variants),
        });
      case 4:
      case 5:
        return this.#octets(parent);
      default:
        return this.#lines(parent, other);
    }
  }

  #lines(parent: Input, other: Input): Input {
    const random = this.#random;
    const units = [...parent.units];
    const at = random.below(units.length + 1);
    switch (random.below(5)) {
      case 0:
        units.splice(at, 1 + random.below(3));
        break;
      case 1:
        units.splice(at, 0, ...units.slice(random.below(units.length + 1)).slice(0, 1 + random.below(8)));
        break;
      case 2: {
        const from = random.below(other.units.length + 1);
        units.splice(at, random.below(units.length + 1), ...other.units.slice(from));
        break;
      }
      default:
        units.splice(at, random.below(2), ...random.list(3, () => random.pick(this.#seeds.units)));
    }
    return input({ ...parent, units: units.slice(0, MOST_UNITS) });
  }

  #octets(parent: Input): Input {
    const units = [...parent.units];
    const at = this.#random.below(units.length);
    const unit = units[at];
    if (unit === undefined || marked(unit)) return parent;
    units.splice(at, 1, ...unitsOf(this.#changed(unit)));
    return input({ ...parent, units: units.slice(0, MOST_UNITS) });
  }

  #server(parent: Input): Input {
    const random = this.#random;
    const known = this.#seeds.words;
    const words = [...parent.words];
    const hostile = parent.hostile.length > 0 ? [...parent.hostile] : Array.from({ length: 12 }, () => -1);
    if (random.oneIn(3)) return input({ ...parent, words: [], hostile: [] });
    if (known.length > 0 && words.length < MOST_WORDS) {
      const word = random.pick(known);
      words.push(random.oneIn(2) ? word : this.#changed(word));
    }
    const choices = this.#hostile + words.length;
    hostile[random.below(hostile.length)] = random.oneIn(3) ? -1 : choices - 1 - random.below(choices);
    return input({ ...parent, words, hostile });
  }

  /** Octets put in, taken out, replaced or doubled, or another end. */
  #changed(text: string): string {
    const random = this.#random;
    const at = random.below(text.length + 1);
    const to = Math.min(text.length, at + 1 + random.below(4));
    switch (random.below(5)) {
      case 0:
        return text.slice(0, at) + random.pick(TOUCHY) + text.slice(at);
      case 1:
        return text.slice(0, at) + text.slice(to);
      case 2:
        return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(to);
      case 3:
        return text.slice(0, to) + text.slice(at);
      default:
        return text.replace(/\r?\n$/, "") + random.pick(ENDS);
    }
  }

  #sizes(): number[] {
    const random = this.#random;
    return random.list(6, () => (random.oneIn(3) ? WHOLE : 1 + random.below(40)));
  }

  /** What whoever counts guesses says of logins. */
  #judgements(): readonly Judgement[] | undefined {
    const random = this.#random;
    return random.oneIn(2) ? undefined : [random.pick(JUDGEMENTS), random.pick(JUDGEMENTS)];
  }

  #interruption(): Interruption | undefined {
    const random = this.#random;
    if (random.oneIn(2)) return undefined;
    return { turn: random.below(60), how: random.pick(["shutdown", "shutdown", "lost", "pause"] as const) };
  }
}
