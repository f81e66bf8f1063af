// The fuzzer's end-to-end half for a moment, over each transport. FUZZ_SEED repeats the inputs and FUZZ_SESSIONS says how
// many for each protocol; scripts/fuzz --end-to-end runs longer.

import { expect } from "bun:test";
import { EndToEnd, roundOf } from "../../scripts/fuzzing/end-to-end.ts";
import { Fuzzer } from "../../scripts/fuzzing/fuzzer.ts";
import { Random } from "../../scripts/fuzzing/random.ts";
import { BUILT } from "../../scripts/fuzzing/target.ts";
import { part } from "./parts/missing.ts";
import { TRANSPORTS } from "./parts/transport.ts";

const SEED = Number(process.env.FUZZ_SEED ?? Date.now() & 0x7fffffff);
const SESSIONS = Number(process.env.FUZZ_SESSIONS ?? 12);
/** Inputs that are tried in process first, so that there is something to breed from. */
const BRED = 100;

for (const [index, transport] of TRANSPORTS.entries())
  part(
    `by ${transport.name} sessions are what they are in process (FUZZ_SEED=${SEED})`,
    transport.needs,
    async () => {
      using endToEnd = new EndToEnd();
      const one = async (target: (typeof BUILT)[number], at: number) => {
        const fuzzer = new Fuzzer(target, SEED + index);
        for (let count = 0; count < BRED; count++) expect(fuzzer.once()).toBe(null);
        const random = new Random(SEED + index * BUILT.length + at);
        return endToEnd.play(roundOf(transport, target, random, SESSIONS), fuzzer, random);
      };
      for (const failure of await Promise.all(BUILT.map(one))) expect(failure).toBe(null);
      expect(endToEnd.played).toBe(SESSIONS * BUILT.length);
    },
    180_000,
  );
