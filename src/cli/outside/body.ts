// A body as a module from outside returned it, whose own scanner may be the author's: what it says of what it scanned
// is judged, as a step is. Knows no protocol.

import type { Body, Forward } from "../../wire/body.ts";
import type { Guard } from "./guard.ts";
import { faultOfRule, shown } from "./step.ts";

export class GuardedBody implements Body {
  readonly #body: Body;
  readonly #guard: Guard;
  readonly #rules: readonly string[];

  /** @param rules of its protocol's own, by which it may refuse */
  constructor(body: Body, guard: Guard, rules: readonly string[]) {
    this.#body = body;
    this.#guard = guard;
    this.#rules = rules;
  }

  scan(chunk: Uint8Array, at: number, forward: Forward): number {
    return this.#guard.call(
      "scan",
      () => this.#body.scan(chunk, at, forward),
      (next) => {
        // A body that consumes nothing and has not ended would be scanned for ever.
        const least = this.ended ? at : Math.min(at + 1, chunk.length);
        const isThere = Number.isInteger(next) && Number(next) >= least && Number(next) <= chunk.length;
        if (isThere) return null;
        return `expected the index of what was not consumed, ${least} to ${chunk.length}, got ${shown(next)}`;
      },
    );
  }

  get ended(): boolean {
    return this.#body.ended;
  }

  get isBetween(): boolean {
    return this.#body.isBetween === true;
  }

  get fault(): Body["fault"] {
    return this.#guard.call(
      "fault",
      () => this.#body.fault,
      (rule) => (rule === null ? null : faultOfRule(rule, this.#rules)),
    );
  }
}
