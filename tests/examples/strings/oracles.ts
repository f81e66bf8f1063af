// The strings example's invariants as oracles. The client's side is read back independently, by the tags: parts may
// stand anywhere between answers, and octets that are counted are none. Knows the peers in peers/strings.ts.

import { expect } from "bun:test";
import { ORACLES, type Oracle } from "../../oracles.ts";
import type { MoodyServer } from "../../peers/strings.ts";
import { MARKS } from "../../recorder.ts";

/** One reply to each line, or a body that ends with a dot: neither is so here. */
const shared = ORACLES.filter(({ name }) => !name.startsWith("3."));

export const STRINGS_ORACLES: readonly Oracle[] = [
  ...shared,
  {
    name: "what the client gets is whole lines, each what it may be, and counted octets",
    servers: "honest",
    dialogue: "lock-step",
    check: ({ done }) => {
      for (const line of linesOf(done.recorder.got.client))
        expect(line).toMatch(/^(?:\* [ -~]+|\+ go on|[A-Za-z0-9]{1,6} (?:OK|NO|BAD) [ -~]+)$/);
    },
  },
  {
    name: "every command has one answer, by its tag, in order",
    servers: "honest",
    dialogue: "lock-step",
    check: ({ plan, done }) => {
      const answers = linesOf(done.recorder.got.client).filter((line) => /^\w+ (?:OK|NO|BAD) /.test(line));
      const said = plan.client.split("\n").map(tagOf);
      let at = 0;
      for (const answer of answers) {
        at = said.indexOf(tagOf(answer), at) + 1;
        if (at === 0) expect(answer).toBe("an answer to a command");
      }
      // The server's are told once each: the last, perhaps, to a session that has ended.
      const asked = done.heard.filter((line) => line !== "").map(tagOf);
      const told = answers.filter((line) => !/ BAD | \(TRYLATER\) /.test(line)).map(tagOf);
      expect(asked.slice(0, told.length)).toEqual(told);
      expect(asked.length - told.length).toBeLessThanOrEqual(1);
    },
  },
  {
    name: "a message is delivered octet for octet or not at all",
    servers: "honest",
    dialogue: "lock-step",
    check: ({ plan, done }) => {
      const delivered = done.servers.flatMap((server) => (server as MoodyServer).delivered);
      let at = 0;
      for (const text of delivered) {
        const found = plan.client.indexOf(text, at);
        if (found < 0) expect(text).toBe("a message of the client's");
        at = found + text.length;
      }
      const taken = linesOf(done.recorder.got.client).filter((line) => line.endsWith(" OK APPENDED#"));
      expect(taken.length).toBe(delivered.length);
    },
  },
];

function tagOf(line: string): string {
  return line.split(" ")[0]!;
}

/** Lines without their ends, and without the octets that a line counts. */
function linesOf(got: string): string[] {
  const lines: string[] = [];
  for (let rest = got.replace(MARKS.closed, ""); rest !== ""; ) {
    const end = rest.indexOf("\r\n");
    if (end < 0) throw new Error(`half a line: ${rest}`);
    const line = rest.slice(0, end);
    rest = rest.slice(end + 2);
    const [, octets] = /^\* [0-9]+ FETCH .*\{([0-9]+)\}$/.exec(line) ?? [];
    lines.push(line);
    if (octets === undefined) continue;
    const [behind] = rest.slice(Number(octets)).split("\r\n");
    expect(behind).toBe(")");
    rest = rest.slice(Number(octets) + ")\r\n".length);
  }
  return lines;
}
