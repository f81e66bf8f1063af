// Knows where inputs begin: the transcripts' clients and servers, the attack corpus, and the peers' own
// grammar.

import fc from "fast-check";
import { readCorpus } from "../../tests/corpus/script.ts";
import { readTranscripts } from "../../tests/transcripts.ts";
import type { Target } from "./target.ts";

/** Longer ones cost time and reach nothing that shorter ones do not. */
const LONGEST = 20_000;
const FROM_GRAMMAR = 400;

export interface Seeds {
  /** Whole clients, each as its lines with their ends. */
  readonly clients: readonly (readonly string[])[];
  /** Lines and messages of the grammar. */
  readonly units: readonly string[];
  /** What servers said between two commands. */
  readonly words: readonly string[];
}

export function seedsOf({ name, peers, transcripts }: Target, seed: number): Seeds {
  const clients: string[] = [];
  const words: string[] = [];
  for (const file of transcripts)
    for (const { steps } of readTranscripts(file)) {
      const said = { client: "", server: "" };
      for (const step of steps) {
        if (step.kind === "from") said[step.side] += step.octets;
        else if (step.kind === "ends" && step.side === "server") said.server += "END";
        else if (step.kind === "to" && step.side === "server" && said.server !== "") {
          words.push(said.server);
          said.server = "";
        }
      }
      clients.push(said.client);
      if (said.server !== "") words.push(said.server);
    }
  for (const { protocol, script } of readCorpus())
    if (protocol === name)
      clients.push(
        script
          .map(({ send = "", repeat = 1 }) => send.repeat(send.length * repeat > LONGEST ? 1 : repeat))
          .join(""),
      );
  return {
    clients: clients.filter(fits).map(unitsOf),
    units: fc.sample(peers.lines, { seed, numRuns: FROM_GRAMMAR }).map(ended),
    words: [...new Set(words)].filter(fits),
  };
}

function fits(text: string): boolean {
  return text.length <= LONGEST;
}

export function unitsOf(client: string): string[] {
  return client.split(/(?<=\n)/);
}

function ended(unit: string): string {
  return unit.endsWith("\n") ? unit : `${unit}\r\n`;
}
