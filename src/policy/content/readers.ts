// Everybody who reads a message: as many structures as there are readings of it that differ, each with what it is for one
// of them. Two that have come to the same again are one. Knows how many are followed; knows nothing of fields or rules.

import { decode } from "../../wire/latin1.ts";
import type { Look } from "./blocks.ts";
import type { Form } from "./entity.ts";
import { Structure } from "./structure.ts";

/** Readings of one message at a time; no honest one has more than a few. */
const MAX_READINGS = 16;
/** Encoded messages within each other; none is legal (RFC 2046 section 5.2.1). */
const MAX_WITHIN = 3;

/** Why a message is not read to its end. */
export type Unreadable = "mime-nesting" | "mime-ambiguity";

/** What those who read one message have in common with those who read what is encoded in it. */
interface Company {
  readings: number;
  unreadable: Unreadable | null;
}

export class Readers {
  readonly #look: Look;
  readonly #company: Company;
  readonly #within: number;
  #structures: Structure[] = [];
  /** Where in the octets at hand, within what and as what, a structure has begun a part. */
  readonly #begun = new Map<object, Set<number>>();

  /** @param look is given what is written out, as stuffed message text */
  constructor(look: Look, company: Company = { readings: 0, unreadable: null }, within = 0) {
    this.#look = look;
    this.#company = company;
    this.#within = within;
    this.#join(new Structure(look, this));
  }

  get unreadable(): Unreadable | null {
    return this.#company.unreadable;
  }

  /** There is but one reading. */
  get isOne(): boolean {
    return this.#structures.length === 1;
  }

  /**
   * @param octets stuffed message text: whole lines, or a piece of a line too long for that
   * @param text the same; one UTF-16 unit is one octet
   * @param from where what has not been read before begins
   */
  read(octets: Uint8Array, text: string, from: number): void {
    for (const structure of this.#structures) structure.look(from);
    // Side by side: whoever is behind reads on, so that those who come to the same are found before there are more.
    for (let next = this.#hindmost; next !== undefined; next = this.#hindmost) {
      if (next.position >= octets.length || this.unreadable !== null) break;
      next.read(octets, text);
      if (next.isOver) this.#leave(next);
    }
    for (const structure of this.#structures) structure.lines();
    this.#begun.clear();
  }

  get #hindmost(): Structure | undefined {
    if (this.isOne) return this.#structures[0];
    return this.#structures.reduce<Structure | undefined>(
      (one, other) => (one === undefined || other.position < one.position ? other : one),
      undefined,
    );
  }

  #leave(structure: Structure): void {
    structure.lines();
    this.#structures = this.#structures.filter((other) => other !== structure);
    this.#company.readings--;
  }

  end(): void {
    for (const structure of this.#structures) structure.end();
    this.#company.readings -= this.#structures.length;
    this.#structures = [];
  }

  /** Of those who follow another reading from here on. */
  join(structure: Structure): void {
    this.#join(structure);
  }

  /** The message cannot be followed any further. */
  giveUp(why: Unreadable): void {
    this.#company.unreadable ??= why;
  }

  /**
   * @param at where
   * @param within the innermost of the multiparts that are open
   * @returns false where somebody is here already, to whom all that comes is the same
   */
  begins(at: number, within: object, choices: readonly (boolean | null)[]): boolean {
    const here = this.#begun.get(within) ?? new Set();
    this.#begun.set(within, here);
    const before = here.size;
    here.add(choices.reduce<number>((key, choice) => key * 3 + (choice === null ? 2 : Number(choice)), at));
    return here.size > before;
  }

  /** Those who read what is encoded in a part that is of such a form. */
  for(form: Form): { readonly look: Look; end(): void } | null {
    if (this.#within === MAX_WITHIN) {
      this.giveUp("mime-nesting");
      return null;
    }
    const readers = new Readers(this.#look, this.#company, this.#within + 1);
    readers.#structures[0]!.begin(form);
    return {
      look: (octets, seen) => readers.read(octets, decode(octets), seen),
      end: () => readers.end(),
    };
  }

  #join(structure: Structure): void {
    this.#structures.push(structure);
    this.#company.readings++;
    if (this.#company.readings > MAX_READINGS) this.giveUp("mime-ambiguity");
  }
}
