// The watch example's invariants as oracles: what the server tells unasked goes to the client whole, in order, and
// between no two octets of anything else. Knows the peers in peers/watch.ts.

import { expect } from "bun:test";
import { ORACLES, type Oracle } from "../../oracles.ts";
import { MARKS } from "../../recorder.ts";

/**
 * One reply to each line is not so here; a command does not wait for what nobody asked for; and where that stands
 * among the answers depends on who is heard first.
 */
const shared = ORACLES.filter(({ name }) => !/^[135]\./.test(name));

export const WATCH_ORACLES: readonly Oracle[] = [
  ...shared,
  {
    name: "what the client gets is what the server told, in order, with words of ours between whole lines",
    servers: "honest",
    dialogue: "lock-step",
    check: ({ done }) => {
      const got = done.recorder.got.client.replace(MARKS.closed, "");
      expect(unitsOf(got).filter(isTold)).toEqual(unitsOf(done.fed).filter(isTold).slice(0, toldIn(got)));
    },
  },
  {
    name: "every command has one answer, by its tag, in order",
    servers: "honest",
    dialogue: "lock-step",
    check: ({ done }) => {
      const answers = unitsOf(done.recorder.got.client).filter((unit) => /^\w+ (?:OK|NO|BAD) /.test(unit));
      const asked = done.heard.filter((line) => line !== "DONE").map(tagOf);
      const told = answers.filter((unit) => !/ BAD (?:no such|line)/.test(unit)).map(tagOf);
      expect(asked.slice(0, told.length)).toEqual(told);
      expect(asked.length - told.length).toBeLessThanOrEqual(1);
    },
  },
];

function tagOf(line: string): string {
  return line.split(" ")[0]!;
}

function isTold(unit: string): boolean {
  return /^\* [0-9]+ /.test(unit);
}

function toldIn(got: string): number {
  return unitsOf(got).filter(isTold).length;
}

/** Lines with their ends, each with the string it counts. */
function unitsOf(octets: string): string[] {
  const units: string[] = [];
  for (let rest = octets.replace(MARKS.closed, ""); rest !== ""; ) {
    const line = /^[^\r\n]*\r\n/.exec(rest)?.[0] ?? rest;
    const counted = /\{([0-9]+)\}\r\n$/.exec(line)?.[1];
    const unit = rest.slice(0, line.length + (counted === undefined ? 0 : Number(counted) + 2));
    units.push(unit);
    rest = rest.slice(unit.length);
  }
  return units;
}
