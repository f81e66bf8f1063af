// The eight invariants of every protocol, over random clients, random splits, and servers that are honest,
// moody or hostile. A failure prints the seed and the smallest conversation; FC_SEED replays it.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Session } from "../src/session/session.ts";
import { FIXTURES } from "./examples/fixtures.ts";
import { STRINGS_ORACLES } from "./examples/strings/oracles.ts";
import { ORACLES, type Oracle, WHOLE } from "./oracles.ts";
import { fingerPeers } from "./peers/finger.ts";
import { linePeers } from "./peers/line.ts";
import { managesievePeers } from "./peers/managesieve.ts";
import { pop3Peers } from "./peers/pop3.ts";
import { stringsPeers } from "./peers/strings.ts";
import { MANAGESIEVE_ORACLES } from "./protocols/managesieve/oracles.ts";
import { converse } from "./reading.ts";
import { Recorder } from "./recorder.ts";
import { JUDGEMENTS, type Peers, type Plan, Simulation } from "./simulation.ts";
import { PROTOCOLS } from "./subjects.ts";
import { LIMITS, SETUP, type Subject } from "./transcripts.ts";

interface Bound {
  readonly subject: Subject;
  readonly peers: Peers;
  readonly oracles: readonly Oracle[];
}

const PEERS: Record<string, Bound> = {
  pop3: { subject: PROTOCOLS.pop3!, peers: pop3Peers, oracles: ORACLES },
  managesieve: { subject: PROTOCOLS.managesieve!, peers: managesievePeers, oracles: MANAGESIEVE_ORACLES },
  line: { subject: PROTOCOLS.line!, peers: linePeers, oracles: ORACLES },
  finger: { subject: PROTOCOLS.finger!, peers: fingerPeers, oracles: ORACLES },
  strings: { subject: FIXTURES.strings!, peers: stringsPeers, oracles: STRINGS_ORACLES },
};

const SEED = Number(process.env.FC_SEED ?? Date.now() & 0x7fffffff);
const RUNS = Number(process.env.FC_RUNS ?? 300);

for (const [name, { subject, peers, oracles }] of Object.entries(PEERS)) {
  const { dialogue } = subject.protocol;

  describe(`${name} (FC_SEED=${SEED})`, () => {
    const again = (plan: Plan) => new Simulation(subject, peers, plan).run();
    const plans = {
      honest: planOf(peers, fc.constant([])),
      any: planOf(
        peers,
        fc.array(fc.oneof({ weight: 5, arbitrary: fc.constant(-1) }, fc.nat(peers.hostile.length - 1)), {
          minLength: 1,
          maxLength: 20,
        }),
      ),
    };

    for (const oracle of oracles)
      if (oracle.dialogue === "any" || oracle.dialogue === dialogue)
        test(oracle.name, () => {
          fc.assert(
            fc.property(plans[oracle.servers], (plan) =>
              oracle.check({ peers, plan, done: again(plan), again }),
            ),
            { numRuns: RUNS, seed: SEED },
          );
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
    judgements: fc.option(fc.array(fc.constantFrom(...JUDGEMENTS), { minLength: 1, maxLength: 5 }), {
      nil: undefined,
    }),
    hostile,
  });
}

function started(subject: Subject): Session {
  const { protocol, options } = subject;
  const recorder = new Recorder();
  recorder.toClient = () => {};
  recorder.toServer = () => {};
  recorder.log = () => {};
  const conversation = converse(protocol, SETUP, options);
  const session = new Session({ ...protocol, converse: () => conversation }, recorder, LIMITS);
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
