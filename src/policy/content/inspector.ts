// A message looked at for --block-body while it passes: its lines as they stand and what its MIME structure
// hides. Knows how the parts of this directory go together, and nothing of SMTP.

import type { Rule } from "../../record/rules.ts";
import type { Inspector } from "../../wire/message.ts";
import { Blocks } from "./blocks.ts";
import type { Rules } from "./rules.ts";
import { Structure } from "./structure.ts";

/** The rule that is nobody's: a message nested deeper than is followed could hide anything. */
export const TOO_DEEP = "mime-nesting" satisfies Rule;

export class ContentInspector implements Inspector {
  readonly #rules: Rules;
  readonly #blocks = new Blocks((octets, seen) => this.#look(octets, seen));
  readonly #structure = new Structure((octets) => this.#test(octets));
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
    this.#structure.end();
    return this.#found;
  }

  #look(octets: Uint8Array, seen: number): void {
    const text = this.#test(octets);
    if (this.#found === null) this.#structure.read(octets, text, seen);
    if (this.#structure.tooDeep) this.#found ??= TOO_DEEP;
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
