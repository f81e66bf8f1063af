// What the log's last line of a session counts (pure): lines, refusals, messages, and commands by name with how many
// of them were accepted. Knows names of commands as it is told them.

import type { Outcome } from "../protocols/protocol.ts";

/** Commands of different names that are counted; no protocol of ours has as many. */
const NAMES = 64;

export class Tally {
  commands = 0;
  refused = 0;
  messages = 0;
  readonly #verbs = new Map<string, { given: number; accepted: number }>();
  /** The command whose outcome is not known. */
  #open: { given: number; accepted: number } | null = null;

  /** @param verb of a command that was given, or undefined for a line that is none */
  begin(verb: string | undefined): void {
    if (verb === undefined || !/^[A-Za-z0-9-]{1,20}$/.test(verb)) return;
    const name = verb.toLowerCase();
    this.#open = this.#verbs.get(name) ?? { given: 0, accepted: 0 };
    this.#open.given++;
    if (this.#verbs.size < NAMES) this.#verbs.set(name, this.#open);
  }

  conclude(outcome: Outcome): void {
    if (outcome === "more" || this.#open === null) return;
    if (outcome === "done") this.#open.accepted++;
    this.#open = null;
  }

  /** `rcpt=2/3 data=1`: accepted of given, or how many when all were. */
  get verbs(): string {
    return [...this.#verbs]
      .map(([name, { given, accepted }]) => `${name}=${given === accepted ? given : `${accepted}/${given}`}`)
      .join(" ");
  }
}
