// A transcript at every chunk size, at random splits, with a hasty and with a patient client. Knows no protocol.

import { expect } from "bun:test";
import fc from "fast-check";
import { expectation, type Plan, replay, type Subject, type Transcript } from "./transcripts.ts";

/** Every size up to this; above it some, up to the longest side's whole. A mutation run has less time for each. */
const EVERY_SIZE = Number(process.env.EVERY_SIZE ?? 48);
const MORE_SIZES = Math.min(EVERY_SIZE, 12);
const RANDOM_SPLITS = Math.min(EVERY_SIZE, 20);
const SEED = Number(process.env.FC_SEED ?? Date.now() & 0x7fffffff);

/** Expects the same octets in the same order each time. */
export function atEverySplit(transcript: Transcript, subject: Subject): void {
  const expected = expectation(transcript, subject);
  for (const paced of [true, false])
    for (const serverFirst of [true, false])
      for (const size of sizes(transcript)) {
        const plan = {
          paced,
          serverFirst,
          chunk: { client: () => size, server: () => size },
        };
        attempt(`chunks of ${size}`, plan, () => expect(replay(transcript, subject, plan)).toBe(expected));
      }
  fc.assert(
    fc.property(randomPlan, (plan) => replay(transcript, subject, plan()) === expected),
    { numRuns: RANDOM_SPLITS, seed: SEED },
  );
}

/** Sizes in the order they are cut, over and over. A function, so that shrinking starts afresh. */
const randomPlan: fc.Arbitrary<() => Plan> = fc
  .record({
    paced: fc.boolean(),
    serverFirst: fc.boolean(),
    client: fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 30 }),
    server: fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 30 }),
  })
  .map(({ client, server, ...plan }) => () => ({
    ...plan,
    chunk: { client: cycle(client), server: cycle(server) },
  }));

function cycle(sizes: readonly number[]): () => number {
  let at = 0;
  return () => sizes[at++ % sizes.length]!;
}

function sizes(transcript: Transcript): number[] {
  const length = { client: 0, server: 0 };
  for (const step of transcript.steps) if (step.kind === "from") length[step.side] += step.octets.length;
  const most = Math.max(length.client, length.server, 1);
  const all = Array.from({ length: Math.min(most, EVERY_SIZE) }, (_, index) => index + 1);
  for (let step = 1; step <= MORE_SIZES && most > EVERY_SIZE; step++)
    all.push(EVERY_SIZE + Math.ceil(((most - EVERY_SIZE) * step) / MORE_SIZES));
  return all;
}

function attempt(what: string, plan: Plan, run: () => void): void {
  try {
    run();
  } catch (error) {
    const { paced, serverFirst } = plan;
    throw new Error(`${what}, paced ${paced}, server first ${serverFirst}: ${(error as Error).message}`);
  }
}
