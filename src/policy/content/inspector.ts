// A message looked at for --block-body while it passes: its lines as they stand and what its MIME structure
// hides. Knows how the parts of this directory go together, and nothing of SMTP.

import type { Rule } from "../../record/rules.ts";
import type { Inspector } from "../../wire/message.ts";
import { Blocks } from "./blocks.ts";
import { Readers } from "./readers.ts";
import type { Rules } from "./rules.ts";

export class ContentInspector implements Inspector {
  readonly #rules: Rules;
  readonly #blocks = new Blocks((octets, seen) => this.#look(octets, seen));
  readonly #readers = new Readers((octets) => this.#test(octets));
  #found: Rule | null = null;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  octets(view: Uint8Array): Rule | null {
    this.#blocks.octets(view);
    return this.#found;
  }

  end(): Rule | null {
    this.#blocks.end();
    this.#readers.end();
    this.#found ??= this.#readers.unreadable;
    return this.#found;
  }

  #look(octets: Uint8Array, seen: number): void {
    const text = this.#test(octets);
    if (this.#found === null) this.#readers.read(octets, text, seen);
    // A message that cannot be followed could hide anything.
    this.#found ??= this.#readers.unreadable;
  }

  #test(octets: Uint8Array): string {
    const text = latin1(octets);
    this.#found ??= this.#rules.find(octets, text);
    return text;
  }
}

/** One UTF-16 unit an octet; by the runtime, at memory speed. */
function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
}
