// The scripts for shells: that each has all there is. What shells make of them is tests/e2e/completion.e2e.test.ts.

import { describe, expect, test } from "bun:test";
import { SHELLS, scriptFor, wholeGrammar } from "../../../src/cli/completion.ts";

const { groups, places } = await wholeGrammar();

/** How an option is written in a script. */
const WRITTEN: Readonly<Record<string, (option: string) => RegExp>> = {
  bash: (option) => new RegExp(`[' ]--${option}[' ]`),
  zsh: (option) => new RegExp(`'\\*?--${option}=?\\[`),
  fish: (option) => new RegExp(` -l ${option}(?: |$)`, "m"),
};

for (const shell of Object.keys(SHELLS))
  describe(`the script for ${shell}`, () => {
    test("has every option and every word", async () => {
      const script = await scriptFor(shell);
      const options = [...groups.values()].flat().map(({ name }) => name);
      expect(options.filter((name) => !WRITTEN[shell]!(name).test(script))).toEqual([]);
      const words = places.flatMap((place) => place.words.map(({ word }) => word));
      expect(words.filter((word) => !new RegExp(`[' (]${word}[': )\\n]`).test(script))).toEqual([]);
    });

    test("says what it is", async () => {
      const script = await scriptFor(shell);
      const first = script.split("\n")[shell === "zsh" ? 1 : 0];
      expect(first).toMatch(new RegExp(`^# Completion of protowrap [0-9.]+ for ${shell}, `));
    });
  });

test("zsh is told in the first line whose script it is", async () => {
  expect((await scriptFor("zsh")).split("\n")[0]).toBe("#compdef protowrap");
});

test("another shell is an error that names those there are", () => {
  for (const shell of ["tcsh", "", "toString"])
    expect(scriptFor(shell)).rejects.toThrow(
      `completion: expected bash|zsh|fish, got ${JSON.stringify(shell)}`,
    );
});
