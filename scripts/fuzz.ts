// Knows the fuzzer's command line: for how long, from which seed, which protocols, and what is told at the end.

import { parseArgs } from "node:util";
import { TRANSPORTS } from "../tests/e2e/parts/transport.ts";
import { EndToEnd, roundOf } from "./fuzzing/end-to-end.ts";
import { Fuzzer } from "./fuzzing/fuzzer.ts";
import { Random } from "./fuzzing/random.ts";
import { BUILT, TARGETS } from "./fuzzing/target.ts";

const USAGE = `usage: scripts/fuzz [options]
  --seconds N      how long, all protocols together (default 20)
  --seed N         the same inputs again (default: another one each time)
  --only PROTOCOL  repeatable
  --end-to-end     also through the built program, whatever way its clients come
  --states         list what was reached`;

/** Inputs between two looks at the clock. */
const BATCH = 25;
/** Sessions of one listener, before another with other options. */
const VISITS = 20;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "20" },
      seed: { type: "string", default: String(Date.now() & 0x7fffffff) },
      only: { type: "string", multiple: true, default: TARGETS.map(({ name }) => name) },
      "end-to-end": { type: "boolean", default: false },
      states: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [seconds, seed] = [number("seconds", values.seconds), number("seed", values.seed)];
  const targets = values["end-to-end"] ? BUILT : TARGETS;
  const fuzzers = targets
    .filter(({ name }) => values.only.includes(name))
    .map((target) => new Fuzzer(target, seed));
  if (fuzzers.length === 0) throw new Error(`--only: no such protocol: ${values.only.join(" ")}`);
  const until = performance.now() + seconds * 1000;
  const failure = values["end-to-end"] ? await fuzzEndToEnd(fuzzers, seed, until) : fuzz(fuzzers, until);
  for (const { target, tried, reached, kept } of fuzzers) {
    console.log(`${target.name}: ${tried} inputs tried, ${reached.size} states covered, ${kept} inputs kept`);
    if (values.states) for (const tuple of [...reached].sort()) console.log(`  ${tuple}`);
  }
  const inputs = fuzzers.reduce((sum, { tried }) => sum + tried, 0);
  const states = fuzzers.reduce((sum, { reached }) => sum + reached.size, 0);
  console.log(`${inputs} inputs tried, ${states} states covered, seed ${seed}`);
  if (failure === null) return 0;
  console.log(`\n${failure}`);
  return 1;
}

/** @returns the first reproduction of a broken invariant, or null when the time is over */
function fuzz(fuzzers: readonly Fuzzer[], until: number): string | null {
  while (performance.now() < until)
    for (const fuzzer of fuzzers) {
      const failure = batch(fuzzer);
      if (failure !== null) return failure;
    }
  return null;
}

function batch(fuzzer: Fuzzer): string | null {
  for (let count = 0; count < BATCH; count++) {
    const failure = fuzzer.once();
    if (failure !== null) return failure;
  }
  return null;
}

/** The same, and now and then what was bred so far is played through the built program. */
async function fuzzEndToEnd(fuzzers: readonly Fuzzer[], seed: number, until: number): Promise<string | null> {
  using endToEnd = new EndToEnd();
  const randoms = new Map(fuzzers.map((fuzzer, at) => [fuzzer, new Random(seed + at)]));
  const round = async (fuzzer: Fuzzer, transport: (typeof TRANSPORTS)[number]) => {
    const random = randoms.get(fuzzer)!;
    return batch(fuzzer) ?? endToEnd.play(roundOf(transport, fuzzer.target, random, VISITS), fuzzer, random);
  };
  while (performance.now() < until)
    for (const transport of TRANSPORTS) {
      const failures = await Promise.all(fuzzers.map((fuzzer) => round(fuzzer, transport)));
      const failure = failures.find((one) => one !== null);
      if (failure !== undefined) return failure;
    }
  console.log(`${endToEnd.played} sessions played through the built program`);
  return null;
}

function number(option: string, text: string): number {
  if (!/^[0-9]{1,10}$/.test(text)) throw new Error(`--${option}: expected a number, got "${text}"`);
  return Number(text);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`fuzz: ${(error as Error).message}`);
  process.exitCode = 64;
}
