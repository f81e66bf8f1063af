// A message looked at for --block-body while it passes: its lines as they stand and what its MIME structure
// hides. Knows how the parts of this directory go together, and nothing of SMTP.

import type { Rule } from "../../record/rules.ts";
import type { Excess, Inspector } from "../../wire/message.ts";
import { Blocks } from "./blocks.ts";
import { type Clock, Cost } from "./cost.ts";
import { Readers } from "./readers.ts";
import type { Rules } from "./rules.ts";

/** Octets of a text that took too long on which each rule is measured. */
const SAMPLE = 1024;

export class ContentInspector implements Inspector {
  readonly #rules: Rules;
  readonly #clock: Clock;
  readonly #cost: Cost;
  readonly #blocks = new Blocks((octets, seen) => this.#look(octets, seen));
  readonly #readers = new Readers((octets) => this.#test(octets));
  #found: Rule | null = null;
  #excess: Excess | null = null;
  #octets = 0;

  constructor(rules: Rules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
    this.#cost = new Cost(clock);
  }

  /** What took too long, where it was a rule. */
  get excess(): Excess | null {
    return this.#excess;
  }

  octets(view: Uint8Array): Rule | null {
    this.#octets += view.length;
    this.#blocks.octets(view);
    return this.#found;
  }

  end(): Rule | null {
    this.#blocks.end();
    this.#cost.during(0, () => this.#readers.end());
    this.#found ??= this.#readers.unreadable;
    return this.#found;
  }

  #look(octets: Uint8Array, seen: number): void {
    if (this.#found !== null) return;
    this.#cost.during(octets.length - seen, () => {
      const text = this.#test(octets);
      if (this.#found === null) this.#readers.read(octets, text, seen);
      // A message that cannot be followed could hide anything.
      this.#found ??= this.#readers.unreadable;
    });
  }

  #test(octets: Uint8Array): string {
    const text = latin1(octets);
    if (this.#found !== null) return text;
    const found = this.#cost.apart(() => this.#rules.find(octets, text, () => !this.#cost.isTooMuch));
    if (found === null) {
      if (this.#cost.isTooMuch) this.#found = "rule-cost";
    } else if (typeof found === "string") this.#found = found;
    else this.#tooSlow(found.slowOn);
    return text;
  }

  /** Most of the time may have gone into the message itself, which then is the one to blame. */
  #tooSlow(text: string): void {
    this.#found = "rule-cost";
    const seconds = Math.round(this.#cost.spent / 10) / 100;
    if (!this.#cost.isApart) return;
    const rule = this.#rules.slowest(text.slice(0, SAMPLE), this.#clock);
    this.#excess = { rule, octets: this.#octets, seconds };
  }
}

/** One UTF-16 unit an octet; by the runtime, at memory speed. */
function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
}
