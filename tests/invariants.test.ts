// The eight invariants of every protocol, over random clients, random splits, and servers that are honest,
// moody or hostile. A failure prints the seed and the smallest conversation; FC_SEED replays it.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Session } from "../src/session.ts";
import { fingerPeers } from "./peers/finger.ts";
import { linePeers } from "./peers/line.ts";
import { pop3Peers } from "./peers/pop3.ts";
import { MARKS, Recorder } from "./recorder.ts";
import { CANARY, linesTaken, type Peers, type Plan, SECRET, Simulation } from "./simulation.ts";
import { PROTOCOLS } from "./subjects.ts";
import { LIMITS, SETUP, type Subject } from "./transcripts.ts";

const PEERS: Record<string, Peers> = { pop3: pop3Peers, line: linePeers, finger: fingerPeers };

const SEED = Number(process.env.FC_SEED ?? Date.now() & 0x7fffffff);
const RUNS = Number(process.env.FC_RUNS ?? 300);
const WHOLE = 1_000_000;

for (const [name, peers] of Object.entries(PEERS)) {
  const subject = PROTOCOLS[name]!;
  const lockStep = subject.protocol.dialogue === "lock-step";

  describe(`${name} (FC_SEED=${SEED})`, () => {
    const run = (plan: Plan) => new Simulation(subject, peers, plan).run();
    const always = (plans: fc.Arbitrary<Plan>, check: (plan: Plan, done: Simulation) => void) =>
      fc.assert(
        fc.property(plans, (plan) => check(plan, run(plan))),
        { numRuns: RUNS, seed: SEED },
      );
    const honest = planOf(peers, fc.constant([]));
    const hostile = planOf(
      peers,
      fc.array(fc.oneof({ weight: 5, arbitrary: fc.constant(-1) }, fc.nat(peers.hostile.length - 1)), {
        minLength: 1,
        maxLength: 20,
      }),
    );

    if (lockStep) {
      test("1. at most one command is outstanding at the server", () => {
        always(honest, (_, done) => expect(done.overlapped).toBe(false));
      });

      test("3. one reply per client line, in order, one write each", () => {
        always(honest, (plan, done) => checkReplies(peers, linesTaken(done, plan.client), done));
      });

      test("3. a hostile server is not answered for twice", () => {
        always(hostile, (plan, done) => {
          const lines = linesTaken(done, plan.client).length;
          const replies = done.recorder.entries.filter((entry) => entry.event === "reply").length;
          expect(replies).toBeLessThanOrEqual(lines + 1);
        });
      });
    }

    test("2. the server hears nothing that its own replies do not allow", () => {
      always(honest, (_, done) => expect(done.complaints).toEqual([]));
    });

    test("4. memory does not grow with what either side says", () => {
      for (const side of ["client", "server"] as const) {
        const session = started(subject);
        flood(session, side, 1); // what grows to its limit once does so here
        const before = heap();
        flood(session, side, 64);
        expect(heap() - before).toBeLessThan(4 << 20);
      }
    });

    test("5. the split of the octets changes nothing", () => {
      always(honest, (plan, done) => {
        const whole = run({ ...plan, sizes: [WHOLE] });
        const single = run({ ...plan, sizes: [1] });
        for (const other of [whole, single]) expect(other.recorder.got).toEqual(done.recorder.got);
      });
    });

    test("6. only re-written commands reach the server, whole lines within their limit", () => {
      always(hostile, (_, done) => {
        const octets = done.recorder.got.server.replace(/⟦[^⟧]*⟧/g, "");
        expect(octets).toMatch(/^(?:[^\0\r\n]*\r\n)*$/);
        for (const line of done.heard) if (!peers.isCommand(line)) expect(line).toBe("a command");
      });
    });

    test("7. nothing of the client's is echoed, and no secret is logged", () => {
      always(hostile, (_, done) => {
        expect(done.recorder.got.client).not.toContain(CANARY);
        expect(done.recorder.got.client).not.toContain(SECRET);
        expect(JSON.stringify(done.recorder.entries)).not.toContain(SECRET);
        for (const { event, fields } of done.recorder.entries)
          if (event === "reply") expect(fields.line).toMatch(/^[ -~\r\n]*$/);
      });
    });

    test("8. nothing is invented for either side", () => {
      always(hostile, (plan, done) => {
        const said = linesTaken(done, plan.client).map(peers.verb);
        let at = 0;
        for (const line of done.heard.filter((heard) => !peers.isOwn(heard))) {
          at = said.indexOf(peers.verb(line), at) + 1;
          if (at === 0) expect(line).toBe("something the client said");
        }
        expect(ends(done.recorder.got.client)).toBeLessThanOrEqual(ends(done.fed));
      });
    });
  });
}

function planOf(peers: Peers, hostile: fc.Arbitrary<number[]>): fc.Arbitrary<Plan> {
  const noise = fc.array(fc.nat(255), { maxLength: 12 }).map((octets) => String.fromCharCode(...octets));
  const line = fc.tuple(
    fc.oneof({ weight: 12, arbitrary: peers.lines }, { weight: 1, arbitrary: noise }),
    fc.constantFrom("\r\n", "\r\n", "\r\n", "\n"),
  );
  return fc.record({
    client: fc
      .tuple(fc.constantFrom(...peers.openings), fc.array(line, { maxLength: 30, size: "max" }))
      .map(([opening, lines]) => opening + lines.flat().join("")),
    sizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(WHOLE)), { minLength: 1 }),
    turns: fc.array(fc.boolean(), { minLength: 1 }),
    choices: fc.array(fc.nat(100), { minLength: 1, maxLength: 50 }),
    hostile,
  });
}

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

function started(subject: Subject): Session {
  const { protocol, options } = subject;
  const recorder = new Recorder();
  recorder.toClient = () => {};
  recorder.toServer = () => {};
  recorder.log = () => {};
  const conversation = protocol.converse(SETUP, options as never);
  const session = new Session(protocol.dialogue, conversation, recorder, LIMITS);
  session.start(0);
  return session;
}

/** Mebibytes without a line end. */
function flood(session: Session, side: "client" | "server", mebibytes: number): void {
  for (let count = 0; count < mebibytes * 16; count++) {
    const chunk = new Uint8Array(65536).fill(0x61);
    if (side === "server") session.serverOctets(chunk, 0);
    else if (session.wantsClient) session.clientOctets(chunk, 0);
  }
}

function heap(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}
