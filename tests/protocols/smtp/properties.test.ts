// What holds for any client and any server, over random conversations: the oracles say what that is.

import { describe, test } from "bun:test";
import fc from "fast-check";
import { smtpPeers } from "../../peers/smtp.ts";
import { type Peers, type Plan, Simulation } from "../../simulation.ts";
import { PROTOCOLS } from "../../subjects.ts";
import { SMTP_ORACLES } from "./oracles.ts";

const SEED = Number(process.env.FC_SEED ?? Date.now() & 0x7fffffff);
const RUNS = Number(process.env.FC_RUNS ?? 500);

const plans = (hostile: fc.Arbitrary<number[]>): fc.Arbitrary<Plan> =>
  fc.record({
    client: fc
      .tuple(
        fc.constantFrom(...smtpPeers.openings),
        fc.array(smtpPeers.lines, { maxLength: 20, size: "max" }),
        fc.constantFrom("", "MAIL", "QUIT\r\n"),
      )
      .map(([opening, units, rest]) => opening + units.join("") + rest),
    sizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(1_000_000)), { minLength: 1 }),
    turns: fc.array(fc.boolean(), { minLength: 1 }),
    choices: fc.array(fc.nat(100), { minLength: 1, maxLength: 50 }),
    hostile,
  });

const PLANS = {
  honest: plans(fc.constant([])),
  any: plans(
    fc.array(fc.oneof({ weight: 6, arbitrary: fc.constant(-1) }, fc.nat(smtpPeers.hostile.length - 1)), {
      minLength: 1,
      maxLength: 20,
    }),
  ),
};

for (const [bareNewline, syntax] of [
  ["reject", "strict"],
  ["normalize", "lax"],
] as const)
  describe(`bare newlines: ${bareNewline}, syntax: ${syntax} (FC_SEED=${SEED})`, () => {
    const peers: Peers = { ...smtpPeers, options: { ...smtpPeers.options, bareNewline, syntax } };
    const again = (plan: Plan) => new Simulation(PROTOCOLS.smtp!, peers, plan).run();
    for (const oracle of SMTP_ORACLES)
      test(oracle.name, () => {
        fc.assert(
          fc.property(PLANS[oracle.servers], (plan) =>
            oracle.check({ peers, plan, done: again(plan), again }),
          ),
          { numRuns: RUNS, seed: SEED },
        );
      });
  });
