// The fuzzer for a moment: every protocol gets its share of inputs, none breaks an invariant, and what it writes
// down as a reproduction is a transcript that replays. FUZZ_SEED repeats a run; scripts/fuzz runs longer.

import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fuzzer } from "../scripts/fuzzing/fuzzer.ts";
import { input } from "../scripts/fuzzing/input.ts";
import { shrunk } from "../scripts/fuzzing/shrink.ts";
import { TARGETS } from "../scripts/fuzzing/target.ts";
import { transcriptOf } from "../scripts/fuzzing/transcript.ts";
import { attempt, simulation } from "../scripts/fuzzing/trial.ts";
import { expectation, readTranscripts, replay } from "./transcripts.ts";

const SEED = Number(process.env.FUZZ_SEED ?? Date.now() & 0x7fffffff);
const INPUTS = 800;

/** What a run of so many inputs reaches whatever the seed; far below what it does reach. */
const STATES: Record<string, number> = {
  smtp: 150,
  pop3: 250,
  line: 8,
  finger: 3,
  strings: 80,
  watch: 40,
  managesieve: 90,
};

const plain = {
  words: [],
  variant: 0,
  sizes: [1_000_000],
  turns: [true],
  choices: [1],
  hostile: [],
};

describe(`FUZZ_SEED=${SEED}`, () => {
  for (const target of TARGETS) {
    test(`${target.name}: no invariant breaks`, () => {
      const fuzzer = new Fuzzer(target, SEED);
      for (let count = 0; count < INPUTS; count++) expect(fuzzer.once()).toBe(null);
      expect(fuzzer.reached.size).toBeGreaterThan(STATES[target.name] ?? 0);
    });

    test(`${target.name}: nor by a client that begins as one that speaks TLS, or nearly so`, () => {
      const fuzzer = new Fuzzer(target, SEED);
      for (const beginning of ["\x16", "\x16\x03", "\x16\x03\x01\x02", "\x16\x03\r\n"])
        for (let count = 0; count < INPUTS / 8; count++) {
          const next = fuzzer.next();
          const tried = input({ ...next, units: [beginning, ...next.units] });
          expect([attempt(target, tried, () => {}), tried]).toEqual([null, tried]);
        }
    });

    if (target.subject.protocol.dialogue === "lock-step")
      test(`${target.name}: a reproduction replays`, () => {
        const session = simulation(
          target,
          input({ ...plain, units: ["NOOP\r\n", "a\\b\t\xff\n", "QUIT\r\n"] }),
        );
        const directory = mkdtempSync(join(tmpdir(), "protowrap-fuzz-"));
        try {
          const file = join(directory, "case.md");
          writeFileSync(file, `# Cases\n\n${transcriptOf("One", target.peers.options, session.run())}`);
          const [transcript] = readTranscripts(file);
          const chunk = { client: () => 7, server: () => 7 };
          const done = replay(transcript!, target.subject, { paced: true, serverFirst: true, chunk });
          expect(done).toBe(expectation(transcript!, target.subject));
        } finally {
          rmSync(directory, { recursive: true });
        }
      });
  }

  test("a failing input is made small", () => {
    const failing = input({ ...plain, sizes: [3, 4], units: ["a\r\n", "bad stuff\r\n", "c\r\n"] });
    const small = shrunk(failing, ({ client }) => client.includes("bad"));
    expect([small.client, small.sizes]).toEqual(["bad", [1_000_000]]);
  });

  test("the same seed finds the same", () => {
    const [first, second] = [new Fuzzer(TARGETS[0]!, 7), new Fuzzer(TARGETS[0]!, 7)];
    for (let count = 0; count < 50; count++) expect(first.once()).toBe(second.once());
    expect([...first.reached]).toEqual([...second.reached]);
  });
});
