// The invariants of every protocol as oracles: given one simulated session, each says whether it held. Shared by
// the properties, which draw sessions at random, and by the fuzzer, which breeds them. Knows no protocol.

import { expect } from "bun:test";
import type { Read } from "./record/lists.ts";
import { MARKS } from "./recorder.ts";
import {
  beginsTls,
  CANARY,
  linesTaken,
  type Peers,
  type Plan,
  SECRET,
  type Simulation,
  timesIn,
} from "./simulation.ts";
import { LIMITS } from "./transcripts.ts";

export const WHOLE = 1_000_000;

export interface Trial {
  readonly peers: Peers;
  readonly plan: Plan;
  readonly done: Simulation;
  /** The same peers with another plan. */
  again(plan: Plan): Simulation;
}

export interface Oracle {
  readonly name: string;
  /** Holds against any server, or while the server is honest and nothing interrupts. */
  readonly servers: "any" | "honest";
  readonly dialogue: "any" | "lock-step";
  /** Throws when the invariant is broken. */
  check(trial: Trial): void;
}

export const oneOutstanding: Oracle = {
  name: "1. at most one command is outstanding at the server",
  servers: "honest",
  dialogue: "lock-step",
  check: ({ done }) => expect(done.overlapped).toBe(false),
};

export const allowedOnly: Oracle = {
  name: "2. the server hears nothing that its own replies do not allow",
  servers: "honest",
  dialogue: "any",
  check: ({ done }) => expect(done.complaints).toEqual([]),
};

export const nothingEchoed: Oracle = {
  name: "7. nothing of the client's is echoed, and no secret is logged",
  servers: "any",
  dialogue: "any",
  check: ({ peers, plan, done }) => {
    expect(done.recorder.got.client).not.toContain(CANARY);
    expect(done.recorder.got.client).not.toContain(SECRET);
    const isText = ({ event, fields }: Read) => event === "text" && fields.side === "client";
    const entries = done.recorder.entries.filter((entry) => !isText(entry));
    expect(JSON.stringify(entries)).not.toContain(SECRET);
    // What stands in a message is no secret, whatever it is; what was taken for one is told nowhere.
    const texts = done.recorder.entries.filter(isText).map(({ fields }) => String(fields.text));
    const most = timesIn(plan.client, SECRET) - done.secretsTaken;
    expect(timesIn(texts.join("\n"), SECRET)).toBeLessThanOrEqual(most);
    for (const { event, fields } of done.recorder.entries)
      if (event === "reply-line") expect(fields.said).toMatch(peers.spoken ?? /^[ -~\r\n]*$/);
  },
};

export const ORACLES: readonly Oracle[] = [
  oneOutstanding,
  allowedOnly,
  {
    name: "3. one reply per client line, in order, one write each",
    servers: "honest",
    dialogue: "lock-step",
    check: ({ peers, plan, done }) => checkReplies(peers, linesTaken(done, plan.client), done),
  },
  {
    name: "3. a hostile server is not answered for twice",
    servers: "any",
    dialogue: "lock-step",
    check: ({ plan, done }) => {
      const lines = linesTaken(done, plan.client).length;
      const replies = done.recorder.entries.filter((entry) => entry.event === "reply-line").length;
      // The greeting, and the last words of a session that is ended.
      expect(replies).toBeLessThanOrEqual(lines + (plan.interruption === undefined ? 1 : 2));
    },
  },
  {
    name: "5. the split of the octets changes nothing",
    servers: "honest",
    dialogue: "any",
    check: ({ plan, done, again }) => {
      const { got } = done.recorder;
      // A stream that is ended for its errors ends while the server speaks: how much it had said is nobody's doing.
      const isEnded = done.session.tally.refused >= LIMITS.maxErrors || beginsTls(plan.client);
      const cut = done.dialogue === "stream" && isEnded;
      for (const size of [WHOLE, 1]) {
        const other = again({ ...plan, sizes: [size] }).recorder.got;
        expect(other.server).toBe(got.server);
        if (!cut) expect(other.client).toBe(got.client);
      }
    },
  },
  {
    name: "6. only re-written commands reach the server, whole lines within their limit",
    servers: "any",
    dialogue: "any",
    check: ({ peers, done }) => {
      expect(done.told).toMatch(/^(?:[^\0\r\n]*\r\n)*$/);
      for (const line of done.heard) if (!peers.isCommand(line)) expect(line).toBe("a command");
    },
  },
  nothingEchoed,
  {
    name: "8. nothing is invented for either side",
    servers: "any",
    dialogue: "any",
    check: ({ peers, plan, done }) => {
      const said = linesTaken(done, plan.client).map(peers.verb);
      let at = 0;
      for (const line of done.heard.filter((heard, at) => !peers.isOwn(heard, done.heard[at + 1]))) {
        at = said.indexOf(peers.verb(line), at) + 1;
        if (at === 0) expect(line).toBe("something the client said");
      }
      expect(ends(done.recorder.got.client)).toBeLessThanOrEqual(ends(done.fed));
    },
  },
];

/** Reads the client's side as a client would: greeting, then one reply for each line it sent. */
function checkReplies(peers: Peers, lines: string[], done: Simulation): void {
  const writes = done.recorder.writes.filter(({ side }) => side === "client").map(({ text }) => text);
  expect(writes.pop()).toBe(MARKS.closed);
  const replies = [];
  for (const line of ["", ...lines]) {
    const first = writes.shift();
    // A session may end before the last lines are answered; then nothing is said at all.
    if (first === undefined) break;
    expect(first).toMatch(/\r\n$/);
    const [status = ""] = first.split("\r\n");
    let reply = first;
    if (peers.hasBody(line, status))
      while (!/\r\n\.\r\n$/.test(reply)) {
        const more = writes.shift();
        if (more === undefined) throw new Error(`a body without end after ${JSON.stringify(line)}`);
        reply += more;
      }
    else expect(first).toBe(`${status}\r\n`);
    const tag = /([A-Z]+)#/.exec(status)?.[1];
    if (tag !== undefined) expect(peers.verb(line)).toBe(tag);
    replies.push(reply);
  }
  expect(writes).toEqual([]);
  // Unless QUIT or too many errors came before it, the last line was answered as well.
  const last = replies.at(-1) ?? "";
  const early = lines.some((line) => /^quit$/i.test(line)) || /too many errors/i.test(last);
  if (!early) expect(replies.length).toBe(lines.length + 1);
}

function ends(octets: string): number {
  return octets.split(/\r?\n\.\r?\n/).length - 1;
}
