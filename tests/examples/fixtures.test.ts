// The small protocols of this folder: every transcript is the same at every split, whether its protocol is registered
// as one of ours or loaded from outside.

import { describe, expect, test } from "bun:test";
import { outside } from "../../src/cli/outside.ts";
import type { AnyProtocol } from "../../src/protocols/protocol.ts";
import { atEverySplit } from "../splits.ts";
import { readTranscripts } from "../transcripts.ts";
import { FIXTURES } from "./fixtures.ts";

for (const [name, { module, protocol, options, transcripts }] of Object.entries(FIXTURES))
  describe(name, async () => {
    const both = { registered: protocol, "from outside": await outside(module) };
    for (const [how, subject] of Object.entries(both))
      describe(how, () => {
        for (const file of transcripts)
          for (const transcript of readTranscripts(file))
            test(transcript.title, () => atEverySplit(transcript, { protocol: subject, options }));
      });

    test("is the same from outside, in what is no function", () => {
      const [registered, fromOutside] = Object.values(both).map(wordsOf);
      expect(fromOutside).toEqual(registered);
    });

    test("has transcripts", () => {
      expect(transcripts).not.toEqual([]);
    });
  });

function wordsOf(protocol: AnyProtocol): Record<string, unknown> {
  const values = Object.entries({ rules: {}, ...protocol }).filter(
    ([, value]) => typeof value !== "function",
  );
  return Object.fromEntries(values);
}
