// Every transcript, at every chunk size, at random splits, with a hasty and with a patient client: the same
// octets in the same order each time.

import { describe, test } from "bun:test";
import { join } from "node:path";
import { atEverySplit } from "./splits.ts";
import { PROTOCOLS } from "./subjects.ts";
import { readTranscripts, transcriptFiles } from "./transcripts.ts";

const DIRECTORY = join(import.meta.dir, "transcripts");

for (const [name, files] of transcriptFiles(DIRECTORY)) {
  const subject = PROTOCOLS[name];
  describe(name, () => {
    for (const file of files)
      for (const transcript of readTranscripts(file))
        test(transcript.title, () => {
          if (subject === undefined) throw new Error(`no protocol ${name} in subjects.ts`);
          atEverySplit(transcript, subject);
        });
  });
}
